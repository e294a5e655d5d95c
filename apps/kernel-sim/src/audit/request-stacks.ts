/**
 * Request stacks: from where memory is requested, with which flags, and in which scope. A flame graph is drawn from them, and what
 * else comes under a function is counted from them. Their number is limited; requests with further stacks are counted, and not kept.
 */
import type { GfpClass } from '@scopemask/allocator/gfp'
import type { Stack } from '../trace/stack.js'
import { type Coverage, coverageOf } from './coverage.js'
import type { FilteredRequest } from './filter.js'

/** How often memory was requested with one stack, with flags of one class, in one scope. */
export interface RequestStack {
  readonly stack: Stack
  /** The scope of the task; `interrupt` where one requests on top of a task. */
  readonly scope: string
  /** The class of the flags passed. */
  readonly class: GfpClass
  /** True if a scope covers what is passed; undefined where that is neither GFP_NOFS nor GFP_NOIO. */
  readonly coverage: Coverage | undefined
  readonly requests: number
}

/** How many different stacks are kept. */
const LIMIT = 1 << 15

/** Stands for the scope where an interrupt requests on top of a task. */
const INTERRUPT = 'interrupt'

export class RequestStacks {
  /** By stack. Most stacks come with one class in one scope. */
  readonly #rows = new Map<Stack, { -readonly [key in keyof RequestStack]: RequestStack[key] }[]>()
  #left = 0

  /** How many requests had no stack, or one more than are kept. */
  get left(): number {
    return this.#left
  }

  add(request: FilteredRequest): void {
    const { event, class: gfpClass } = request
    const { stack } = event
    const scope = event.interrupt ? INTERRUPT : request.scope
    const coverage =
      gfpClass === 'NOFS' || gfpClass === 'NOIO' ? coverageOf(event, gfpClass) : undefined
    const rows = stack === undefined ? undefined : this.#rows.get(stack)
    if (rows !== undefined && stack !== undefined) {
      for (const row of rows) {
        if (row.scope === scope && row.class === gfpClass && row.coverage === coverage) {
          row.requests++
          return
        }
      }
      rows.push({ stack, scope, class: gfpClass, coverage, requests: 1 })
    } else if (stack === undefined || this.#rows.size === LIMIT) this.#left++
    else this.#rows.set(stack, [{ stack, scope, class: gfpClass, coverage, requests: 1 }])
  }

  stacks(): RequestStack[] {
    return [...this.#rows.values()].flat()
  }
}
