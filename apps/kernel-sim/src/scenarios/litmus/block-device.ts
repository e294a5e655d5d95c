/** Block devices: what follows from the kernel's code. */
import { GFP_KERNEL } from '@scopemask/allocator'
import { inForms, type Litmus } from './litmus.js'
import { reclaimLock } from './setting.js'

export const BLOCK_DEVICE: readonly Litmus[] = inForms(
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
)
