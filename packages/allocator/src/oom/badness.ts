/**
 * Badness: whom the OOM killer chooses (mm/oom_kill.c, oom_badness, oom_evaluate_task and constrained_alloc, 6.1.192): the task whose death
 * frees most memory, unless somebody has said otherwise (oom_score_adj).
 */
import { __GFP_THISNODE } from '../gfp/flags.js'

/** The least oom_score_adj: the task is never killed. */
export const OOM_SCORE_ADJ_MIN = -1000
/** The greatest: the task counts as if it had all memory. */
export const OOM_SCORE_ADJ_MAX = 1000

/** A task as the OOM killer sees it: one for each address space. */
export interface OomCandidate {
  /** Pages that it has in memory. */
  readonly rss: number
  /** Pages that it has in swap; by default 0. */
  readonly swapEntries?: number
  /** Bytes of its page tables; by default 0. */
  readonly pageTableBytes?: number
  /** -1000 to 1000; by default 0. */
  readonly scoreAdj?: number
  /** It is a kernel thread, or init: nobody kills it. */
  readonly unkillable?: boolean
  /** Its memory has been reaped already, or is beyond reach: nothing more comes of it (MMF_OOM_SKIP). */
  readonly skipped?: boolean
  /** It shares the memory of the task that it was forked from, until that goes on (in_vfork). */
  readonly inVfork?: boolean
  /** It has been chosen before, and is about to die (tsk_is_oom_victim). */
  readonly isVictim?: boolean
  /** It has asked to be killed first if its request ends here (oom_task_origin: swapoff does). */
  readonly isOrigin?: boolean
  /** None of its memory is where the request wants some: on other nodes, or in other groups. */
  readonly ineligible?: boolean
}

/**
 * The points of a task: the pages that its death would free, and what its oom_score_adj adds.
 * @param totalPages what the request could have had at best: see {@link oomDomain}
 * @returns undefined for a task that must not be killed
 */
export function oomBadness(task: OomCandidate, totalPages: number): number | undefined {
  const { rss, swapEntries = 0, pageTableBytes = 0, scoreAdj = 0 } = task
  if (task.unkillable === true || task.skipped === true || task.inVfork === true) return undefined
  if (scoreAdj === OOM_SCORE_ADJ_MIN) return undefined
  const points = rss + swapEntries + Math.floor(pageTableBytes / 4096)
  return points + scoreAdj * Math.floor(totalPages / 1000)
}

/** Whom the OOM killer has found: a victim; `pending` when one is dying already; `none` when nobody may be killed. */
export type OomChoice<T> =
  | {
      /** This one dies. */
      readonly kind: 'victim'
      /** Who. */
      readonly task: T
      /** See {@link oomBadness}. */
      readonly points: number
    }
  | {
      /** Somebody is dying already. */
      readonly kind: 'pending'
    }
  | {
      /** There is nobody. A kernel whose own memory is short, and not that of a group, panics then: "System is deadlocked on memory". */
      readonly kind: 'none'
    }

/**
 * Chooses (select_bad_process). Of two that are alike, the later one in the list of tasks.
 * @throws RangeError for an oom_score_adj that is none.
 */
export function selectBadProcess<T extends OomCandidate>(
  tasks: Iterable<T>,
  totalPages: number,
): OomChoice<T> {
  let chosen: { readonly kind: 'victim'; readonly task: T; readonly points: number } | undefined
  for (const task of tasks) {
    const { scoreAdj = 0 } = task
    if (!(scoreAdj >= OOM_SCORE_ADJ_MIN && scoreAdj <= OOM_SCORE_ADJ_MAX)) {
      throw new RangeError(`oom_score_adj is -1000 to 1000, not ${scoreAdj}`)
    }
    if (task.unkillable === true || task.ineligible === true) continue
    if (task.isVictim === true) {
      // It has the reserves to die with: another one would only compete for them.
      if (task.skipped === true) continue
      return { kind: 'pending' }
    }
    const points = task.isOrigin === true ? Number.POSITIVE_INFINITY : oomBadness(task, totalPages)
    if (points === undefined || (chosen !== undefined && points < chosen.points)) continue
    chosen = { kind: 'victim', task, points }
  }
  return chosen ?? { kind: 'none' }
}

/** Why a request could not have all memory (enum oom_constraint). */
export type OomConstraint =
  | 'CONSTRAINT_NONE'
  | 'CONSTRAINT_CPUSET'
  | 'CONSTRAINT_MEMORY_POLICY'
  | 'CONSTRAINT_MEMCG'

/** The memory that a request was restricted to. */
export interface OomDomain {
  /** What restricted it. */
  readonly constraint: OomConstraint
  /** Pages of memory and swap. */
  readonly totalPages: number
}

/** What a request was restricted to (constrained_alloc). */
export function oomDomain(request: {
  /** The flags of the request. */
  readonly gfp: number
  /** Pages of each node. */
  readonly pages: readonly number[]
  /** Pages of all swap space; by default 0. */
  readonly swap?: number
  /** memory.max of the group whose limit is in the way. */
  readonly memcgMax?: number
  /** A bit per node of the memory policy or of the caller. */
  readonly nodemask?: number | undefined
  /** A bit per node of the cpuset. */
  readonly cpuset?: number | undefined
}): OomDomain {
  const { gfp, pages, swap = 0, memcgMax, nodemask, cpuset } = request
  if (memcgMax !== undefined) {
    return { constraint: 'CONSTRAINT_MEMCG', totalPages: Math.max(memcgMax, 1) }
  }
  const within = (mask: number): number =>
    pages.reduce((sum, each, node) => ((mask & (1 << node)) !== 0 ? sum + each : sum), swap)
  const hasAll = (mask: number): boolean =>
    pages.every((each, node) => each === 0 || (mask & (1 << node)) !== 0)
  const all = { constraint: 'CONSTRAINT_NONE', totalPages: within(-1) } as const
  if ((gfp & __GFP_THISNODE) !== 0) return all
  if (nodemask !== undefined && !hasAll(nodemask)) {
    return { constraint: 'CONSTRAINT_MEMORY_POLICY', totalPages: within(nodemask) }
  }
  if (cpuset !== undefined && !hasAll(cpuset)) {
    return { constraint: 'CONSTRAINT_CPUSET', totalPages: within(cpuset) }
  }
  return all
}
