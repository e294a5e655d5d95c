/**
 * Yardstick: the protocol with which the search is compared to others. Tasks take a lock and open a NOFS scope (or do plain
 * work), allocate, queue an item and wait for it; workers allocate for the items; kswapd does what NOFS reclaim may not.
 */
import type { Kernel } from '../src/kernel/kernel.js'

export interface YardstickOptions {
  readonly tasks: number
  readonly workers: number
  /** What the item takes along: nothing; the mask of who queued it; or the worker has a scope of its own. */
  readonly policy: 'none' | 'conveyed' | 'always'
  /** Whether a task may also do plain work, without lock and scope. */
  readonly mix: boolean
}

/** Builds the protocol at the granularity of its Promela original: the model of memory is its own. */
export function yardstick(kernel: Kernel, { tasks, workers, policy, mix }: YardstickOptions): void {
  const wanted = kernel.variable('kswapd is wanted')
  const queue = kernel.fifo('queue', tasks)
  const locks: ReturnType<Kernel['mutex']>[] = []
  const items = new Map<unknown, { nofs: boolean; done: ReturnType<Kernel['completion']> }>()
  const allocate = kernel.procedure('alloc', function* (nofs: boolean) {
    if ((yield* kernel.choose('memory', ['enough', 'pressure'])) === 0) return
    if (nofs) {
      yield* wanted.set(1)
      yield* wanted.waitUntil(0)
    } else {
      const lock = yield* kernel.any('fs_reclaim', locks)
      yield* lock.lock()
      yield* lock.unlock()
    }
  })
  kernel.replicate('Task', tasks, () => {
    const lock = kernel.mutex('lock')
    const done = kernel.completion('done')
    const plainItem = kernel.token('plain item')
    const txItem = kernel.token('tx item')
    locks.push(lock)
    items.set(plainItem, { nofs: false, done }).set(txItem, { nofs: true, done })
    kernel.task('Task', function* () {
      const tx = !mix || (yield* kernel.choose('work', ['transaction', 'plain'])) === 0
      if (tx) yield* lock.lock()
      yield* allocate(tx)
      yield* queue.put(tx ? txItem : plainItem)
      yield* done.wait()
      if (tx) yield* lock.unlock()
    })
  })
  kernel.replicate('Worker', workers, () => {
    kernel.kthread('Worker', function* () {
      const item = items.get(yield* queue.take())
      yield* allocate(policy === 'conveyed' ? item?.nofs === true : policy === 'always')
      if (item) yield* item.done.complete()
    })
  })
  kernel.kthread('Kswapd', function* () {
    yield* wanted.exchange(1, 0)
  })
}
