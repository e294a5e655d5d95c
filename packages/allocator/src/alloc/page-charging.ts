/**
 * Page charging: charges blocks of pages to memory cgroups, and does what a charge needs on real memory: reclaim in the group, its OOM
 * killer (mm/memcontrol.c, mem_cgroup_charge and __memcg_kmem_charge_page, 6.1.192).
 */
import { currentGfpContext } from '../gfp/context.js'
import { type ChargeRequest, type ChargeStep, Charging } from '../memcg/charge.js'
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import type { MemCgroups } from '../memcg/mem-cgroups.js'
import { PageError } from '../pages/page-error.js'
import type { PageFrames } from '../pages/page-frames.js'
import type { ReclaimSteps } from '../reclaim/scan-control.js'
import { OOM_KILL, type VmEvents } from '../reclaim/vm-events.js'
import type { Vmscan } from '../reclaim/vmscan.js'
import type { Task } from '../task/memalloc.js'
import type { MemoryHooks } from './memory-hooks.js'

/** A block to be charged. */
export interface PageCharge {
  /** Who asks: its scopes filter what reclaim may do. */
  readonly task: Task
  /** The flags of the request, as the caller passes them. */
  readonly gfp: number
  /** The first page of a block in use, which is on no list yet. */
  readonly page: number
  /** The group; by default the one that the task is in. */
  readonly group?: MemCgroup
  /** Where the task runs; by default 0. */
  readonly cpu?: number
  /** The task has been killed: it does not have others killed for it. That can happen meanwhile: it is read anew each time. */
  readonly dying?: boolean
}

/** An object of a slab to be charged. */
export interface ObjectChargeRequest extends Omit<PageCharge, 'page'> {
  /** What it takes in its slab, and the pointer to its group that the kernel keeps there (obj_full_size). */
  readonly bytes: number
}

export class PageCharging {
  readonly #frames: PageFrames
  readonly #groups: MemCgroups
  readonly #vmscan: Vmscan
  readonly #events: VmEvents
  readonly #hooks: MemoryHooks
  readonly #charging: Charging

  constructor(parts: {
    readonly frames: PageFrames
    readonly groups: MemCgroups
    readonly vmscan: Vmscan
    readonly events: VmEvents
    readonly hooks: MemoryHooks
  }) {
    this.#frames = parts.frames
    this.#groups = parts.groups
    this.#vmscan = parts.vmscan
    this.#events = parts.events
    this.#hooks = parts.hooks
    this.#charging = new Charging(parts.groups)
  }

  /** Charges a block at once. Returns false when its group has no room for it. */
  charge(charge: PageCharge): boolean {
    const steps = this.steps(charge)
    for (;;) {
      const step = steps.next()
      if (step.done) return step.value
    }
  }

  /** The same in steps: those that are not answered are done here. */
  *steps(charge: PageCharge): Generator<ChargeStep, boolean, number | undefined> {
    const { page } = charge
    const group = charge.group ?? this.#groups.groupOf(charge.task)
    if (!this.#frames.isUsed(page)) {
      throw new PageError(
        `page ${page} is charged to ${group.path}, and no block in use begins there`,
      )
    }
    const pages = 1 << this.#frames.order(page)
    const request = requestOf(charge, group, pages)
    const charged = yield* this.#performed(this.#charging.tryCharge(request), charge)
    if (charged) this.#groups.commit(page, group)
    return charged
  }

  /** Charges an object of a slab, before it is allocated, in steps (memcg_slab_pre_alloc_hook). Returns false when its group has no room. */
  *objectSteps(charge: ObjectChargeRequest): Generator<ChargeStep, boolean, number | undefined> {
    const { task, bytes } = charge
    const group = charge.group ?? this.#groups.groupOf(task)
    if (group.parent === null) return true
    const pages = group.objects.pagesFor(bytes)
    if (pages > 0) {
      const request = requestOf(charge, group, pages)
      if (!(yield* this.#performed(this.#charging.tryCharge(request), charge))) return false
    }
    group.objects.add(bytes, pages)
    return true
  }

  /** What a task does before it returns to user space, in steps: see Charging.handleOverHigh. */
  *returning(
    charge: Pick<PageCharge, 'task' | 'gfp' | 'cpu'>,
  ): Generator<ChargeStep, void, number | undefined> {
    yield* this.#performed(this.#charging.handleOverHigh(charge.task, charge.gfp), charge)
  }

  /** Does the step `memcg-reclaim` in steps; what it returns is the answer to that step. */
  *reclaiming(
    { group, gfp, pages }: Extract<ChargeStep, { readonly kind: 'memcg-reclaim' }>,
    { task, cpu = 0 }: Pick<PageCharge, 'task' | 'cpu'>,
  ): ReclaimSteps<number> {
    const allowed = currentGfpContext(task.mask, gfp)
    return (yield* this.#vmscan.memcgReclaim({ group, gfp: allowed, pages, cpu })).pages
  }

  *#performed<R>(
    steps: Generator<ChargeStep, R, number>,
    charge: Pick<PageCharge, 'task' | 'cpu'>,
  ): Generator<ChargeStep, R, number | undefined> {
    try {
      for (let step = steps.next(); ; ) {
        if (step.done) return step.value
        const answer = yield step.value
        step = steps.next(answer ?? this.#perform(step.value, charge))
      }
    } finally {
      steps.return(undefined as R)
    }
  }

  #perform(step: ChargeStep, charge: Pick<PageCharge, 'task' | 'cpu'>): number {
    switch (step.kind) {
      case 'memcg-reclaim': {
        const { group, gfp, pages } = step
        const { task, cpu = 0 } = charge
        const allowed = currentGfpContext(task.mask, gfp)
        return this.#vmscan.tryToFreeMemcgPages({ group, gfp: allowed, pages, cpu }).pages
      }
      case 'memcg-oom': {
        const { group, gfp, order } = step
        if (this.#hooks.memcgOutOfMemory?.(group, gfp, order) !== true) return 0
        this.#events[OOM_KILL] = (this.#events[OOM_KILL] as number) + 1
        return 1
      }
      case 'memcg-throttle':
        return 0
    }
  }
}

/** What is asked of a group for a charge. */
function requestOf(
  charge: Omit<PageCharge, 'page'>,
  group: MemCgroup,
  pages: number,
): ChargeRequest {
  const { task, gfp, cpu = 0 } = charge
  return {
    group,
    task,
    gfp,
    pages,
    cpu,
    get dying() {
      return charge.dying
    },
  }
}
