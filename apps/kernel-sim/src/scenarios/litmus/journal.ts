/** Journals: what follows from the kernel's code. */
import { GFP_KERNEL, GFP_NOFS } from '@scopemask/allocator'
import type { Litmus } from './litmus.js'

export const JOURNAL: readonly Litmus[] = [
  {
    program: 'a handle in a handle is the same handle, also while a commit waits for it',
    source: 'fs/jbd2/transaction.c, jbd2__journal_start (journal_current_handle)',
    want: 'safe',
    build(kernel) {
      const journal = kernel.journal('j')
      kernel.task('nested', () =>
        journal.handle(() => journal.handle(() => kernel.kmalloc(GFP_NOFS))),
      )
      kernel.task('fsync', () => journal.forceCommit())
    },
  },
  {
    program: 'a handle waits for a commit of its own transaction',
    source: 'fs/jbd2/commit.c, jbd2_journal_commit_transaction (waits for t_updates)',
    want: 'deadlock',
    build(kernel) {
      const journal = kernel.journal('j')
      kernel.task('write', () => journal.handle(() => journal.forceCommit()))
    },
  },
  {
    program: 'a new handle joins the next transaction while a commit writes',
    source: 'fs/jbd2/transaction.c, add_transaction_credits (waits only unless T_RUNNING)',
    want: 'safe',
    build(kernel) {
      const page = kernel.page('data', { dirty: true })
      const queue = kernel.workqueue('ext4-rsv-conversion')
      const end = kernel.work('ext4_end_io_work', function* () {
        yield* journal.handle(() => kernel.kmalloc(GFP_NOFS))
        yield* page.endWriteback()
      })
      const journal = kernel.journal('j', { commit: () => page.waitOnWriteback() })
      kernel.task('write', function* () {
        yield* journal.handle(function* () {
          yield* page.lock()
          yield* page.startWriteback()
          yield* page.unlock()
        })
        yield* kernel.queueWork(queue, end)
      })
      kernel.task('fsync', () => journal.forceCommit())
    },
  },
  {
    program:
      'a new handle waits while the transaction is locked, for a handle that waits for its task',
    source: 'fs/jbd2/transaction.c, wait_transaction_locked',
    want: 'deadlock',
    build(kernel) {
      const journal = kernel.journal('j')
      const started = kernel.completion('second handle')
      kernel.task('first', () => journal.handle(() => started.wait()))
      kernel.task('second', function* () {
        yield* journal.handle(function* () {})
        yield* started.complete()
      })
      kernel.task('fsync', () => journal.forceCommit())
    },
  },
  {
    program: 'with nothing to commit, nobody waits',
    source: 'fs/jbd2/journal.c, __jbd2_journal_force_commit',
    want: 'safe',
    build(kernel) {
      const never = kernel.completion('never')
      const journal = kernel.journal('j', { commit: () => never.wait() })
      kernel.task('fsync', () => journal.forceCommit())
    },
  },
  {
    program: 'a handle finds no space in the log and writes back under the checkpoint mutex',
    source: 'fs/jbd2/checkpoint.c, __jbd2_log_wait_for_space',
    want: 'safe',
    build(kernel) {
      const page = kernel.page('old metadata', { dirty: true })
      const journal = kernel.journal('j', { space: 1, checkpoint: () => page.waitOnWriteback() })
      kernel.task('write', function* () {
        yield* journal.handle(function* () {})
        yield* journal.forceCommit()
        yield* journal.handle(function* () {})
      })
    },
  },
  {
    program: 'a handle waits for a checkpoint that needs a lock which its task holds',
    source: 'fs/jbd2/checkpoint.c, jbd2_log_do_checkpoint',
    want: 'deadlock',
    build(kernel) {
      const lock = kernel.mutex('inode lock')
      const journal = kernel.journal('j', {
        space: 1,
        *checkpoint() {
          yield* lock.lock()
          yield* lock.unlock()
        },
      })
      kernel.task('write', function* () {
        yield* journal.handle(function* () {})
        yield* journal.forceCommit()
        yield* lock.lock()
        yield* journal.handle(function* () {})
        yield* lock.unlock()
      })
    },
  },
  {
    program: 'an allocation in a handle reclaims what waits for the handle, without a scope',
    source: 'fs/jbd2/transaction.c, start_this_handle (memalloc_nofs_save)',
    want: 'deadlock',
    policy: 'unrestricted',
    build(kernel) {
      const journal = kernel.journal('j')
      kernel.shrinker('dquot', GFP_KERNEL & ~GFP_NOFS, () => journal.forceCommit())
      kernel.task('write', () => journal.handle(() => kernel.kmalloc(GFP_KERNEL)))
    },
  },
  {
    program: 'the same in the scope of the handle',
    source: 'fs/jbd2/transaction.c, start_this_handle (memalloc_nofs_save)',
    want: 'safe',
    build(kernel) {
      const journal = kernel.journal('j')
      kernel.shrinker('dquot', GFP_KERNEL & ~GFP_NOFS, () => journal.forceCommit())
      kernel.task('write', () => journal.handle(() => kernel.kmalloc(GFP_KERNEL)))
    },
  },
]
