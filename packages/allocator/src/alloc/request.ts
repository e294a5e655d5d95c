/** Request: an allocation as the page allocator is asked for it. */
import type { AllocEnvironment } from '../gfp/prepare.js'
import type { AllocatorRules } from '../pages/allocator-rules.js'
import type { Task } from '../task/memalloc.js'
import type { Mempolicy } from './mempolicy.js'

/** The zones of a node, as a request sees them. */
export interface NodeZones {
  /** A bit per zone that has pages. */
  readonly zones: number
  /** The cpuset of the task has the node. */
  readonly inCpuset: boolean
  /** The nodes that the caller restricts the request to have it. */
  readonly inNodemask: boolean
}

/** A request as its way through the allocator sees it. */
export interface AllocRequest
  extends Omit<AllocEnvironment, 'preemptCount' | 'cpusetsEnabled' | 'nodemask'> {
  /** The flags as the caller passes them: the scopes of the task filter them on the way. */
  readonly gfp: number
  /** The pages wanted are 2 to this power: 0 to 10. */
  readonly order: number
  /** The task that asks: its scopes decide what reclaim may do. */
  readonly task: Task
  /**
   * The zones with pages: a bit for each where there is one node, else those of each node, in the order in which the request goes
   * through the nodes.
   */
  readonly populated: number | readonly NodeZones[]
  /** How many nodes are online (nr_online_nodes), also those without memory; by default as many as `populated` has. */
  readonly onlineNodes?: number
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
  /** Where kernels differ; by default `RULES_6_1`. */
  readonly rules?: AllocatorRules
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
  /** The memory policy of the task: it decides on `node` and `nodemask`. By default the task has none. */
  readonly mempolicy?: Mempolicy
  /**
   * Of a page of a mapping, its place there: the pages of a mapping are interleaved by their places, so that each has its node whenever it is
   * touched. By default it is of none, and the turn is the task's.
   */
  readonly mappingIndex?: number
  /** It is the turn of `node`: a page that comes from there is counted (numa_interleave). By default it is nobody's. */
  readonly interleaved?: boolean
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
