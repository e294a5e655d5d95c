/** Hand-offs: one item, on whatever worker, under what its policy conveys, and nothing left behind. */
import { describe, expect, test } from 'vitest'
import { handOff } from '../src/delegation.js'
import { ConveyanceError, current, type Policy, ScopeError } from '../src/index.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  const { NO_DISK, NO_NETWORK, URGENT } = jobs.flags
  return {
    jobs,
    NO_DISK,
    NO_NETWORK,
    URGENT,
    task: new Task(jobs, { name: 'task', mask: jobs.mask('NO_DISK', 'URGENT') }),
    worker: new Task(jobs, { name: 'worker', mask: NO_NETWORK }),
  }
}

describe('an item', () => {
  test('runs under what was conveyed, and the worker has its own mask back', () => {
    const { jobs, task, worker } = setUp()
    const item = handOff(task, 'convey-on-queue', (context, x: number) => {
      expect(context).toBe(worker)
      expect(current(jobs)).toBe(worker)
      return [jobs.format(context.mask), x]
    })
    task.restore(task.mask, jobs.mask())
    expect(item.run(worker, 7)).toEqual(['NO_DISK|NO_NETWORK', 7])
    expect(jobs.format(worker.mask)).toBe('NO_NETWORK')
  })

  test('has the mask back also when it throws, at once or later', async () => {
    const { task, worker, NO_NETWORK, NO_DISK } = setUp()
    const throwing = handOff(task, 'convey-on-queue', () => {
      throw new Error('mine')
    })
    expect(() => throwing.run(worker)).toThrow('mine')
    expect(worker.mask).toBe(NO_NETWORK)
    const rejecting = handOff(task, 'convey-on-queue', async () => {
      await null
      expect(worker.mask).toBe(NO_NETWORK | NO_DISK)
      throw new Error('mine')
    })
    await expect(rejecting.run(worker)).rejects.toThrow('mine')
    expect(worker.mask).toBe(NO_NETWORK)
  })

  test('without a worker gets a context of its own', () => {
    const { jobs, task } = setUp()
    const first = handOff(task, 'convey-on-queue', (context) => context).run()
    const second = handOff(task, 'convey-on-queue', (context) => context).run()
    expect(first).not.toBe(second)
    expect(first.domain).toBe(jobs)
    expect(jobs.format(first.mask)).toBe('NO_DISK')
  })

  test('conveys the grants that are named', () => {
    const { jobs, task, worker, URGENT } = setUp()
    const work = () => jobs.format(worker.mask)
    expect(handOff(task, 'convey-on-queue', work, { grants: URGENT }).run(worker)).toBe(
      'NO_DISK|NO_NETWORK|URGENT',
    )
    expect(handOff(task, 'inherit-on-wait', work, { grants: URGENT }).run(worker)).toBe(
      'NO_NETWORK|URGENT',
    )
    expect(() => handOff(task, 'none', work, { grants: jobs.flags.NO_DISK })).toThrow(
      'NO_DISK of jobs is not a grant',
    )
  })

  test('runs once', async () => {
    const { task, worker } = setUp()
    const item = handOff(task, 'none', async function flush() {})
    const running = item.run(worker)
    const again = 'item "flush" of task was run twice: make a hand-off for each time it is queued'
    expect(() => item.run(worker)).toThrow(new ConveyanceError(again))
    await running
    expect(() => item.run()).toThrow(again)
    const anonymous = handOff(task, 'none', () => 1)
    anonymous.run()
    expect(() => anonymous.run()).toThrow('an item of task was run twice')
  })

  test('can run elsewhere after a worker of another domain refused it', () => {
    const { task, worker, NO_DISK, NO_NETWORK } = setUp()
    const stranger = new Task(Object.assign(jobsDomain(), { version: 2 }))
    const item = handOff(task, 'convey-on-queue', (context) => context.mask)
    expect(() => item.run(stranger)).toThrow('jobs/1/f77dde34 conveyed to jobs/2/f77dde34')
    expect(item.run(worker)).toBe(NO_DISK | NO_NETWORK)
  })

  test('that leaves a scope open is an error that names both, and where', () => {
    const { task, worker, NO_NETWORK } = setUp()
    const item = handOff(task, 'convey-on-queue', () => void worker.enter(NO_NETWORK, 'leaked'), {
      label: 'flush',
    })
    let error: unknown
    try {
      item.run(worker)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ScopeError)
    const [before, after] = `${error}`.split('closed before')
    expect(before).toMatch(/NO_DISK "flush" of worker \(opened at .*hand-off\.test\.ts/)
    expect(after).toMatch(/NO_NETWORK "leaked" of worker \(opened at .*hand-off\.test\.ts/)
    expect(`${error}`).not.toContain('/src/')
  })

  test('needs a policy', () => {
    const { task } = setUp()
    expect(() => handOff(task, undefined as unknown as Policy, () => 1)).toThrow(
      'undefined is not a policy',
    )
  })
})

test('diagnostics see the whole way of an item', () => {
  const { jobs, task, worker } = setUp()
  const events = eventsOf(jobs)
  function flush() {}
  handOff(task, 'convey-on-queue', flush).run(worker)
  handOff(task, 'none', flush, { label: 'log' }).run(worker)
  expect(events).toEqual([
    'convey task "flush" NO_DISK',
    'adopt worker "flush" NO_DISK',
    'enter worker "flush" NO_DISK',
    'exit worker "flush" NO_DISK',
    'drop task "log" NO_DISK',
    'adopt worker "log" none',
    'enter worker "log" none',
    'exit worker "log" none',
  ])
})

describe('waiting under inherit-on-wait', () => {
  const queued = (s: ReturnType<typeof setUp>, fn: () => unknown = () => s.worker.mask) =>
    handOff(s.task, 'inherit-on-wait', fn)

  test('restricts the worker while it works and somebody waits', () => {
    const s = setUp()
    const item = queued(s)
    using _ = item.wait(s.task)
    expect(s.worker.mask).toBe(s.NO_NETWORK)
    expect(item.run(s.worker)).toBe(s.NO_NETWORK | s.NO_DISK)
    expect(s.worker.mask).toBe(s.NO_NETWORK)
  })

  test('may begin late and end early', async () => {
    const s = setUp()
    let finish: () => void = () => undefined
    const item = queued(
      s,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    )
    const running = item.run(s.worker)
    expect(s.worker.mask).toBe(s.NO_NETWORK)
    const wait = item.wait(s.task)
    expect(s.worker.mask).toBe(s.NO_NETWORK | s.NO_DISK)
    wait[Symbol.dispose]()
    expect(s.worker.mask).toBe(s.NO_NETWORK)
    item.wait(s.task)
    expect(s.worker.mask).toBe(s.NO_NETWORK | s.NO_DISK)
    finish()
    await running
    expect(s.worker.mask).toBe(s.NO_NETWORK)
    item.wait(s.task)
    expect(s.worker.mask).toBe(s.NO_NETWORK)
  })

  test('ends when the item fails, at once or later, or settles a thenable that is no promise', async () => {
    const s = setUp()
    const throwing = queued(s, () => {
      throw new Error('mine')
    })
    throwing.wait(s.task)
    expect(() => throwing.run(s.worker)).toThrow('mine')
    expect(s.worker.mask).toBe(s.NO_NETWORK)

    const rejecting = queued(s, async () => {
      throw new Error('mine')
    })
    rejecting.wait(s.task)
    const running = rejecting.run(s.worker)
    expect(s.worker.mask).toBe(s.NO_NETWORK | s.NO_DISK)
    await expect(running).rejects.toThrow('mine')
    expect(s.worker.mask).toBe(s.NO_NETWORK)

    let settle: (value: number) => void = () => undefined
    const lazy = queued(s, () =>
      Object.fromEntries([['then', (done: typeof settle) => void (settle = done)]]),
    )
    lazy.wait(s.task)
    const result = lazy.run(s.worker)
    await null
    expect(s.worker.mask).toBe(s.NO_NETWORK | s.NO_DISK)
    settle(3)
    expect(await result).toBe(3)
    expect(s.worker.mask).toBe(s.NO_NETWORK)
  })

  test('a wait that was given up before the item ran changes nothing', () => {
    const s = setUp()
    const item = queued(s)
    item.wait(s.task)[Symbol.dispose]()
    expect(item.run(s.worker)).toBe(s.NO_NETWORK)
  })

  test('of several takes the union', () => {
    const s = setUp()
    const item = queued(s)
    const other = new Task(s.jobs, { mask: s.jobs.flags.NO_SPAWN })
    item.wait(s.task)
    item.wait(other)
    expect(s.jobs.format(item.run(s.worker) as typeof s.NO_DISK)).toBe(
      'NO_DISK|NO_NETWORK|NO_SPAWN',
    )
  })

  test('for oneself is a deadlock, and the item can still run elsewhere', () => {
    const s = setUp()
    const item = queued(s)
    const other = new Task(s.jobs, { mask: s.jobs.flags.NO_SPAWN })
    item.wait(other)
    item.wait(s.task)
    expect(() => item.run(s.task)).toThrow(
      new ConveyanceError('a wait that never ends: task waits for task'),
    )
    expect(s.jobs.format(s.task.mask)).toBe('NO_DISK|URGENT')
    expect(s.jobs.format(item.run(s.worker) as typeof s.NO_DISK)).toBe(
      'NO_DISK|NO_NETWORK|NO_SPAWN',
    )
  })

  test('changes nothing under other policies', () => {
    const s = setUp()
    const other = new Task(s.jobs, { mask: s.jobs.flags.NO_SPAWN })
    for (const policy of ['none', 'convey-on-queue'] as const) {
      const item = handOff(s.task, policy, () => s.worker.has(s.jobs.flags.NO_SPAWN))
      using _ = item.wait(other)
      expect(item.run(s.worker)).toBe(false)
    }
  })
})
