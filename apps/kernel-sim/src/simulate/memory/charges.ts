/**
 * Charges: what tasks of memory cgroups ask for is charged to their groups, as it takes its time: reclaim in the group, its OOM killer, and
 * sleep above memory.high (mm/memcontrol.c, try_charge_memcg and mem_cgroup_handle_over_high, 6.1.192).
 */
import {
  type ChargeStep,
  GFP_KERNEL,
  type MemCgroup,
  NO_PAGE,
  type PageAllocator,
  type ReclaimSteps,
} from '@scopemask/allocator'
import type { Clock, LiveSteps } from '@scopemask/checker/live'
import type { Psi } from '../sched/psi.js'
import type { Task } from '../task.js'
import type { Oom } from './oom.js'

/** What groups have made their tasks do. */
export interface GroupWork {
  /** Reclaims for a limit of the group, and the pages that they freed. */
  reclaims: number
  reclaimed: number
  /** How often its tasks were made to sleep above memory.high, and for how long, ns. */
  throttles: number
  throttled: number
}

/** What a charge needs of the machine. */
export interface ChargeParts {
  readonly memory: PageAllocator
  readonly oom: Oom
  readonly psi: Psi
  readonly clock: Clock
  /** Takes the steps of a reclaim in their time; returns how many pages it freed. */
  readonly reclaim: (task: Task, steps: ReclaimSteps<number>) => LiveSteps<number>
  /** Puts a task to sleep, as reclaim does. */
  readonly sleep: (task: Task, jiffies: number) => LiveSteps
}

export class Charges {
  readonly #parts: ChargeParts
  readonly #work = new Map<MemCgroup, GroupWork>()

  constructor(parts: ChargeParts) {
    this.#parts = parts
  }

  /** What a group has made its tasks do, and those of the groups below it. */
  workOf(group: MemCgroup): GroupWork {
    let work = this.#work.get(group)
    if (work === undefined) {
      work = { reclaims: 0, reclaimed: 0, throttles: 0, throttled: 0 }
      this.#work.set(group, work)
    }
    return work
  }

  /**
   * Returns true if a page that a task has just got still has to be charged: it is in a group, and its CPU has charged nothing in advance.
   * Then {@link page} is to follow.
   */
  isDue({ cgroup, cpu }: Task, page: number): boolean {
    if (cgroup === null || page < 0) return false
    const { memcgs } = this.#parts.memory
    if (!memcgs.consumeStock(cpu, cgroup, 1)) return true
    memcgs.commit(page, cgroup)
    return false
  }

  /** Returns true if a page is charged to a group. */
  isCharged(page: number): boolean {
    return this.#parts.memory.frames.memcgOf(page) !== 0
  }

  /** Charges a page. Returns it; or NO_PAGE if the group has no room for it, and it has been given back. */
  *page(task: Task, gfp: number, page: number): LiveSteps<number> {
    const { memory } = this.#parts
    if (yield* this.#drive(task, memory.charging(Object.assign(requestOf(task, gfp), { page })))) {
      task.vainSince = -1
      return page
    }
    memory.free(page, 0, task.cpu)
    return NO_PAGE
  }

  /** Charges an object of a slab, before it is allocated. Returns false if the group has no room for it. */
  *object(task: Task, gfp: number, bytes: number): LiveSteps<boolean> {
    if (task.cgroup === null) return true
    const { memory } = this.#parts
    const charged = yield* this.#drive(
      task,
      memory.chargingObject(Object.assign(requestOf(task, gfp), { bytes })),
    )
    if (charged) task.vainSince = -1
    return charged
  }

  /** An object is free. @param group who it was charged to */
  freeObject(group: MemCgroup, bytes: number): void {
    this.#parts.memory.memcgs.unchargeObject(group, bytes)
  }

  /** A task is about to return to its own code: it reclaims, and sleeps, for what it has charged above memory.high. */
  *returnToUser(task: Task): LiveSteps {
    const { memory } = this.#parts
    const { context, cpu } = task
    yield* this.#drive(task, memory.returningToUser({ task: context, gfp: GFP_KERNEL, cpu }))
    task.vainSince = -1
  }

  *#drive<R>(task: Task, steps: Generator<ChargeStep, R, number | undefined>): LiveSteps<R> {
    for (let step = steps.next(); ; ) {
      if (step.done) return step.value
      step = steps.next(yield* this.#perform(task, step.value))
    }
  }

  *#perform(task: Task, step: ChargeStep): LiveSteps<number> {
    const { memory, oom, psi, clock, reclaim, sleep } = this.#parts
    if (step.kind === 'memcg-oom') return oom.killInGroup(task, step.group, step) ? 1 : 0
    const stalled = psi.enter(task)
    let pages = 0
    if (step.kind === 'memcg-reclaim') {
      const on = { task: task.context, cpu: task.cpu }
      pages = yield* reclaim(task, memory.memcgReclaiming(step, on))
      const work = this.workOf(step.group)
      work.reclaims++
      work.reclaimed += pages
    } else {
      const work = this.workOf(task.cgroup ?? memory.memcgs.root)
      const began = clock.now
      work.throttles++
      yield* sleep(task, step.jiffies)
      work.throttled += clock.now - began
    }
    psi.leave(task, stalled)
    return pages
  }
}

/** What a charge says of the task that asks, which can be killed meanwhile. */
function requestOf(task: Task, gfp: number) {
  const { context, cgroup, cpu } = task
  return {
    task: context,
    gfp,
    cpu,
    ...(cgroup === null ? {} : { group: cgroup }),
    get dying() {
      return task.killed
    },
  }
}
