/** Memalloc scopes: what follows from the kernel's code. */
import { GFP_KERNEL, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import { inForms, type Litmus } from './litmus.js'
import { reclaimLock } from './setting.js'

export const SCOPE: readonly Litmus[] = [
  ...inForms(
    'include/linux/sched/mm.h, current_gfp_context',
    [
      ['NOFS keeps the request out of the filesystem', 'safe', PF_MEMALLOC_NOFS],
      ['NOIO does too', 'safe', PF_MEMALLOC_NOIO],
      ['none', 'deadlock', null],
    ],
    (kernel, flag) => {
      const lock = reclaimLock(kernel)
      kernel.task('A', function* () {
        yield* lock.lock()
        if (flag === null) yield* kernel.kmalloc(GFP_KERNEL)
        else yield* kernel.scopes.section(flag, () => kernel.kmalloc(GFP_KERNEL))
        yield* lock.unlock()
      })
    },
  ),
  ...inForms(
    'include/linux/sched/mm.h, memalloc_nofs_restore',
    [
      ['restored with what save returned: still in the outer one', 'safe', true],
      ['restored with 0: no longer in the outer one', 'deadlock', false],
    ],
    (kernel, isRight) => {
      const lock = reclaimLock(kernel)
      kernel.task('A', function* () {
        yield* lock.lock()
        const outer = yield* kernel.scopes.memallocNofsSave()
        const inner = yield* kernel.scopes.memallocNofsSave()
        yield* kernel.scopes.memallocNofsRestore(isRight ? inner : outer)
        yield* kernel.kmalloc(GFP_KERNEL)
        yield* kernel.scopes.memallocNofsRestore(outer)
        yield* lock.unlock()
      })
    },
  ),
]
