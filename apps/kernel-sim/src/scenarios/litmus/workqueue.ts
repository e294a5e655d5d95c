/** Work items, queues and pools: what follows from the kernel's code. */
import { __GFP_FS } from '@scopemask/allocator'
import type { Kernel } from '../../kernel/kernel.js'
import { inForms, type Litmus } from './litmus.js'

export const WORKQUEUE: readonly Litmus[] = [
  {
    program: 'cancel_work_sync keeps out an item that queues itself',
    source:
      'kernel/workqueue.c, __cancel_work_sync (work_offqd_disable; WORK_OFFQ_CANCELING before 6.10)',
    want: 'safe',
    build(kernel) {
      const queue = kernel.workqueue('wq')
      const freed = kernel.variable('freed')
      const never = kernel.completion('never')
      const item = kernel.work('item', function* () {
        if ((yield* freed.get()) === 1) yield* never.wait()
        yield* kernel.queueWork(queue, item)
      })
      kernel.task('canceller', function* () {
        yield* kernel.queueWork(queue, item)
        yield* kernel.cancelWorkSync(item)
        yield* freed.set(1)
      })
    },
  },
  {
    program: 'flush_work does not: the item comes back',
    source: 'kernel/workqueue.c, flush_work',
    want: 'deadlock',
    build(kernel) {
      const queue = kernel.workqueue('wq')
      const freed = kernel.variable('freed')
      const never = kernel.completion('never')
      const item = kernel.work('item', function* () {
        if ((yield* freed.get()) === 1) yield* never.wait()
        else yield* kernel.queueWork(queue, item)
      })
      kernel.task('flusher', function* () {
        yield* kernel.queueWork(queue, item)
        yield* kernel.flushWork(item)
        yield* freed.set(1)
      })
    },
  },
  {
    program: 'an item can be queued again once it was cancelled',
    source: 'kernel/workqueue.c, enable_work',
    want: 'safe',
    build(kernel) {
      const queue = kernel.workqueue('wq')
      const ran = kernel.completion('ran')
      const item = kernel.work('item', () => ran.complete())
      kernel.task('A', function* () {
        yield* kernel.cancelWorkSync(item)
        yield* kernel.queueWork(queue, item)
        yield* ran.wait()
      })
    },
  },
  ...([true, false] as const).map((creates) => ({
    program: `three items that need each other, and ${creates ? 'a pool that creates workers' : 'one worker'}`,
    source: 'kernel/workqueue.c, maybe_create_worker',
    want: creates ? ('safe' as const) : ('deadlock' as const),
    build(kernel: Kernel) {
      const pool = kernel.workerPool('0', { workers: 1, creates })
      const queue = kernel.workqueue('events', { pool })
      const c = kernel.completion('c')
      const d = kernel.completion('d')
      const first = kernel.work('first', function* () {
        yield* c.wait()
        yield* d.complete()
      })
      const second = kernel.work('second', () => d.wait())
      const third = kernel.work('third', () => c.complete())
      kernel.task('A', function* () {
        for (const item of [first, second, third]) yield* kernel.queueWork(queue, item)
      })
    },
  })),
  ...([true, false] as const).map((memReclaim) => ({
    program: `kthreadd reclaims what waits for the item, ${memReclaim ? 'with' : 'without'} a rescuer`,
    source: 'kernel/workqueue.c, send_mayday and rescuer_thread',
    want: memReclaim ? ('safe' as const) : ('deadlock' as const),
    build(kernel: Kernel) {
      const pool = kernel.workerPool('0', { workers: 1, creates: true })
      const queue = kernel.workqueue('events', { pool, memReclaim })
      const done = kernel.bitLock('write')
      kernel.shrinker('fs', __GFP_FS, () => done.wait())
      const item = kernel.work('item', () => done.clear())
      kernel.task('A', function* () {
        yield* done.set()
        yield* kernel.queueWork(queue, item)
      })
    },
  })),
  {
    program: 'max_active 1: an item waits for the one before it',
    source: 'kernel/workqueue.c, pwq_activate_first_inactive',
    want: 'deadlock',
    build(kernel) {
      const queue = kernel.workqueue('ordered', { maxActive: 1 })
      const c = kernel.completion('c')
      const first = kernel.work('first', () => c.wait())
      const second = kernel.work('second', () => c.complete())
      kernel.task('A', function* () {
        yield* kernel.queueWork(queue, first)
        yield* kernel.queueWork(queue, second)
      })
    },
  },
  {
    program: 'flush_work does not wait for an item whose timer runs; flush_delayed_work does',
    source: 'kernel/workqueue.c, start_flush_work and flush_delayed_work',
    want: 'safe',
    build(kernel) {
      const queue = kernel.workqueue('wq')
      const ran = kernel.variable('ran')
      const never = kernel.completion('never')
      const item = kernel.delayedWork('item', () => ran.set(1))
      kernel.task('A', function* () {
        yield* kernel.queueDelayedWork(queue, item)
        yield* kernel.flushDelayedWork(item)
        if ((yield* ran.get()) === 0) yield* never.wait()
      })
    },
  },
  {
    program: 'who counts on flush_work for an item whose timer runs',
    source: 'kernel/workqueue.c, start_flush_work (already_gone)',
    want: 'deadlock',
    build(kernel) {
      const queue = kernel.workqueue('wq')
      const ran = kernel.variable('ran')
      const never = kernel.completion('never')
      const item = kernel.delayedWork('item', () => ran.set(1))
      kernel.task('A', function* () {
        yield* kernel.queueDelayedWork(queue, item)
        yield* kernel.flushWork(item)
        if ((yield* ran.get()) === 0) yield* never.wait()
      })
    },
  },
  {
    program: 'an item whose timer was cancelled never runs',
    source: 'kernel/workqueue.c, try_to_grab_pending (steals the timer)',
    want: 'deadlock',
    build(kernel) {
      const queue = kernel.workqueue('wq')
      const ran = kernel.completion('ran')
      const item = kernel.delayedWork('item', () => ran.complete())
      kernel.task('A', function* () {
        yield* kernel.queueDelayedWork(queue, item)
        yield* kernel.cancelWorkSync(item)
        yield* ran.wait()
      })
    },
  },
  {
    program: 'mod_delayed_work queues an item that is pending anew, and once',
    source: 'kernel/workqueue.c, mod_delayed_work_on',
    want: 'safe',
    build(kernel) {
      const queue = kernel.workqueue('wq')
      const ran = kernel.completion('ran')
      const item = kernel.delayedWork('item', () => ran.complete())
      kernel.task('A', function* () {
        yield* kernel.queueDelayedWork(queue, item)
        yield* kernel.modDelayedWork(queue, item)
        yield* ran.wait()
      })
    },
  },
  ...(['drain', 'flush'] as const).map((how) => ({
    program: `${how}_workqueue and an item that queues another`,
    source: 'kernel/workqueue.c, drain_workqueue',
    want: how === 'drain' ? ('safe' as const) : ('deadlock' as const),
    build(kernel: Kernel) {
      const queue = kernel.workqueue('wq')
      const freed = kernel.variable('freed')
      const never = kernel.completion('never')
      const second = kernel.work('second', function* () {
        if ((yield* freed.get()) === 1) yield* never.wait()
      })
      const first = kernel.work('first', () => kernel.queueWork(queue, second))
      kernel.task('A', function* () {
        yield* kernel.queueWork(queue, first)
        if (how === 'drain') yield* kernel.drainWorkqueue(queue)
        else yield* kernel.flushWorkqueue(queue)
        yield* freed.set(1)
      })
    },
  })),
  ...inForms(
    'kernel/workqueue.c, rescuer_thread of 6.1, and assign_rescuer_work of 6.12.95',
    [
      [
        'a rescuer that takes all items keeps the second from a worker that comes back',
        'deadlock',
        true,
      ],
      ['a rescuer that takes one leaves the second to it', 'safe', false],
    ] as const,
    (kernel, rescuesAllAtOnce) => {
      const pool = kernel.workerPool('0', { workers: 1 })
      const queue = kernel.workqueue('rescued', { pool, memReclaim: true, rescuesAllAtOnce })
      const events = kernel.workqueue('events', { pool })
      const back = kernel.completion('back')
      const done = kernel.completion('done')
      const busy = kernel.work('busy', () => back.wait())
      const first = kernel.work('first', () => done.wait())
      const second = kernel.work('second', () => done.complete())
      kernel.task('A', function* () {
        yield* kernel.queueWork(events, busy)
        yield* kernel.queueWork(queue, first)
        yield* kernel.queueWork(queue, second)
        yield* back.complete()
      })
    },
  ),
  ...inForms(
    'kernel/workqueue.c, rescuer_thread (send_mayday for each pool_workqueue)',
    [
      [
        'items on two CPUs that wait for each other, and no worker: one rescuer has both',
        'deadlock',
        'needs',
      ],
      ['items on two CPUs, and no worker: one rescuer does both', 'safe', 'none'],
    ] as const,
    (kernel, form) => {
      const cpus = ['0', '1'].map((cpu) => kernel.workerPool(cpu, { workers: 0 }))
      const queue = kernel.workqueue('percpu', { cpus, memReclaim: true })
      const done = kernel.completion('done')
      const first = kernel.work('first', () => (form === 'needs' ? done.wait() : done.isDone()))
      const second = kernel.work('second', () => done.complete())
      kernel.task('A', function* () {
        yield* kernel.queueWorkOn(0, queue, first)
        yield* kernel.queueWorkOn(1, queue, second)
        yield* kernel.flushWork(first)
        yield* kernel.flushWork(second)
      })
    },
  ),
  ...inForms(
    'kernel/workqueue.c, queue_work_on (a pool for each CPU); schedule_on_each_cpu',
    [
      ['two items that need each other, on two CPUs with one worker each', 'safe', [0, 1]],
      ['two items that need each other, on one CPU with one worker', 'deadlock', [0, 0]],
      ['the same by queue_work, on whichever CPU the caller is', 'deadlock', null],
    ] as const,
    (kernel, on) => {
      const cpus = ['0', '1'].map((cpu) => kernel.workerPool(cpu, { workers: 1 }))
      const queue = kernel.workqueue('percpu', { cpus })
      const done = kernel.completion('done')
      const items = [
        kernel.work('first', () => done.wait()),
        kernel.work('second', () => done.complete()),
      ]
      kernel.task('A', function* () {
        for (const [at, item] of items.entries()) {
          if (on === null) yield* kernel.queueWork(queue, item)
          else yield* kernel.queueWorkOn(on[at as 0 | 1], queue, item)
        }
        yield* kernel.flushWorkqueue(queue)
      })
    },
  ),
  ...inForms(
    'kernel/workqueue.c, pwq_dec_nr_in_flight (max_active counts for each pool_workqueue)',
    [
      ['max_active 1, on one CPU', 'deadlock', [0, 0]],
      ['max_active 1, on two CPUs', 'safe', [0, 1]],
    ] as const,
    (kernel, on) => {
      const cpus = ['0', '1'].map((cpu) => kernel.workerPool(cpu, { workers: 2 }))
      const queue = kernel.workqueue('percpu', { cpus, maxActive: 1 })
      const done = kernel.completion('done')
      const first = kernel.work('first', () => done.wait())
      const second = kernel.work('second', () => done.complete())
      kernel.task('A', function* () {
        yield* kernel.queueWorkOn(on[0], queue, first)
        yield* kernel.queueWorkOn(on[1], queue, second)
      })
    },
  ),
]
