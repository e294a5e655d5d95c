/** Report: what a kernel said when it went wrong, taken apart, by kind. Nothing is judged here. */
import type { HeldLocks, LockUse, Splat } from '../../lockdep/splat.js'
import type { Reporter } from './block.js'
import type { MemInfo } from './mem-info.js'
import type { LogStack } from './stack-lines.js'

interface Found {
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
  readonly gfp: number
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
    | { readonly comm: string; readonly pid: number; readonly line: number }
    | undefined
  readonly constraint: string | undefined
  /** The limit of a memory cgroup that was hit, KiB. */
  readonly memcg:
    | { readonly usage: number; readonly limit: number; readonly line: number }
    | undefined
}

/** A CPU that does not schedule, or that RCU waits for. */
export interface CpuFound extends Found {
  readonly found: 'cpu'
  readonly what: 'soft-lockup' | 'rcu-stall'
  readonly seconds: number | undefined
  readonly stacks: readonly LogStack[]
}

export type FoundReport =
  | LockdepFound
  | TaskFound
  | FlushFound
  | WorkqueueFound
  | AllocationFound
  | CpuFound
