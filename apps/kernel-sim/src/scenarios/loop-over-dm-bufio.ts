/**
 * Case 5: a task in reclaim holds the dm-bufio client lock and waits for I/O on a loop device. The loop worker allocates, enters
 * the dm-bufio shrinker and waits for that lock.
 */
import {
  __GFP_FS,
  GFP_KERNEL,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  type TaskFlags,
} from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

interface Form {
  /** The scope of the loop worker, under callee-scope. */
  readonly restriction: TaskFlags
  /** True if the shrinker waits for the lock when the request allows `__GFP_FS`; else it only tries. */
  readonly waits: boolean
}

function build(kernel: Kernel, { restriction, waits }: Form): void {
  const client = kernel.mutex('dm_bufio_client->lock')
  // The thread of a loop device works on one request after the other, as a queue with max_active 1 does.
  const loop = kernel.workqueue('loop0', { maxActive: 1 })
  const done = kernel.completion('I/O on loop0')
  const request = kernel.work('loop_queue_work', function* () {
    yield* kernel.scopes.calleeSection(restriction, function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
    yield* done.complete()
  })
  kernel.shrinker('dm_bufio_shrink_scan', 0, function* (gfp) {
    const mayWait = (gfp & __GFP_FS) !== 0
    if (mayWait && waits) yield* client.lock()
    else if (!(yield* client.trylock())) return
    const dirty = (yield* kernel.choose('buffer', ['clean', 'dirty'])) === 1
    if (dirty && mayWait) {
      yield* kernel.queueWork(loop, request)
      yield* kernel.waitForWork(done, request)
    }
    yield* client.unlock()
  })
  kernel.task('P1', function* () {
    yield* kernel.kmalloc(GFP_KERNEL)
  })
}

const source = 'commits d0a255e795ab and bd293d071ffe'
const TOLD =
  'A thin volume on a loop device, with little memory (2019). A task in direct reclaim takes the dm-bufio lock and waits for a buffer to be written; the loop thread that is to write it allocates with GFP_KERNEL in do_blockdev_direct_IO(), reclaims, and waits for that lock.'
const LEAVES_OUT =
  'The filesystem below the loop device, readers of dm-bufio, and kswapd, which can be the one that waits as well. Since 5.7 (70704c33db84) the shrinker only queues work.'

export const loopOverDmBufio = scenario({
  name: 'loop-over-dm-bufio',
  summary: 'reclaim holds the dm-bufio lock and waits for a loop worker, which allocates',
  source,
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'd0a255e795ab: the loop thread lives in a NOIO scope.',
      under: 'callee-scope',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, { restriction: PF_MEMALLOC_NOIO, waits: true }),
})

export const loopOverDmBufioNofs = scenario({
  name: 'loop-over-dm-bufio-nofs',
  summary:
    'the same with a NOFS scope in the loop worker, which is enough: the shrinker asked for __GFP_FS then',
  source,
  history: {
    told: `${TOLD} The shrinker waited only for requests with __GFP_FS (9d28eb12447e), so a NOFS scope would have been enough.`,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Not tried: NOIO was taken, for other deadlocks of the kind.',
      under: 'callee-scope',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, { restriction: PF_MEMALLOC_NOFS, waits: true }),
})

export const loopOverDmBufioTrylock = scenario({
  name: 'loop-over-dm-bufio-trylock',
  summary: 'the same with a shrinker that only tries the lock',
  source,
  history: {
    told: `${TOLD} The second fix is in the shrinker, which from then on only tried the lock.`,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'bd293d071ffe: the shrinker does not wait for the lock.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, { restriction: PF_MEMALLOC_NOIO, waits: false }),
})
