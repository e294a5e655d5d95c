/**
 * Charge: how pages come to be charged to a group (mm/memcontrol.c, try_charge_memcg at line 2630, and mem_cgroup_handle_over_high at
 * line 2551, of 6.1.192). A generator, as allocPages is: it says what it does next and is told what came of it.
 *
 * Reclaim for a limit has the flags of the request, so a NOFS scope makes it as weak as any other reclaim; but the OOM killer of a group
 * comes for requests without `__GFP_FS` too.
 */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_HIGH,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
} from '../gfp/flags.js'
import { PAGE_ALLOC_COSTLY_ORDER } from '../pages/per-cpu-pages.js'
import { PF_MEMALLOC } from '../task/flags.js'
import { memallocNoreclaimRestore, memallocNoreclaimSave, type Task } from '../task/memalloc.js'
import type { MemCgroup } from './mem-cgroup.js'
import { MEMCG_CHARGE_BATCH, type MemCgroups } from './mem-cgroups.js'
import type { PageCounter } from './page-counter.js'

/** So many rounds of reclaim in vain, before somebody is killed (MAX_RECLAIM_RETRIES). */
const MAX_RETRIES = 16
/** Jiffies in a second, as Debian configures it. */
const HZ = 250
/** The least that reclaim looks for. */
const SWAP_CLUSTER_MAX = 32
/** calculate_high_delay: precision, and how steep the curve is. */
const PRECISION = 2 ** 20
const SCALING = 2 ** 14

/** What a charge does next. `memcg-reclaim` is answered with the pages reclaimed, `memcg-oom` with 1 or 0, `memcg-throttle` with nothing. */
export type ChargeStep =
  | {
      /** Reclaim pages of a group and those below it (try_to_free_mem_cgroup_pages). */
      readonly kind: 'memcg-reclaim'
      /** The group whose limit is in the way. */
      readonly group: MemCgroup
      /** The flags of the request, which are filtered by the scopes of the task. */
      readonly gfp: number
      /** How many. */
      readonly pages: number
    }
  | {
      /** Have the OOM killer choose a task of a group or below it (mem_cgroup_out_of_memory). */
      readonly kind: 'memcg-oom'
      /** The group whose limit is in the way. */
      readonly group: MemCgroup
      /** The flags of the request. */
      readonly gfp: number
      /** The pages wanted are 2 to this power. */
      readonly order: number
    }
  | {
      /** Sleep: the group is above memory.high, and reclaim cannot keep up. */
      readonly kind: 'memcg-throttle'
      /** How long, at most 2 seconds. */
      readonly jiffies: number
    }

/** A charge that is asked for. */
export interface ChargeRequest {
  /** The group to charge. */
  readonly group: MemCgroup
  /** Who asks: its scopes filter what reclaim may do. */
  readonly task: Task
  /** As the caller passes it. */
  readonly gfp: number
  /** How many pages. */
  readonly pages: number
  /** Where the task runs. */
  readonly cpu: number
  /** The task has been killed, or is exiting (task_is_dying). That can happen meanwhile: it is read anew each time. */
  readonly dying?: boolean | undefined
}

export class Charging {
  readonly #groups: MemCgroups
  /** Pages that a task has charged to groups that are above `high` (memcg_nr_pages_over_high). */
  readonly #overHigh = new WeakMap<Task, { pages: number; group: MemCgroup }>()

  constructor(groups: MemCgroups) {
    this.#groups = groups
  }

  /** Charges pages. Returns false when the group has no room and the request may fail (-ENOMEM). */
  *tryCharge(request: ChargeRequest): Generator<ChargeStep, boolean, number> {
    const { group, task, gfp, pages, cpu } = request
    if (group.parent === null) return true
    let batch = Math.max(MEMCG_CHARGE_BATCH, pages)
    let retries = MAX_RETRIES
    let drained = false
    let passedOom = false
    let raised = false
    let over: MemCgroup
    for (;;) {
      if (this.#groups.consumeStock(cpu, group, pages)) return true
      const limit = group.memory.tryCharge(batch)
      if (limit === null) {
        yield* this.#charged(request, batch)
        return true
      }
      over = groupOf(group, limit)
      if (batch > pages) {
        batch = pages
        continue
      }
      // Whoever frees memory gets what that takes.
      if ((task.mask & PF_MEMALLOC) !== 0) break
      if ((gfp & __GFP_DIRECT_RECLAIM) === 0) {
        if (!isForced(gfp)) return false
        break
      }
      over.raise('max')
      raised = true
      const reclaimed = yield* this.#reclaim(
        { kind: 'memcg-reclaim', group: over, gfp, pages },
        task,
      )
      if (over.memory.margin >= pages) continue
      if (!drained) {
        this.#groups.drainStock(over)
        drained = true
        continue
      }
      let again = false
      if ((gfp & __GFP_NORETRY) === 0) {
        // Small requests try again as long as there is something to reclaim.
        if (reclaimed > 0 && pages <= 1 << PAGE_ALLOC_COSTLY_ORDER) continue
        if (retries-- > 0) continue
        if ((gfp & __GFP_RETRY_MAYFAIL) === 0 && !(passedOom && request.dying === true)) {
          again = yield* this.#oom(over, request)
        }
      }
      if (again) {
        passedOom = true
        retries = MAX_RETRIES
        continue
      }
      if (!isForced(gfp)) return false
      break
    }
    // The limit gives way for a while: the request cannot fail, or frees memory soon.
    if (!raised) over.raise('max')
    group.memory.charge(pages)
    return true
  }

  /**
   * What a task does before it returns to user space: it reclaims what is above memory.high, and sleeps if that does not help
   * (mem_cgroup_handle_over_high).
   */
  *handleOverHigh(task: Task, gfp: number): Generator<ChargeStep, void, number> {
    const over = this.#overHigh.get(task)
    if (over === undefined) return
    this.#overHigh.delete(task)
    let wanted = over.pages
    for (let retries = MAX_RETRIES; ; ) {
      const reclaimed = yield* this.#reclaimHigh(over.group, { pages: wanted, gfp, task })
      const jiffies = Math.min(this.#delay(over.group, over.pages), 2 * HZ)
      if (jiffies <= HZ / 100) return
      if (reclaimed === 0 && retries-- === 0) {
        yield { kind: 'memcg-throttle', jiffies }
        return
      }
      wanted = SWAP_CLUSTER_MAX
    }
  }

  /** Pages that a task has charged above memory.high since it last returned to user space. */
  overHigh(task: Task): number {
    return this.#overHigh.get(task)?.pages ?? 0
  }

  /** The end of a charge that fits. */
  *#charged(request: ChargeRequest, batch: number): Generator<ChargeStep, void, number> {
    const { group, task, gfp, pages, cpu } = request
    if (batch > pages) this.#groups.refillStock(cpu, group, batch - pages)
    for (let each: MemCgroup | null = group; each !== null; each = each.parent) {
      if (each.usage <= each.high) continue
      this.#overHigh.set(task, { pages: this.overHigh(task) + batch, group })
      break
    }
    const reclaims = (gfp & __GFP_DIRECT_RECLAIM) !== 0 && (task.mask & PF_MEMALLOC) === 0
    if (this.overHigh(task) <= MEMCG_CHARGE_BATCH || !reclaims) return
    // They are charged, and no page's yet.
    let isOver = false
    this.#groups.hold(group, pages)
    try {
      yield* this.handleOverHigh(task, gfp)
      isOver = true
    } finally {
      this.#groups.hold(group, -pages)
      // Whoever steps has given up: nobody will have them.
      if (!isOver) group.memory.uncharge(pages)
    }
  }

  /** mem_cgroup_oom. Returns true if another try makes sense. */
  *#oom(over: MemCgroup, request: ChargeRequest): Generator<ChargeStep, boolean, number> {
    const { gfp, pages } = request
    const order = Math.ceil(Math.log2(pages))
    if (order > PAGE_ALLOC_COSTLY_ORDER) return false
    over.raise('oom')
    if (over.memory.margin >= 1 << order || request.dying === true) return true
    return (yield { kind: 'memcg-oom', group: over, gfp, order }) !== 0
  }

  /** reclaim_high: the group and those above it, as far as they are above `high`. */
  *#reclaimHigh(
    group: MemCgroup,
    { pages, gfp, task }: Pick<ChargeRequest, 'pages' | 'gfp' | 'task'>,
  ): Generator<ChargeStep, number, number> {
    let reclaimed = 0
    for (let each = group; each.parent !== null; each = each.parent) {
      if (each.usage <= each.high) continue
      each.raise('high')
      const step = { kind: 'memcg-reclaim', group: each, gfp, pages } as const
      reclaimed += yield* this.#reclaim(step, task)
    }
    return reclaimed
  }

  /** Whoever reclaims may use all reserves, and does not reclaim again. */
  *#reclaim(step: ChargeStep, task: Task): Generator<ChargeStep, number, number> {
    const token = memallocNoreclaimSave(task)
    try {
      return yield step
    } finally {
      // Also when whoever steps gives up here.
      memallocNoreclaimRestore(task, token)
    }
  }

  /** calculate_high_delay, jiffies: grows with the square of how far a group is above memory.high. */
  #delay(group: MemCgroup, pages: number): number {
    let overage = 0
    for (let each = group; each.parent !== null; each = each.parent) {
      if (each.usage <= each.high) continue
      const high = Math.max(each.high, 1)
      overage = Math.max(overage, Math.floor(((each.usage - high) * PRECISION) / high))
    }
    const penalty = Math.floor(Math.floor((overage * overage * HZ) / PRECISION) / SCALING)
    return Math.floor((penalty * pages) / MEMCG_CHARGE_BATCH)
  }
}

/** The group that a counter belongs to: of these, or above. */
function groupOf(group: MemCgroup, counter: PageCounter): MemCgroup {
  for (let each: MemCgroup | null = group; each !== null; each = each.parent) {
    if (each.memory === counter) return each
  }
  return group
}

/** Returns true if a request is charged though the limit is in the way. */
function isForced(gfp: number): boolean {
  return (gfp & (__GFP_NOFAIL | __GFP_HIGH)) !== 0
}
