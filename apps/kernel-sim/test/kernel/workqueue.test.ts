/** Workqueues as kernel/workqueue.c has them: what a flush waits for. */

import { Execution } from '@scopemask/checker/search'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { inForms } from '../../src/scenarios/litmus/litmus.js'
import { WORKQUEUE } from '../../src/scenarios/litmus/workqueue.js'
import { itBehaves } from './litmus.js'

/** An execution whose tasks are moved by name. */
function start(build: (kernel: Kernel) => void) {
  const kernel = new Kernel(policyNamed('scope'))
  build(kernel)
  const execution = new Execution(kernel.seal())
  const numbered = (name: string): number =>
    execution.machine.tasks.findIndex((task) => `${task}` === name)
  return {
    execution,
    /** Lets a task do its next operation, which must have this name. */
    does(name: string, operation: string): boolean {
      expect(execution.next(numbered(name))?.name).toBe(operation)
      return execution.step(numbered(name))
    },
    ended: (name: string): boolean => execution.next(numbered(name)) === null,
  }
}

/** A task that flushes an item, and one that queues it again; the item does one step. */
function twice(kernel: Kernel): void {
  const queue = kernel.workqueue('wq', { pool: kernel.workerPool('p', { workers: 1 }) })
  const ran = kernel.variable('ran')
  const work = kernel.work('work', () => ran.set(1))
  kernel.task('flusher', function* () {
    yield* kernel.queueWork(queue, work)
    yield* kernel.flushWork(work)
  })
  kernel.task('other', function* () {
    yield* kernel.queueWork(queue, work)
  })
  kernel.task('queue flusher', () => kernel.flushWorkqueue(queue))
  kernel.task('canceller', () => kernel.cancelWorkSync(work))
}

describe('flush_work', () => {
  it('waits for the item as it is queued, and not for what is queued later', () => {
    const { does, ended } = start(twice)
    does('flusher', 'queue_work')
    does('flusher', 'start_flush_work')
    expect(does('flusher', 'flush_work')).toBe(false)
    does('kworker/p', 'worker_thread')
    expect(does('flusher', 'flush_work')).toBe(false)
    does('other', 'queue_work')
    does('kworker/p', 'set')
    expect(does('flusher', 'flush_work')).toBe(false)
    does('kworker/p', 'finish_work')
    expect(does('flusher', 'flush_work')).toBe(true)
    expect(ended('flusher')).toBe(true)
  })

  it('waits for the run that is to come where the item was queued again while it ran', () => {
    const { does } = start(twice)
    does('other', 'queue_work')
    does('kworker/p', 'worker_thread')
    does('flusher', 'queue_work')
    does('flusher', 'start_flush_work')
    does('kworker/p', 'set')
    does('kworker/p', 'finish_work')
    expect(does('flusher', 'flush_work')).toBe(false)
    for (const step of ['worker_thread', 'set', 'finish_work']) does('kworker/p', step)
    expect(does('flusher', 'flush_work')).toBe(true)
  })

  it('is over when the item is cancelled, and at once where there is nothing to wait for', () => {
    const { does, ended } = start(twice)
    does('flusher', 'queue_work')
    does('flusher', 'start_flush_work')
    does('canceller', 'cancel_work')
    expect(does('flusher', 'flush_work')).toBe(true)
    does('canceller', 'start_cancel_work_sync')
    does('canceller', 'cancel_done')
    expect(ended('canceller')).toBe(true)
  })
})

describe('flush_workqueue', () => {
  it('waits for all items that are on the queue now', () => {
    const { does, ended } = start(twice)
    does('flusher', 'queue_work')
    does('kworker/p', 'worker_thread')
    does('queue flusher', 'start_flush_workqueue')
    does('other', 'queue_work')
    expect(does('queue flusher', 'flush_workqueue')).toBe(false)
    does('kworker/p', 'set')
    does('kworker/p', 'finish_work')
    expect(does('queue flusher', 'flush_workqueue')).toBe(true)
    expect(ended('queue flusher')).toBe(true)
  })
})

describe('a workqueue', () => {
  itBehaves([
    ...WORKQUEUE,
    ...inForms(
      'kernel/workqueue.c, queue_work_on',
      [
        [
          'on a CPU of a queue that is not per-CPU',
          /queue_work_on\(0, wq, item\): the queue is not per-CPU: make it with cpus/,
          0,
        ],
        [
          'on a CPU that there is not',
          /queue_work_on\(2, percpu, item\): the queue has the CPUs 0 to 1/,
          2,
        ],
      ] as const,
      (kernel, cpu) => {
        const cpus = ['0', '1'].map((name) => kernel.workerPool(name))
        const queue = cpu === 0 ? kernel.workqueue('wq') : kernel.workqueue('percpu', { cpus })
        const item = kernel.work('item', () => kernel.kmalloc(0))
        kernel.task('A', () => kernel.queueWorkOn(cpu, queue, item))
      },
    ),
    {
      program: 'an item without a timer, queued with a delay',
      source: 'include/linux/workqueue.h, struct delayed_work',
      want: /work item has no timer: make it with kernel.delayedWork/,
      build(kernel) {
        const queue = kernel.workqueue('wq')
        const item = kernel.work('item', () => kernel.kmalloc(0))
        kernel.task('A', () => kernel.queueDelayedWork(queue, item))
      },
    },
  ])
})
