/** Pages of the page cache: what follows from the kernel's code. */
import { inForms, type Litmus } from './litmus.js'

export const PAGE: readonly Litmus[] = [
  ...inForms(
    'mm/filemap.c, folio_wait_bit_common and folio_end_writeback',
    [
      ['under writeback that comes to its end', 'safe', true],
      ['under writeback that nobody ends', 'deadlock', false],
    ],
    (kernel, ends) => {
      const page = kernel.page('p', { dirty: true })
      const sent = kernel.completion('bio')
      kernel.task('flusher', function* () {
        yield* page.lock()
        if (yield* page.isDirty()) yield* page.startWriteback()
        yield* page.unlock()
        yield* sent.complete()
        yield* page.waitOnWriteback()
      })
      kernel.task('device', function* () {
        yield* sent.wait()
        if (ends) yield* page.endWriteback()
      })
    },
  ),
  {
    program: 'whoever has it locked waits for its lock',
    source: 'mm/filemap.c, __folio_lock',
    want: 'deadlock',
    build(kernel) {
      const page = kernel.page('p')
      kernel.task('A', function* () {
        yield* page.lock()
        yield* page.lock()
        yield* page.unlock()
      })
    },
  },
]
