/**
 * Case 3: unrestricted and restricted items share a worker. In reclaim for the one, it waits for a lock held by the task that
 * waits for the other. In a kernel "one worker" is a queue with `max_active` 1, a pool that cannot make another, or a rescuer.
 */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { type History, scenario } from '../kernel/scenario.js'
import { LAST_IDLE_WORKER } from './last-idle-worker.js'

interface Form {
  /** How many tasks have unrestricted items: to keep the restricted one waiting it takes one for each place in the queue. */
  readonly plain?: number
  readonly maxActive?: number
  readonly memReclaim?: boolean
  /** True if all workers but one are busy, and that one has to create another; by default they never run out. */
  readonly creates?: boolean
}

function build(kernel: Kernel, { plain = 1, creates = false, ...options }: Form): void {
  const lock = kernel.mutex('fs lock')
  kernel.shrinker('fs_shrink', __GFP_FS, function* () {
    yield* lock.lock()
    yield* lock.unlock()
  })
  const own = creates ? { pool: kernel.workerPool('0', LAST_IDLE_WORKER) } : {}
  const queue = kernel.workqueue('shared_wq', { ...options, ...own })
  const item = (name: string, gfp: number) =>
    kernel.work(name, function* () {
      yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(gfp)
      })
    })
  const restricted = item('fs item', kernel.gfp(GFP_NOFS))
  kernel.replicate('plain', plain, () => {
    const work = item('plain item', GFP_KERNEL)
    kernel.task('plain', function* () {
      yield* kernel.queueWork(queue, work)
      yield* kernel.flushWork(work)
    })
  })
  kernel.task('transaction', function* () {
    yield* lock.lock()
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
      yield* kernel.queueWork(queue, restricted)
      yield* kernel.flushWork(restricted)
    })
    yield* lock.unlock()
  })
}

const source = 'Tetsuo Handa, linux-mm, 2016-04-27'
const LEAVES_OUT =
  'Which queue it was: the mail names none. What the items do besides allocating, and all other items of the pool.'

const asked = (upstream: History['upstream']): History => ({
  told: 'The reply to the patch that introduced the scopes asked whether the flags have to be conveyed to other threads, and its follow-up whether even that is enough when GFP_KERNEL and GFP_NOFS items are on the same queue. Nobody answered.',
  leavesOut: LEAVES_OUT,
  upstream,
})

export const sharedWorker = scenario({
  name: 'shared-worker',
  summary:
    'a queue with max_active 1 is in reclaim for an unrestricted item, and the restricted one waits behind it',
  source,
  history: asked({
    says: 'Not discussed. A kernel 6.1 that was made to follow the schedule hangs in the same place.',
    under: 'convey-on-queue',
    verdict: 'deadlock',
  }),
  build: (kernel) => build(kernel, { maxActive: 1 }),
})

export const sharedWorkers = scenario({
  name: 'shared-workers',
  summary: 'the same with max_active 2, and unrestricted items for both places',
  source,
  history: asked({
    says: 'Not discussed. It takes one unrestricted item in reclaim for each place in the queue.',
    under: 'convey-on-queue',
    verdict: 'deadlock',
  }),
  build: (kernel) => build(kernel, { maxActive: 2, plain: 2 }),
})

export const sharedWorkerUsualQueue = scenario({
  name: 'shared-worker-usual-queue',
  summary: 'the same on a usual queue, whose pool makes a worker whenever one sleeps',
  source,
  history: asked({
    says: 'Not discussed. On kernels 6.1 and 6.12 conveying with the item is enough there: the pool makes a second worker.',
    under: 'convey-on-queue',
    verdict: 'safe',
  }),
  build: (kernel) => build(kernel, {}),
})

export const sharedWorkerCreates = scenario({
  name: 'shared-worker-creates',
  summary: 'the same where a worker has to be made, which takes memory, and there is no rescuer',
  source,
  history: asked({
    says: 'Not discussed. A kernel 6.1 hangs in kthreadd, also with a scope in the work function.',
    under: 'callee-scope',
    verdict: 'deadlock',
  }),
  build: (kernel) => build(kernel, { creates: true }),
})

export const sharedWorkerRescued = scenario({
  name: 'shared-worker-rescued',
  summary: 'the same with WQ_MEM_RECLAIM: the rescuer takes the unrestricted item first',
  source,
  history: asked({
    says: 'Not discussed. A kernel 6.1 hangs in the rescuer when the mask is conveyed, and not with a scope in the work function.',
    under: 'convey-on-queue',
    verdict: 'deadlock',
  }),
  build: (kernel) => build(kernel, { creates: true, memReclaim: true }),
})
