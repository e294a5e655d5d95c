/** kswapd: what follows from the kernel's code. */
import { inForms, type Litmus } from './litmus.js'
import { reclaimLock } from './setting.js'

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
