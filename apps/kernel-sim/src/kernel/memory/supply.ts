/**
 * Supply: where pages come from, once the scopes have taken away from a request what they take: the forms of memory.
 *
 * - open-supply.ts: whether memory is tight is left open at each allocation, and reclaim finds enough. It is enough to find
 *   deadlocks, which need only that reclaim is entered.
 * - counted-supply.ts: so many pages and no more; requests try again until somebody has freed one.
 */
import type { Steps } from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'

export interface Supply {
  /**
   * Finds a page (mm/page_alloc.c, __alloc_pages_slowpath).
   * @param gfp what is left of the request.
   * @returns true if there was one: false only for requests that may fail.
   */
  alloc(gfp: number): Steps<boolean>
  /** Gives a page back. */
  free(): Steps<void>
  /** Gives back the pages on the list of a processor, where they are counted (drain_local_pages). @throws Misuse without such a list. */
  drain(cpu: number): Steps<void>
  readonly pressure: Pressure
  /** True if pages are counted, so that they can run out. */
  readonly isCounted: boolean
}

/** What a supply does to get pages from elsewhere. */
export interface Reclaimer {
  /** Reclaims directly, as a request allows it. */
  reclaim(gfp: number): Steps<unknown>
  /**
   * Gets back what the processors keep for themselves, if there is anything that does so: an allocation that finds no page after
   * reclaim calls it (drain_all_pages).
   */
  readonly drain: (() => Steps<unknown>) | null
  /** Wakes kswapd, where there is one and the request allows it (wake_all_kswapds). */
  wakeKswapd(gfp: number): Steps<void>
}
