/**
 * Transfer: a scope of a task that moves with an object, as the scope of an XFS transaction moves from the task
 * that submits it to the worker that completes it (fs/xfs/xfs_aops.c). Closed here, opened there, exactly once.
 */
import { assertGrants } from './conveyance.js'
import { ConveyanceError } from './errors.js'
import type { Mask } from './flags.js'
import type { Origin } from './origin.js'
import { labelOf } from './place.js'
import type { Scope, ScopeStack } from './scope.js'
import type { Task } from './task.js'

/** A scope between two contexts. Made by {@link transfer}; keep it with the object that it moves with. */
export class Transfer<in out N extends string = string> {
  /** What the scope will be opened with. */
  readonly mask: Mask<N>
  /** The label of the scope that moves. */
  readonly label: string | undefined
  readonly #from: ScopeStack<N>
  readonly #origin: Origin | null
  #to: Task<N> | undefined

  /** @internal */
  constructor(
    from: ScopeStack<N>,
    mask: Mask<N>,
    label: string | undefined,
    origin: Origin | null,
  ) {
    this.#from = from
    this.#origin = origin
    this.mask = mask
    this.label = label
  }

  /** True if the scope has arrived. */
  get adopted(): boolean {
    return this.#to !== undefined
  }

  /**
   * Opens the scope on the task that it moved to.
   * @throws ConveyanceError when it was adopted before, or for a task of another domain.
   */
  adopt(task: Task<N>): Scope<N> {
    const what = `transfer${this.label === undefined ? '' : ` "${this.label}"`} from ${this.#from.name}`
    if (task.domain !== this.#from.domain) {
      throw new ConveyanceError(`${what} does not fit ${task.name}, a task of another domain`)
    }
    if (this.#to !== undefined) {
      throw new ConveyanceError(
        `${what} adopted twice: by ${this.#to.name}, and now by ${task.name}`,
      )
    }
    this.#to = task
    task.domain.report('adopt', task, this.mask, this.label)
    return task.scope(this.mask, this.label, this.adopt, this.#origin)
  }
}

/**
 * Closes a scope here, to be opened elsewhere. It takes its restrictions along, and of its grants
 * those that are named.
 *
 * @throws ScopeError when the scope cannot be closed now (see {@link Scope.close}), and
 * ConveyanceError when `grants` has flags that are not grants.
 */
export function transfer<N extends string>(scope: Scope<N>, grants?: Mask<N>): Transfer<N> {
  const context = scope.context
  const { domain } = context
  if (grants !== undefined) assertGrants(domain, grants)
  const { origin } = context
  scope.close()
  const mask = (scope.mask & (domain.restrictions | (grants ?? 0))) as Mask<N>
  const label = labelOf(scope.site)
  domain.report('convey', context, mask, label)
  return new Transfer(context, mask, label, mask === 0 ? null : origin)
}
