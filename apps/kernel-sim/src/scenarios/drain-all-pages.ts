/**
 * Case 21: an allocation that finds no page after reclaim drains the lists of all CPUs, by an item on each, and waits for them
 * (mm/page_alloc.c, __drain_all_pages; that of 6.1 drains the lists of other CPUs itself). If that is kthreadd, no worker can be made
 * that would run the item.
 */
import { GFP_KERNEL } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { LAST_IDLE_WORKER } from './last-idle-worker.js'

function build(kernel: Kernel, memReclaim: boolean): void {
  // On one CPU the last idle worker has to leave another behind, on the other one there are enough.
  const cpus = [kernel.workerPool('0', LAST_IDLE_WORKER), kernel.workerPool('1', { workers: 2 })]
  const events = kernel.workqueue('events', { cpus })
  const queue = memReclaim ? kernel.workqueue('mm_percpu_wq', { cpus, memReclaim }) : events
  const mutex = kernel.mutex('pcpu_drain_mutex')
  const drains = cpus.map((_, cpu) =>
    kernel.work(`drain_local_pages_wq of CPU ${cpu}`, () => kernel.drainLocalPages(cpu)),
  )
  kernel.limitMemory({ pages: 1, onCpus: [1, 1] })
  kernel.drainAllPages(function* () {
    if (!(yield* mutex.trylock())) return
    for (const [cpu, drain] of drains.entries()) yield* kernel.queueWorkOn(cpu, queue, drain)
    for (const drain of drains) yield* kernel.flushWork(drain)
    yield* mutex.unlock()
  })
  const other = kernel.work('vmstat_update', function* () {
    yield* kernel.choose('counters', ['clean', 'dirty'])
  })
  kernel.task('cat stat_refresh', function* () {
    yield* kernel.queueWorkOn(0, events, other)
    yield* kernel.flushWork(other)
  })
  kernel.task('fork', function* () {
    yield* kernel.kmalloc(GFP_KERNEL)
    yield* kernel.freePages()
  })
}

const TOLD =
  'After hours of swapping 4.11-rc hung: many kworkers and kthreadd waited for flush_work() in drain_all_pages(), whose items were on the system queue. It has no rescuer, and kthreadd, which makes workers, was one of those that waited.'
const LEAVES_OUT =
  'That a kworker itself does not drain (PF_WQ_WORKER), all CPUs but two, and why so many workers of one CPU were asleep.'

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
