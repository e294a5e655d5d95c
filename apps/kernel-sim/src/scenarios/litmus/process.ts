/** Processes: what follows from the kernel's code. */
import { GFP_KERNEL, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { inForms, type Litmus } from './litmus.js'
import { reclaimLock } from './setting.js'

export const PROCESS: readonly Litmus[] = inForms(
  'kernel/fork.c, dup_task_struct and copy_process (which clears other flags)',
  [
    ['forked in a NOFS scope: it allocates in the scope', 'safe', true],
    ['forked before the scope is opened', 'deadlock', false],
  ],
  (kernel, isInside) => {
    const lock = reclaimLock(kernel)
    const done = kernel.completion('done')
    const child = kernel.process('child', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* done.complete()
    })
    kernel.task('parent', function* () {
      yield* lock.lock()
      if (!isInside) yield* child.fork()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        if (isInside) yield* child.fork()
        yield* done.wait()
      })
      yield* lock.unlock()
    })
  },
)
