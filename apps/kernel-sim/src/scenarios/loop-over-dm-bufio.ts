/**
 * Case 5: kswapd holds the dm-bufio client lock and waits for I/O on a loop device. The loop thread allocates, enters the
 * dm-bufio shrinker and waits for that lock. The kernel's fix is a NOIO scope on the loop thread; a NOFS scope
 * would not do, since the shrinker waits for the lock whenever I/O is allowed.
 */
import {
  __GFP_IO,
  GFP_KERNEL,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  type TaskFlags,
} from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

const LIVES_IN_A_SCOPE = 'the thread lives in a scope of its own: nothing is conveyed to it'
const inapplicable = {
  explicit: 'the loop thread writes through the VFS, which takes no gfp',
  'convey-on-queue': LIVES_IN_A_SCOPE,
  'inherit-on-wait': LIVES_IN_A_SCOPE,
  'callee-scope': LIVES_IN_A_SCOPE,
  'separate-queues': LIVES_IN_A_SCOPE,
}

function build(kernel: Kernel, restriction: TaskFlags): void {
  const client = kernel.mutex('dm_bufio_client->lock')
  const loop = kernel.blockDevice(
    'loop0',
    function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    },
    kernel.scopes.forLife(restriction),
  )
  kernel.shrinker('dm_bufio_shrink_scan', 0, function* (gfp) {
    if ((gfp & __GFP_IO) !== 0) yield* client.lock()
    else if (!(yield* client.trylock())) return
    if ((yield* kernel.choose('buffer', ['clean', 'dirty'])) === 1 && (gfp & __GFP_IO) !== 0) {
      yield* loop.submitBioWait()
    }
    yield* client.unlock()
  })
  const wake = kernel.variable('kswapd_wait', 1)
  kernel.kswapd(wake)
}

export const loopOverDmBufio = scenario({
  name: 'loop-over-dm-bufio',
  summary: 'kswapd holds the dm-bufio lock and waits for a loop thread that allocates',
  source: 'commits d0a255e795ab and bd293d071ffe',
  inapplicable,
  build: (kernel) => build(kernel, PF_MEMALLOC_NOIO),
})

export const loopOverDmBufioNofs = scenario({
  name: 'loop-over-dm-bufio-nofs',
  summary: 'the same with a NOFS scope on the loop thread, which is too weak',
  source: 'commits d0a255e795ab and bd293d071ffe',
  inapplicable,
  build: (kernel) => build(kernel, PF_MEMALLOC_NOFS),
})
