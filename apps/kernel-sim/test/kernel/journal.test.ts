import { describe } from 'vitest'
import { JOURNAL } from '../../src/scenarios/litmus/journal.js'
import { itBehaves } from './litmus.js'

describe('a journal', () => {
  itBehaves([
    ...JOURNAL,
    ...(['handle', 'forceCommit'] as const).map((call) => ({
      program: `${call} under a spinlock`,
      source: 'fs/jbd2/transaction.c, start_this_handle; journal.c, jbd2_log_wait_commit',
      want: /sleeps under a spinlock: jbd2_journal/,
      build(kernel: Parameters<Parameters<typeof itBehaves>[0][0]['build']>[0]) {
        const journal = kernel.journal('j')
        const lock = kernel.spinlock('s')
        kernel.task('A', function* () {
          yield* lock.lock()
          if (call === 'handle') yield* journal.handle(function* () {})
          else yield* journal.forceCommit()
          yield* lock.unlock()
        })
      },
    })),
  ])
})
