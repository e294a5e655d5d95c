/** Report: what a kernel said when it went wrong, taken apart, by kind. Nothing is judged here. */
import type { Frame } from '../../lockdep/frame.js'
import type { HeldLocks, LockUse, Splat } from '../../lockdep/splat.js'
import type { Reporter } from './block.js'
import type { MemInfo } from './mem-info.js'
import type { LogStack } from './stack-lines.js'

/** What all kinds have. */
export interface Found {
  /** The first and the last line of it. */
  readonly first: number
  readonly last: number
  /** Seconds since the boot. */
  readonly time: number | undefined
  readonly reporter: Reporter
  /** What the report lacks that others of its kind have. */
  readonly missing: readonly string[]
  /** Lines of something else stand among its lines. */
  readonly interleaved: boolean
}

/** lockdep. */
export interface LockdepFound extends Found {
  readonly found: 'lockdep'
  readonly splat: Splat
  /** The line of each link of the chain, and of each line of its stack. */
  readonly chainLines: readonly { readonly at: number; readonly stack: readonly number[] }[]
  /** The lines of the held locks. */
  readonly heldLines: readonly number[]
}

/** A task that is blocked, or that somebody asked to be shown. */
export interface TaskFound extends Found {
  readonly found: 'task'
  readonly comm: string
  readonly pid: number | undefined
  /** How long it has been blocked, where khungtaskd says so. */
  readonly seconds: number | undefined
  /** `D`, `R`, `S`. */
  readonly state: string | undefined
  /** What newer kernels say it is blocked on, and by whom. */
  readonly blocker:
    | { readonly lock: string; readonly comm: string; readonly pid: number }
    | undefined
  readonly stack: LogStack | undefined
  /** With lockdep: what it holds, the one that it waits for last. */
  readonly locks: readonly LockUse[]
  readonly lockLines: readonly number[]
  /** What other tasks hold, where the log lists it (SysRq d, and khungtaskd with lockdep). */
  readonly others: readonly HeldLocks[]
}

/** check_flush_dependency. */
export interface FlushFound extends Found {
  readonly found: 'flush'
  /** Who waits: an item of a queue with WQ_MEM_RECLAIM, or a task with PF_MEMALLOC. */
  readonly from: { readonly queue: string | undefined; readonly fn: string; readonly pid?: number }
  readonly to: { readonly queue: string; readonly fn: string }
  readonly stack: LogStack | undefined
}

export interface WorkerPoolState {
  readonly id: string
  readonly cpus: string
  readonly nice: number
  readonly active: number
  readonly maxActive: number
  readonly inFlight: readonly {
    readonly pid: number
    readonly fn: string
    readonly rescuer: boolean
  }[]
  readonly pending: readonly string[]
  /** Lines of the lists. */
  readonly lines: readonly number[]
}

export interface WorkqueueState {
  readonly name: string
  readonly flags: number
  readonly pools: readonly WorkerPoolState[]
}

/** A pool of workers that does not get on, or the state of all of them. */
export interface WorkqueueFound extends Found {
  readonly found: 'workqueue'
  readonly stuck: readonly {
    readonly pool: string
    readonly seconds: number
    readonly line: number
  }[]
  readonly queues: readonly WorkqueueState[]
  readonly pools: readonly {
    readonly id: string
    readonly cpus: string
    readonly hung: number
    readonly workers: number
    readonly manager: number | undefined
    readonly line: number
  }[]
  readonly stacks: readonly LogStack[]
}

/** An allocation that failed or took long, or brought the OOM killer. */
export interface AllocationFound extends Found {
  readonly found: 'allocation'
  readonly what: 'failure' | 'stall' | 'oom'
  readonly comm: string
  readonly order: number
  /** Undefined where only the kill is in the log. */
  readonly gfp: number | undefined
  /** The names that the kernel printed, since 4.6. */
  readonly names: string | undefined
  readonly milliseconds: number | undefined
  readonly nodemask: string | undefined
  readonly cpuset: string | undefined
  readonly memsAllowed: string | undefined
  readonly stack: LogStack | undefined
  readonly memInfo: MemInfo | undefined
  /** For the OOM killer: whom it killed, and what restricted the request. */
  readonly killed:
    | {
        readonly comm: string
        readonly pid: number
        /** Its anonymous memory, KiB. */
        readonly anonymous: number | undefined
        readonly line: number
      }
    | undefined
  readonly constraint: string | undefined
  /** The memory cgroup whose limit was hit; amounts in KiB. */
  readonly memcg:
    | {
        readonly group: string | undefined
        readonly usage: number | undefined
        readonly limit: number | undefined
        readonly line: number
      }
    | undefined
}

/** A CPU that does not schedule, or that RCU waits for. */
export interface CpuFound extends Found {
  readonly found: 'cpu'
  readonly what: 'soft-lockup' | 'hard-lockup' | 'rcu-stall'
  readonly seconds: number | undefined
  readonly stacks: readonly LogStack[]
}

/** Somebody sleeps, or takes a lock that may sleep, where nobody may. */
export interface SleepFound extends Found {
  readonly found: 'sleep'
  /** might_sleep(), the scheduler, or a lock that lockdep knows to sleep. */
  readonly what: 'function' | 'schedule' | 'lock'
  /** The place of might_sleep(): `mm/slab.h:421`. */
  readonly at: string | undefined
  readonly inAtomic: number | undefined
  readonly irqsDisabled: number | undefined
  /** Above 0 between non_block_start() and non_block_end(). */
  readonly nonBlock: number | undefined
  readonly preemptCount: number | undefined
  /** Read sections of RCU, where that is preemptible. */
  readonly rcuDepth: number | undefined
  /** For a lock: the one that is tried, and the innermost kind of wait that is allowed here (2: spinning only). */
  readonly lock: LockUse | undefined
  readonly allowed: number | undefined
  readonly locks: readonly LockUse[]
  readonly lockLines: readonly number[]
  /** Who disabled preemption. */
  readonly disabledAt: Frame | undefined
  readonly stack: LogStack | undefined
}

/** A lock is used wrongly, whatever the order. */
export interface LockMisuseFound extends Found {
  readonly found: 'lock-misuse'
  /** RCU-protected data without RCU, a lock that is kept, a nested lock without the outer one, a lock that was never initialized. */
  readonly what: 'rcu' | 'kept' | 'nesting' | 'key'
  readonly title: string
  /** The line that says where, or by whom. */
  readonly detail: string | undefined
  readonly locks: readonly LockUse[]
  readonly lockLines: readonly number[]
  readonly stack: LogStack | undefined
}

/** The state of memory, which nobody's failed request has brought: SysRq m. */
export interface MemoryFound extends Found {
  readonly found: 'memory'
  readonly memInfo: MemInfo | undefined
}

/** A report of a kind of which nothing is said but what it is. */
export interface UnexplainedFound extends Found {
  readonly found: 'unexplained'
  /** What it is, in words. */
  readonly sort: string
  readonly title: string
}

export type FoundReport =
  | LockdepFound
  | TaskFound
  | FlushFound
  | WorkqueueFound
  | AllocationFound
  | CpuFound
  | SleepFound
  | LockMisuseFound
  | MemoryFound
  | UnexplainedFound
