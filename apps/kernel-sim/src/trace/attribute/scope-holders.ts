/**
 * Scope holders: functions that hold a scope around everything they call. On a stack they tell what the task flags would,
 * where a recording does not have those. What is not told this way stays unknown: a task may have opened a
 * scope and returned, as those who start a transaction do.
 *
 * The list is data, and short on purpose: only functions whose whole body, as far as it calls others, is inside. It is
 * checked against recordings that do have the task flags.
 */
import { PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '@scopemask/allocator/gfp'

const HOLDERS: ReadonlyMap<string, number> = new Map([
  // mm/readahead.c: the folios of a read-ahead must not be reclaimed through the filesystem that reads them.
  ['page_cache_ra_unbounded', PF_MEMALLOC_NOFS],
  ['page_cache_ra_order', PF_MEMALLOC_NOFS],
  // fs/jbd2/journal.c: the journal thread lives in a scope.
  ['kjournald2', PF_MEMALLOC_NOFS],
  // fs/ext4/inode.c: ext4_writepages_down_read() opens it.
  ['ext4_do_writepages', PF_MEMALLOC_NOFS],
  // fs/xfs: work functions that open one first, and what only runs inside a transaction.
  ['xfs_end_io', PF_MEMALLOC_NOFS],
  ['xfs_btree_split_worker', PF_MEMALLOC_NOFS],
  ['xlog_cil_push_work', PF_MEMALLOC_NOFS],
  ['xfs_inodegc_worker', PF_MEMALLOC_NOFS],
  ['xfs_defer_finish_noroll', PF_MEMALLOC_NOFS],
  ['xfs_trans_roll', PF_MEMALLOC_NOFS],
  // drivers/block/loop.c: the loop device's worker, since d0a255e795ab.
  ['loop_process_work', PF_MEMALLOC_NOIO],
])

/** The task flags that the functions of a stack hold, as a mask. Flags that are not in it are unknown. */
export function scopesHeldBy(functions: readonly string[]): number {
  let held = 0
  for (const name of functions) held |= HOLDERS.get(name) ?? 0
  return held
}
