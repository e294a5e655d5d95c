/** Case 15: an item waits for the AGF, whose holder waits for an item behind it; one thread serves both. */
import { PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

interface Form {
  /** True if whoever holds an AGF splits by itself. */
  readonly splitsItself?: boolean
  readonly rescuesAllAtOnce?: boolean
}

function build(kernel: Kernel, { splitsItself = false, rescuesAllAtOnce = true }: Form): void {
  const agf = kernel.mutex('AGF')
  const pool = kernel.workerPool('no worker left', { workers: 0 })
  const queue = kernel.workqueue('xfsalloc', { pool, memReclaim: true, rescuesAllAtOnce })
  const first = kernel.work('split with AGF', function* () {
    yield* agf.lock()
    yield* agf.unlock()
  })
  const second = kernel.work('split', function* () {
    yield* kernel.choose('split', ['left', 'right'])
  })
  kernel.task('allocate', function* () {
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      yield* kernel.queueWork(queue, first)
      yield* kernel.flushWork(first)
    })
  })
  kernel.task('free', function* () {
    yield* agf.lock()
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      if (splitsItself) {
        yield* kernel.choose('split', ['left', 'right'])
      } else {
        yield* kernel.queueWork(queue, second)
        yield* kernel.flushWork(second)
      }
    })
    yield* agf.unlock()
  })
}

const TOLD =
  'Btree splits of XFS run on a worker, for stack space. When memory is short one rescuer may be all there is: if it runs a split that waits for an AGF, and the holder of the AGF waits for another split, that one never runs. A comment in fs/xfs/libxfs/xfs_btree.c tells it.'
const LEAVES_OUT = 'Why there is no worker left: memory is short, and the other workers are busy.'

export const rescuerAgf = scenario({
  name: 'rescuer-agf',
  summary: 'the rescuer waits for an AGF held by a task that waits for the next item',
  source: 'comment in fs/xfs/libxfs/xfs_btree.c',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'A deadlock. Kernels up to 6.12 give the rescuer all items that are pending at once, and no worker can take them any more; a kernel 6.1 that was made to follow the schedule stays where it is when memory and workers come back.',
      under: 'scope',
      verdict: 'deadlock',
    },
  },
  build: (kernel) => build(kernel, {}),
})

export const rescuerAgfOneByOne = scenario({
  name: 'rescuer-agf-one-by-one',
  summary: 'the same where the rescuer takes one item at a time',
  source: 'commit e5a30c303b07',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Since 7.0, and in 6.18 and 6.12.95, a rescuer takes one item and looks whether it is still needed. It is a deadlock still, as long as no worker can be made: a kernel 6.12.95 hangs, and goes on when memory is given back.',
      under: 'scope',
      verdict: 'deadlock',
    },
  },
  build: (kernel) => build(kernel, { rescuesAllAtOnce: false }),
})

export const rescuerAgfFixed = scenario({
  name: 'rescuer-agf-fixed',
  summary: 'the same where whoever holds an AGF splits by itself',
  source: 'fs/xfs/libxfs/xfs_btree.c, xfs_btree_split',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Only a split that comes first in a transaction, before any AGF is locked, goes to the worker.',
      under: 'scope',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, { splitsItself: true }),
})
