/**
 * Request stacks: from where memory is requested, and in which scope: what a flame graph is drawn from. Their number is
 * limited; requests with further stacks are counted, and not shown.
 */
import type { RequestEvent } from '../trace/event.js'
import { scopeName } from './scope-name.js'

/** How often memory was requested from one place in one scope. */
export interface RequestStack {
  readonly scope: string
  /** The functions, outermost first. */
  readonly functions: readonly string[]
  readonly requests: number
}

/** How many different stacks are kept. */
const LIMIT = 1 << 16

/** Stands for the scope where an interrupt requests on top of a task. */
const INTERRUPT = 'interrupt'

export class RequestStacks {
  readonly #scopes = new Map<
    string,
    Map<string, { functions: readonly string[]; requests: number }>
  >()
  #kept = 0
  #left = 0

  /** How many requests had no stack, or one more than are kept. */
  get left(): number {
    return this.#left
  }

  add({ stack, taskFlags, interrupt }: RequestEvent): void {
    const scope = interrupt ? INTERRUPT : scopeName(taskFlags)
    let stacks = this.#scopes.get(scope)
    if (stacks === undefined) this.#scopes.set(scope, (stacks = new Map()))
    const known = stack === undefined ? undefined : stacks.get(stack.path)
    if (known !== undefined) known.requests++
    else if (stack === undefined || this.#kept === LIMIT) this.#left++
    else {
      this.#kept++
      stacks.set(stack.path, { functions: [...stack.functions].reverse(), requests: 1 })
    }
  }

  /** The stacks, scope by scope. */
  stacks(): RequestStack[] {
    return [...this.#scopes].flatMap(([scope, stacks]) =>
      [...stacks.values()].map((stack) => ({ scope, ...stack })),
    )
  }
}
