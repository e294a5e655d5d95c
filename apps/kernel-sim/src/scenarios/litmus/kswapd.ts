/** kswapd: what follows from the kernel's code. */
import { __GFP_FS } from '@scopemask/allocator'
import type { Kernel } from '../../kernel/kernel.js'
import { inForms, type Litmus } from './litmus.js'

/** A lock that reclaim needs. */
function reclaimLock(kernel: Kernel) {
  const lock = kernel.mutex('fs lock')
  kernel.shrinker('fs', __GFP_FS, function* () {
    yield* lock.lock()
    yield* lock.unlock()
  })
  return lock
}

export const KSWAPD: readonly Litmus[] = inForms(
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
)
