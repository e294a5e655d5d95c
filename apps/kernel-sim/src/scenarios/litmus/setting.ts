/** Setting: what several litmus programs begin with. */
import { __GFP_FS } from '@scopemask/allocator'
import type { Kernel } from '../../kernel/kernel.js'

/** A lock that reclaim needs. */
export function reclaimLock(kernel: Kernel) {
  const lock = kernel.mutex('fs lock')
  kernel.shrinker('fs', __GFP_FS, function* () {
    yield* lock.lock()
    yield* lock.unlock()
  })
  return lock
}

/** A task that allocates once, and waits for ever if that fails. */
export function allocatesOrHangs(kernel: Kernel, gfp: number): void {
  const never = kernel.completion('never')
  kernel.task('allocates', function* () {
    if (!(yield* kernel.kmalloc(gfp))) yield* never.wait()
  })
}
