/** Work facts: what an audit finds out about the operations that tasks delegate, and what became of their scopes. */
import type { StackSample } from './samples.js'

/** How an item was queued: at once, or by the timer of a `delayed_work`. */
export type DelegationKind = 'direct' | 'delayed'

/** The items of one function that tasks delegated from inside one scope. */
export interface DelegationFact {
  readonly fn: string
  readonly kind: DelegationKind
  /** The scope of the task that delegated. */
  readonly scope: string
  /** Delegations from inside this scope. */
  readonly queued: number
  /** How often items of this function were queued in all; for delayed work, by timers that were seen to be armed. */
  readonly queuedInAll: number
  /** How many of those from inside the scope a worker was seen to execute. */
  readonly executed: number
  /** How many of these executions began with NOFS or NOIO set. */
  readonly startedInScope: number
  /** How many had NOFS or NOIO set at some time. */
  readonly enteredScope: number
  /** How many allocated. */
  readonly allocating: number
  /** How many allocated with GFP_KERNEL outside of all scopes, and how often. */
  readonly unscoped: number
  readonly unscopedAllocations: number
  /** After how many delegations the task slept inside the scope before the item was done. */
  readonly slept: number
  /** Of these: in the same call of the function that queued the item, so that it waited for it. */
  readonly waited: number
  /** How many different tasks waited so. */
  readonly waiters: number
  /** Where it was delegated. */
  readonly samples: readonly StackSample[]
}

/** Allocations that may do what the delegating task's scope forbids: its restriction did not come along. */
export interface LostScopeFact {
  readonly fn: string
  readonly kind: DelegationKind
  readonly scope: string
  /** The flags that the scope would have taken away, and that the allocation worked with: `__GFP_FS`. */
  readonly regained: string
  readonly site: string
  readonly caller: string
  /** The class of the flags passed. */
  readonly class: string
  /** The scope of the worker at that moment. */
  readonly workerScope: string
  /** True if the scope of the worker is known; if not, it may have been in one after all. */
  readonly certain: boolean
  readonly executions: number
  readonly allocations: number
  /** Where it was delegated. */
  readonly delegated: readonly StackSample[]
  /** Where it allocated. */
  readonly allocated: readonly StackSample[]
  /** The numbers of the recordings that have it, from 0. */
  readonly seenIn: readonly number[]
}

/**
 * All that one work function allocated although the scope of a task that delegated to it forbids it. What several call sites
 * did in one execution is one execution here: `lost` tells them apart, and its rows do not add up to this.
 */
export interface LostFunctionFact {
  readonly fn: string
  /** True if the scope of the worker is known: see LostScopeFact. */
  readonly certain: boolean
  /** Scopes that tasks were in when they delegated, and the flags that these would have taken away. */
  readonly scopes: readonly string[]
  readonly regained: readonly string[]
  readonly executions: number
  readonly allocations: number
  /** After how many delegations the task waited for the item inside its scope, and how many different tasks did. */
  readonly waited: number
  readonly waiters: number
  /** The numbers of the recordings that have it, from 0. */
  readonly seenIn: readonly number[]
  /** The first execution, or the first that a task was seen to wait for. */
  readonly example: LostExample | undefined
}

/** One execution that lost a scope: times are in microseconds from the first event of its recording on. */
export interface LostExample {
  /** Who queued the item, and who executed it. */
  readonly task: string
  readonly worker: string
  /** The scope that was lost. */
  readonly scope: string
  readonly queuedUs: number
  /** When the task was seen to sleep for it inside its scope; undefined where it was not. */
  readonly sleptUs: number | undefined
  readonly startedUs: number
  /** When it allocated what the scope forbids, the first few times, and where first. */
  readonly allocatedUs: readonly number[]
  readonly site: string
  /** Undefined where its end was not recorded. */
  readonly endedUs: number | undefined
}

/** How often the timer of a function's delayed work was armed from inside one scope. */
export interface ArmFact {
  /** `(never ran)` when no event told the function of the item. */
  readonly fn: string
  /** `interrupt` where one armed it on top of a task, whose scope says nothing then. */
  readonly scope: string
  readonly armed: number
  readonly samples: readonly StackSample[]
}

/** All that was seen of one work function, whoever delegated it. */
export interface WorkFunctionFact {
  readonly fn: string
  readonly queued: number
  /** Of these by the timer of delayed work that was seen to be armed. */
  readonly queuedByTimer: number
  readonly executions: number
  /** Executions whose queueing was not recorded. */
  readonly withoutQueueing: number
  /** Executions that had NOFS or NOIO set at some time. */
  readonly inScope: number
  readonly allocations: number
  readonly unscoped: number
  readonly unscopedAllocations: number
}

export interface WorkFacts {
  readonly queued: number
  readonly executions: number
  /** Delegations from inside a NOFS or NOIO scope. */
  readonly delegations: readonly DelegationFact[]
  readonly lost: readonly LostScopeFact[]
  /** The same by work function, those with the most executions first. */
  readonly lostFunctions: readonly LostFunctionFact[]
  readonly armed: readonly ArmFact[]
  readonly functions: readonly WorkFunctionFact[]
  /** Items that could not be followed because too many were under way. */
  readonly forgotten: number
}

/** A fact while it is counted. */
export type Counted<F> = { -readonly [key in keyof F]: F[key] }
