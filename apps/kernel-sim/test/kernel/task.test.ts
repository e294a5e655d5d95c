import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import { describe } from 'vitest'
import type { Kernel } from '../../src/kernel/kernel.js'
import { inForms, itBehaves } from './litmus.js'

/** A lock that reclaim needs. */
function reclaimLock(kernel: Kernel) {
  const lock = kernel.mutex('fs lock')
  kernel.shrinker('fs', __GFP_FS, function* () {
    yield* lock.lock()
    yield* lock.unlock()
  })
  return lock
}

describe('a process', () => {
  itBehaves(
    inForms(
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
    ),
  )
})

describe('a scope', () => {
  itBehaves([
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
  ])
})

describe('a block device', () => {
  itBehaves(
    inForms(
      'block/bio.c, submit_bio_wait; drivers/block/loop.c, loop_process_work',
      [
        ['whose thread allocates, and reclaim waits for another lock', 'safe', 'another'],
        [
          'whose thread allocates, and reclaim waits for the lock of who waits for it',
          'deadlock',
          'own',
        ],
      ],
      (kernel, which) => {
        const lock = reclaimLock(kernel)
        const other = kernel.mutex('other')
        const device = kernel.blockDevice('loop0', () => kernel.kmalloc(GFP_KERNEL))
        const held = which === 'own' ? lock : other
        kernel.task('write', function* () {
          yield* held.lock()
          yield* device.submitBioWait()
          yield* held.unlock()
        })
      },
    ),
  )
})

describe('kswapd', () => {
  itBehaves(
    inForms(
      'mm/vmscan.c, kswapd and balance_pgdat',
      [
        ['waits in reclaim for a lock that its task gives back', 'safe', true],
        ['waits in reclaim for a lock that nobody gives back', 'deadlock', false],
      ],
      (kernel, isGivenBack) => {
        const lock = reclaimLock(kernel)
        const never = kernel.completion('never')
        kernel.kswapd(kernel.variable('wanted', 1))
        kernel.task('A', function* () {
          yield* lock.lock()
          if (!isGivenBack) yield* never.wait()
          yield* lock.unlock()
        })
      },
    ),
  )
})
