/** Request: an allocation as the page allocator is asked for it. */
import type { AllocEnvironment } from '../gfp/prepare.js'
import type { Task } from '../task/memalloc.js'

/** A request as its way through the allocator sees it. */
export interface AllocRequest
  extends Omit<AllocEnvironment, 'preemptCount' | 'cpusetsEnabled' | 'nodemask'> {
  /** The flags as the caller passes them: the scopes of the task filter them on the way. */
  readonly gfp: number
  /** The pages wanted are 2 to this power: 0 to 10. */
  readonly order: number
  /** The task that asks: its scopes decide what reclaim may do. */
  readonly task: Task
  /** A bit per zone: it has pages. */
  readonly populated: number
  /** The task's priority: below 100 is real-time. By default 120. */
  readonly prio?: number
  /** See preempt.ts; by default 0: in a task that may sleep. */
  readonly preemptCount?: number
  /** The task has been chosen by the OOM killer (tsk_is_oom_victim): it may use half of the reserve. */
  readonly oomVictim?: boolean
  /** There are cpusets, so that the task's is looked at. By default there are none. */
  readonly cpusetsEnabled?: boolean
  /** The caller restricts the nodes itself. By default it does not. */
  readonly nodemask?: boolean
  /** The flags that are allowed at all: less in early boot and during suspend. */
  readonly gfpAllowedMask?: number
}

/** A request and where it is made. */
export interface PageRequest {
  /** The task that asks: its scopes are what the request is filtered by. */
  readonly task: Task
  /** As the caller passed it. */
  readonly gfp: number
  /** The pages wanted are 2 to this power: 0 to 10. */
  readonly order: number
  /** From {@link CallSites}; by default 0, no name. */
  readonly site?: number
  /** Where the task runs; by default 0. */
  readonly cpu?: number
  /** The node to begin with; by default the CPU's own. */
  readonly node?: number
  /** A bit per node that the caller wants; by default any. */
  readonly nodemask?: number
  /** A bit per node that the task's cpuset allows; by default there are no cpusets. */
  readonly cpuset?: number
  /** Below 100 is real-time; by default 120. */
  readonly prio?: number
  /** See preempt.ts; by default 0: in a task that may sleep. */
  readonly preemptCount?: number
  /** The task has been chosen by the OOM killer. */
  readonly oomVictim?: boolean
}
