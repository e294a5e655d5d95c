/** Out of memory: what the OOM killer does when it is asked (mm/oom_kill.c, out_of_memory, 6.1.192). */
import { __GFP_FS } from '../gfp/flags.js'
import { type OomCandidate, type OomChoice, selectBadProcess } from './badness.js'

/** Who asks, and for what. */
export interface OomRequest<T extends OomCandidate> {
  /** The flags of the request, as its scopes leave them; 0 for a page fault that has lost them. */
  readonly gfp: number
  /** It is for the limit of a memory cgroup. */
  readonly memcg?: boolean
  /** The task that asks is dying itself (task_will_free_mem). */
  readonly currentDies?: boolean
  /** All tasks that could be killed: those of the group, for a memory cgroup. */
  readonly tasks: Iterable<T>
  /** See `oomDomain`. */
  readonly totalPages: number
}

/**
 * What comes of it. `refused`: the request may not enter the filesystem, so reclaim has seen part of memory only, and nobody dies for it; it
 * is told that there was progress. `self`: who asks dies, and gets the reserves. The rest: see {@link OomChoice}.
 */
export type OomVerdict<T> =
  | OomChoice<T>
  | {
      /** Nobody dies for this request. */
      readonly kind: 'refused'
    }
  | {
      /** Who asks is dying itself. */
      readonly kind: 'self'
    }

/** Decides. Whoever asks goes on trying unless it is `none`. */
export function outOfMemory<T extends OomCandidate>(request: OomRequest<T>): OomVerdict<T> {
  const { gfp, memcg = false, currentDies = false, tasks, totalPages } = request
  if (currentDies) return { kind: 'self' }
  if (gfp !== 0 && (gfp & __GFP_FS) === 0 && !memcg) return { kind: 'refused' }
  return selectBadProcess(tasks, totalPages)
}
