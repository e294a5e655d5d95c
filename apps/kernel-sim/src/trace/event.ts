/**
 * Trace event: something that a tracepoint of a real kernel recorded, in one form for all trace formats. Events and
 * their values keep the names that the kernel gives them (include/trace/events/{kmem,workqueue,vmscan,compaction,sched}.h).
 */
import type { CompactionTracepoint, CompactionValues } from './compaction-tracepoints.js'
import type { Stack } from './stack.js'

/**
 * How task flags are known: `recorded`, or inferred. From the `page` that served a request: then its scope is known, and
 * nothing else. From a function on the `stack` that holds a scope: then that scope is known, and no other. Or `borrowed` from
 * another recording of the same kernel, which has task flags, by the call path.
 */
export type FlagsFrom = 'recorded' | 'page' | 'stack' | 'borrowed'

/**
 * What every event says. Four of its values may become known after the event itself: text formats write the stack after
 * the event, and an audit infers the flags that a recording does not have.
 */
interface Recorded {
  /** The line of the recording that it stands on, from 1; of a binary recording the number of its record. */
  readonly line: number
  /** Nanoseconds of the recording's clock, or its ticks where it has no seconds: see `Reading.clock`. */
  readonly time: number
  readonly cpu: number
  /** The thread's id; -1 for a task that the recorder did not look at. */
  readonly pid: number
  readonly comm: string
  /** `task_struct.flags` at that moment; undefined where they are not known. */
  taskFlags: number | undefined
  /** Where the task flags are known from; undefined where they are not. */
  flagsFrom: FlagsFrom | undefined
  /** The kernel stack; undefined where none was recorded. */
  stack: Stack | undefined
  /**
   * True if an interrupt or softirq raised it on top of the task, as its stack or the recording's flags tell: then the
   * task, whose flags it shows, has nothing to do with it.
   */
  interrupt: boolean
}

/** A request to the slab allocator, with the flags that the caller passed. */
export interface RequestEvent extends Recorded {
  readonly event: 'kmalloc' | 'kmem_cache_alloc'
  /** The function that `call_site` is in. */
  readonly site: string
  /** The name of the cache (of the merged cache, if caches were merged); undefined for kmalloc. */
  readonly cache: string | undefined
  /** The size of the slab object, or of the pages for a large kmalloc. */
  readonly bytes: number
  readonly gfp: number
  /** The NUMA node asked for; -1 for any. */
  readonly node: number
}

/** A call of the page allocator, with the flags that it worked with after the task's scope was applied. */
export interface PageAllocEvent extends Recorded {
  readonly event: 'mm_page_alloc'
  /** True if there was no page: the tracepoint fires all the same. */
  readonly failed: boolean
  /** The number of the first page; -1 where there is none, or the recording does not say. */
  readonly pfn: number
  readonly order: number
  readonly gfp: number
  readonly migratetype: number
}

export interface PageFreeEvent extends Recorded {
  readonly event: 'mm_page_free'
  /** The number of the first page; -1 where the recording does not say. */
  readonly pfn: number
  readonly order: number
}

/** A request was served with a block of another migratetype, since its own had none. */
export interface ExtfragEvent extends Recorded {
  readonly event: 'mm_page_alloc_extfrag'
  /** The number of the first page of the block; -1 where the recording does not say. */
  readonly pfn: number
  /** Of the request. */
  readonly allocOrder: number
  /** Of the block that was found. */
  readonly fallbackOrder: number
  /** What the request wanted. */
  readonly allocMigratetype: number
  /** On whose list the block was. */
  readonly fallbackMigratetype: number
  /** True if the whole pageblock was turned over. */
  readonly changeOwnership: boolean
}

/** A work item was put on a workqueue. */
export interface QueueWorkEvent extends Recorded {
  readonly event: 'workqueue_queue_work'
  /** The address of the `work_struct`: tells items apart, and nothing else. */
  readonly work: string
  /** The work function; empty where the recording does not say. */
  readonly fn: string
  readonly workqueue: string
}

/** The timer of a `delayed_work` was started: this is where its task delegates, the queueing comes from the timer. */
export interface ArmWorkEvent extends Recorded {
  readonly event: 'delayed_work_arm'
  readonly work: string
}

/** A worker starts or ends the execution of a work item. */
export interface ExecuteWorkEvent extends Recorded {
  readonly event: 'workqueue_execute_start' | 'workqueue_execute_end'
  readonly work: string
  readonly fn: string
}

/** A task enters reclaim. */
export interface ReclaimBeginEvent extends Recorded {
  readonly event:
    | 'mm_vmscan_direct_reclaim_begin'
    | 'mm_vmscan_memcg_reclaim_begin'
    | 'mm_vmscan_memcg_softlimit_reclaim_begin'
  readonly order: number
  readonly gfp: number
}

export interface ReclaimEndEvent extends Recorded {
  readonly event:
    | 'mm_vmscan_direct_reclaim_end'
    | 'mm_vmscan_memcg_reclaim_end'
    | 'mm_vmscan_memcg_softlimit_reclaim_end'
  /** Pages. */
  readonly reclaimed: number
}

/** A shrinker runs. */
export interface ShrinkEvent extends Recorded {
  readonly event: 'mm_shrink_slab_start'
  /** The function that scans. */
  readonly shrinker: string
  readonly gfp: number
}

/** A shrinker has run. */
export interface ShrinkEndEvent extends Recorded {
  readonly event: 'mm_shrink_slab_end'
  readonly shrinker: string
}

/** kswapd is woken, wakes or sleeps. */
export interface KswapdEvent extends Recorded {
  readonly event: 'mm_vmscan_kswapd_wake' | 'mm_vmscan_kswapd_sleep' | 'mm_vmscan_wakeup_kswapd'
}

/** Pages are moved, so that large blocks come about. What an event does not say is undefined. */
export interface CompactionEvent
  extends Recorded,
    Readonly<{ [V in keyof CompactionValues]: CompactionValues[V] | undefined }> {
  readonly event: CompactionTracepoint
}

/** A task goes to sleep. */
export interface SleepEvent extends Recorded {
  readonly event: 'sched_switch'
}

export type TraceEvent =
  | RequestEvent
  | PageAllocEvent
  | PageFreeEvent
  | ExtfragEvent
  | QueueWorkEvent
  | ArmWorkEvent
  | ExecuteWorkEvent
  | ReclaimBeginEvent
  | ReclaimEndEvent
  | ShrinkEvent
  | ShrinkEndEvent
  | KswapdEvent
  | CompactionEvent
  | SleepEvent

export type EventName = TraceEvent['event']
