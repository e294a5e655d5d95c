/** Reclaim hooks: what reclaim asks of those who own pages. */

/** What happens to a page that has to be written before it can be freed. */
export type Pageout =
  /** It is written already, and clean. */
  | 'clean'
  /** Writing has begun: `endWriteback` will say when it is over. */
  | 'writeback'
  /** Whoever should have written it has dirtied it again instead (redirty_page_for_writepage), or writing has failed. */
  | 'dirty'
  /** It cannot be written now. */
  | 'keep'

/** What reclaiming a node for its own sake has done: see {@link ReclaimHooks.nodeReclaimed}. */
export interface NodeReclaimed {
  /** The node that was reclaimed. */
  readonly node: number
  /** The flags of the request, filtered: they say what reclaim was allowed to do. */
  readonly gfp: number
  /** Pages that were freed. */
  readonly reclaimed: number
  /** How often its lists were looked at. */
  readonly rounds: number
}

/** All may be left out. */
export interface ReclaimHooks {
  /** Pages of swap space that are free. Without any, memory of programs cannot be reclaimed. By default 0. */
  swapPages?(): number
  /** Pages of swap space that there are, free or not (total_swap_pages). By default as many as are free. */
  totalSwapPages?(): number
  /**
   * Gives a page of a program a slot of swap space, to which it is then written (add_to_swap); returns false when there is none. By default
   * pages have their slots already: dirty ones are written, others are freed.
   */
  addToSwap?(page: number, gfp: number): boolean
  /** Writes a dirty page, to its file or to swap. By default it is clean at once: a disk that takes no time. */
  pageout?(page: number, gfp: number): Pageout
  /** Returns true while somebody works on a page: reclaim goes on to the next (folio_trylock fails). By default nobody does. */
  locked?(page: number): boolean
  /**
   * Lets go of the data that the filesystem has at a page with PG_PRIVATE (filemap_release_folio); returns false for a page that is
   * in use. By default the filesystem is asked for requests with `__GFP_FS` only, and lets go.
   */
  release?(page: number, gfp: number): boolean
  /** Pages of files of a node that are dirty (NR_FILE_DIRTY): node reclaim leaves them alone. By default 0. */
  dirtyPages?(node: number): number
  /** Pages of a node in slabs whose objects shrinkers can free (NR_SLAB_RECLAIMABLE_B). By default 0. */
  slabPages?(node: number): number
  /**
   * A node was reclaimed before a request goes on to another one (node_reclaim). That is done within the search for a page: whoever simulates time
   * charges for it afterwards.
   */
  nodeReclaimed?(report: NodeReclaimed): void
  /** All pages that reclaim met were dirty: the flusher threads should write (wakeup_flusher_threads). */
  wakeFlushers?(): void
  /**
   * A page was taken from its owner, and is about to be freed.
   * @param shadow what to leave in its place: see workingset.ts
   */
  reclaimed?(page: number, order: number, shadow: number): void
}
