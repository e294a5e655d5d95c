/**
 * Case 21: direct reclaim drains the per-CPU page lists by a work item and waits for it. If kthreadd is the one that reclaims, no
 * worker can be made that would run the item.
 */
import { GFP_KERNEL } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'

function build(kernel: Kernel, memReclaim: boolean): void {
  const pool = kernel.workerPool('0', { workers: 1, creates: true, most: 2 })
  const events = kernel.workqueue('events', { pool })
  const queue = memReclaim ? kernel.workqueue('mm_percpu_wq', { pool, memReclaim }) : events
  const mutex = kernel.mutex('pcpu_drain_mutex')
  const drain = kernel.work('drain_local_pages_wq', function* () {
    yield* kernel.choose('pages', ['none', 'some'])
  })
  // In the kernel it is not a shrinker: __alloc_pages_direct_reclaim() calls it when reclaim has made too little progress.
  kernel.shrinker('drain_all_pages', 0, function* () {
    if (!(yield* mutex.trylock())) return
    yield* kernel.queueWork(queue, drain)
    yield* kernel.flushWork(drain)
    yield* mutex.unlock()
  })
  const other = kernel.work('vmstat_update', function* () {
    yield* kernel.choose('counters', ['clean', 'dirty'])
  })
  kernel.task('cat stat_refresh', function* () {
    yield* kernel.queueWork(events, other)
    yield* kernel.flushWork(other)
  })
  kernel.task('fork', function* () {
    yield* kernel.kmalloc(GFP_KERNEL)
  })
}

const TOLD =
  'After hours of swapping 4.11-rc hung: many kworkers and kthreadd waited for flush_work() in drain_all_pages(), whose items were on the system queue. It has no rescuer, and kthreadd, which makes workers, was one of those that waited.'
const LEAVES_OUT =
  'That a kworker itself does not drain (PF_WQ_WORKER), all CPUs but one, and why so many workers were asleep.'

export const drainAllPages = scenario({
  name: 'drain-all-pages',
  summary:
    'kthreadd in reclaim waits for an item on the system queue, which needs a worker that kthreadd makes',
  source: 'before commit ce612879ddc7',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock.', under: 'unrestricted', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, false),
})

export const drainAllPagesRescued = scenario({
  name: 'drain-all-pages-rescued',
  summary: 'the same with the items on mm_percpu_wq, which has WQ_MEM_RECLAIM',
  source: 'commit ce612879ddc7',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Fixed by a queue with WQ_MEM_RECLAIM for everything of the kind.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, true),
})
