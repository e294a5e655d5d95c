/**
 * Recorded reclaims: how tasks reclaimed, for the whole machine and for memory cgroups, with the flags and the scopes in force; and which
 * tasks are in a cgroup with a limit. A recording names no cgroup: only that a task reclaims because its own is full says that it is in one,
 * and the stack of that says which limit was in the way.
 */
import { __GFP_FS, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import type { ReclaimBeginEvent, ReclaimEndEvent } from '../trace/event.js'
import type { Stack } from '../trace/stack.js'

/**
 * Why a task reclaims. `machine`: there was too little free memory. Of cgroups: `max`, a charge would have gone above memory.max;
 * `high`, the task or its cgroup is above memory.high; `file`, somebody wrote to a file of the cgroup (memory.reclaim, a lower limit);
 * `cgroup`, the recording does not say which of them; `soft`, the machine is short and takes from those above their soft limits (v1).
 */
export type ReclaimCause = 'machine' | 'max' | 'high' | 'file' | 'cgroup' | 'soft'

/** Reclaims of one cause. */
export interface ReclaimSum {
  readonly cause: ReclaimCause
  readonly count: number
  /** How many might not enter the filesystem: then only clean pages without buffers are to be had. */
  readonly withoutFs: number
  /** How many were inside a NOFS scope, and how many inside a NOIO scope. */
  readonly underNofs: number
  readonly underNoio: number
  /** How many of which the recording has neither the task flags nor a function on the stack that tells the scope. */
  readonly scopeUnknown: number
  /** Pages that were freed. */
  readonly reclaimed: number
  /** How many freed nothing. */
  readonly inVain: number
}

/** A task that is in a cgroup with a limit. */
export interface LimitedTask {
  readonly pid: number
  readonly comm: string
  /** How often it reclaimed for the limit. */
  readonly reclaims: number
}

/** A task found its cgroup at memory.max. */
export interface LimitMark {
  /** How many page events were before. */
  readonly place: number
  readonly pid: number
}

type Sum = { -readonly [K in keyof ReclaimSum]: ReclaimSum[K] }

/** Why a cgroup is reclaimed, and whether the task that does it is in it. */
interface CgroupCause {
  readonly cause: ReclaimCause
  readonly member: boolean
}

const NOT_KNOWN: CgroupCause = { cause: 'cgroup', member: true }
const MAX: CgroupCause = { cause: 'max', member: true }
const HIGH: CgroupCause = { cause: 'high', member: true }
const FILE: CgroupCause = { cause: 'file', member: false }

/** The functions by which a cgroup is reclaimed; the first on a stack, from inside, tells why (mm/memcontrol.c, 4.19 to 6.18). */
const CAUSES: ReadonlyMap<string, CgroupCause> = new Map([
  ['mem_cgroup_handle_over_high', HIGH],
  ['__mem_cgroup_handle_over_high', HIGH],
  // A worker, for tasks that must not wait.
  ['high_work_func', { cause: 'high', member: false }],
  ['try_charge', MAX],
  ['try_charge_memcg', MAX],
  ['memory_reclaim', FILE],
  ['user_proactive_reclaim', FILE],
  ['memory_high_write', FILE],
  ['memory_max_write', FILE],
  ['mem_cgroup_resize_max', FILE],
  ['mem_cgroup_resize_limit', FILE],
  ['mem_cgroup_force_empty', FILE],
])

/** The function in which a cgroup is reclaimed, for whatever cause. */
const IN_RECLAIM = 'try_to_free_mem_cgroup_pages'

export class RecordedReclaims {
  readonly #sums = new Map<ReclaimCause, Sum>()
  /** What tasks are at, by pid. */
  readonly #open = new Map<number, Sum>()
  readonly #tasks = new Map<number, { pid: number; comm: string; reclaims: number }>()
  readonly #marks: LimitMark[] = []
  #insideCgroups = 0

  /** By cause. */
  get sums(): readonly ReclaimSum[] {
    return [...this.#sums.values()].map((sum) => ({ ...sum }))
  }

  /** The tasks that are in a cgroup with a limit, by pid. */
  get tasks(): ReadonlyMap<number, LimitedTask> {
    return this.#tasks
  }

  /** When they found it full. */
  get marks(): readonly LimitMark[] {
    return this.#marks
  }

  /** Events that were recorded while a cgroup was reclaimed, by their stacks: that tells of reclaim of which no event was recorded. */
  get insideCgroups(): number {
    return this.#insideCgroups
  }

  /** @param place how many page events were before it */
  begin(event: ReclaimBeginEvent, place: number): void {
    const { pid, comm, taskFlags, stack } = event
    const { cause, member } = this.#causeOf(event)
    const sum = this.#sum(cause)
    sum.count++
    if ((event.gfp & __GFP_FS) === 0) sum.withoutFs++
    const flags = taskFlags ?? stack?.held ?? 0
    if ((flags & PF_MEMALLOC_NOFS) !== 0) sum.underNofs++
    if ((flags & PF_MEMALLOC_NOIO) !== 0) sum.underNoio++
    if (taskFlags === undefined && flags === 0) sum.scopeUnknown++
    this.#open.set(pid, sum)
    if (!member) return
    const task = this.#tasks.get(pid)
    if (task === undefined) this.#tasks.set(pid, { pid, comm, reclaims: 1 })
    else {
      task.reclaims++
      task.comm = comm
    }
    if (cause !== 'high') this.#marks.push({ place, pid })
  }

  end({ pid, reclaimed }: ReclaimEndEvent): void {
    const sum = this.#open.get(pid)
    if (sum === undefined) return
    this.#open.delete(pid)
    sum.reclaimed += reclaimed
    if (reclaimed === 0) sum.inVain++
  }

  /** An event of any kind: its stack may tell of reclaim. */
  seen(stack: Stack): void {
    if (stack.functions.includes(IN_RECLAIM)) this.#insideCgroups++
  }

  #causeOf({ event, stack }: ReclaimBeginEvent): CgroupCause {
    if (event === 'mm_vmscan_direct_reclaim_begin') return { cause: 'machine', member: false }
    if (event === 'mm_vmscan_memcg_softlimit_reclaim_begin') return { cause: 'soft', member: false }
    const found = stack?.functions.find((name) => CAUSES.has(name))
    return (found === undefined ? undefined : CAUSES.get(found)) ?? NOT_KNOWN
  }

  #sum(cause: ReclaimCause): Sum {
    let sum = this.#sums.get(cause)
    if (sum === undefined) {
      sum = {
        cause,
        count: 0,
        withoutFs: 0,
        underNofs: 0,
        underNoio: 0,
        scopeUnknown: 0,
        reclaimed: 0,
        inVain: 0,
      }
      this.#sums.set(cause, sum)
    }
    return sum
  }
}
