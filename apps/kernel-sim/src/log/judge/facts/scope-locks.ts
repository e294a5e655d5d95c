/**
 * Scope locks: locks and pseudo-locks whose holders are in a scope, because the code that takes them opens it. Where lockdep lists one as held
 * they tell what the flags of the task would.
 */

interface ScopeLock {
  readonly name: RegExp
  readonly scope: 'NOFS' | 'NOIO'
  /** Where the kernel says so. */
  readonly source: string
}

const SCOPE_LOCKS: readonly ScopeLock[] = [
  {
    name: /^jbd2_handle$/,
    scope: 'NOFS',
    source: 'jbd2__journal_start opens it for each handle (fs/jbd2/transaction.c, since 4.12)',
  },
  {
    name: /^sb_internal(?:#\d+)?(?:\/\d+)?$/,
    scope: 'NOFS',
    source: 'xfs_trans_alloc takes it with the scope of its transaction (fs/xfs/xfs_trans.c)',
  },
  {
    name: /^\(wq_completion\)(?:xfs-cil|xfs_iwalk|xfs-inodegc)/,
    scope: 'NOFS',
    source: 'the work functions of this queue open it first (fs/xfs)',
  },
  {
    name: /^\(wq_completion\)loop\d*/,
    scope: 'NOIO',
    source: 'the worker of a loop device lives in one (drivers/block/loop.c)',
  },
]

/** The scope that holders of a lock are in; undefined where none is known. */
export function scopeOfLock(name: string): ScopeLock | undefined {
  return SCOPE_LOCKS.find((lock) => lock.name.test(name))
}
