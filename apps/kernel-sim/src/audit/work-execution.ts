/** Work execution: an item that a worker executes, and those who delegated it from inside scopes. */
import type { Stack } from '../trace/stack.js'
import type { Awaited, AwaitedCounts } from './awaited.js'
import type { LostFunction } from './lost-rows.js'
import type { Samples } from './samples.js'
import type { Counted, DelegationFact, WorkFunctionFact } from './work-facts.js'

/** Delegations of an item from inside one scope that no worker has taken yet. */
export interface InScope {
  readonly row: DelegationRow
  readonly taskFlags: number
  /** The last one: when, by whom, and where. */
  time: number
  task: string
  stack: Stack | undefined
  line: number
  count: number
  readonly awaited: Awaited[]
}

export interface DelegationRow {
  readonly fact: Counted<Omit<DelegationFact, 'samples' | 'queuedInAll' | 'waiters'>> &
    AwaitedCounts
  readonly samples: Samples
}

/** A worker that executes an item. */
export interface Execution {
  /** By whom it was delegated from inside scopes. */
  readonly delegated: readonly InScope[]
  readonly fn: Counted<WorkFunctionFact>
  readonly startedInScope: boolean
  inScope: boolean
  allocations: number
  unscoped: number
  /** The rows of `lost`, and of its functions, that this execution was counted in. */
  lost: object[] | undefined
  /** When and by whom it was begun, and when it ended, in ns. */
  readonly started: number
  readonly worker: string
  ended: number | undefined
  /** By whom the first scope that it lost was delegated, and when and where it allocated what that forbids. */
  example:
    | {
        readonly by: InScope
        readonly of: LostFunction
        readonly site: string
        readonly times: number[]
      }
    | undefined
}
