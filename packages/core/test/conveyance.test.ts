/** Conveyances: what each policy captures, what adopting does, and that copies carry no authority. */
import { describe, expect, test } from 'vitest'
import { runAdopted } from '../src/delegation.js'
import {
  adopt,
  type Conveyance,
  ConveyanceError,
  convey,
  type Mask,
  type Policy,
  ScopeError,
} from '../src/index.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  const context = new Task(jobs, {
    name: 'task',
    mask: jobs.mask('NO_DISK', 'NO_SPAWN', 'URGENT', 'POOL'),
  })
  return { jobs, context, worker: new Task(jobs, { name: 'worker' }) }
}

/** What a worker carries that adopts it. */
function adopted(conveyance: Conveyance<'jobs'>, worker: Task<'jobs'>): string {
  using _ = adopt(worker, conveyance)
  return worker.domain.format(worker.mask)
}

describe('convey', () => {
  test('convey-on-queue captures the restrictions of the moment, and nothing else', () => {
    const { jobs, context, worker } = setUp()
    const scope = context.enter(jobs.flags.NO_NETWORK)
    const conveyance = convey(context, 'convey-on-queue')
    scope.close()
    context.restore(context.mask, jobs.mask())
    expect(adopted(conveyance, worker)).toBe('NO_DISK|NO_NETWORK|NO_SPAWN')
  })

  test('none conveys nothing, and says so where something is dropped', () => {
    const { jobs, context, worker } = setUp()
    const events = eventsOf(jobs)
    const dropped = convey(context, 'none', undefined, 'log')
    const nothing = convey(worker, 'none')
    expect(events).toEqual(['drop task "log" NO_DISK|NO_SPAWN', 'convey worker none'])
    expect(adopted(dropped, worker)).toBe('none')
    expect(adopted(nothing, worker)).toBe('none')
  })

  test('inherit-on-wait captures nothing: waiting does it', () => {
    const { jobs, context, worker } = setUp()
    const events = eventsOf(jobs)
    const conveyance = convey(context, 'inherit-on-wait')
    expect(events).toEqual(['convey task none'])
    expect(adopted(conveyance, worker)).toBe('none')
  })

  test('grants go along when they are named, and the context has them', () => {
    const { jobs, context, worker } = setUp()
    const named = jobs.mask('URGENT', 'RESERVES')
    const events = eventsOf(jobs)
    const queued = convey(context, 'convey-on-queue', named)
    const waited = convey(context, 'inherit-on-wait', jobs.flags.URGENT)
    const nothing = convey(context, 'none', named)
    expect(events).toEqual([
      'convey task NO_DISK|NO_SPAWN|URGENT',
      'convey task URGENT',
      'drop task NO_DISK|NO_SPAWN',
    ])
    expect(adopted(queued, worker)).toBe('NO_DISK|NO_SPAWN|URGENT')
    expect(adopted(waited, worker)).toBe('URGENT')
    expect(adopted(nothing, worker)).toBe('none')
  })

  test('only grants can be named', () => {
    const { jobs, context } = setUp()
    for (const flag of ['NO_DISK', 'POOL'] as const) {
      expect(() => convey(context, 'convey-on-queue', jobs.mask(flag, 'URGENT'))).toThrow(
        new ConveyanceError(`${flag} of jobs is not a grant`),
      )
    }
  })

  test('no policy is an error, not a drop', () => {
    const { context } = setUp()
    for (const policy of [undefined, 'convey', '']) {
      expect(() => convey(context, policy as Policy)).toThrow(
        new ConveyanceError(`${policy} is not a policy`),
      )
    }
  })
})

describe('adopt', () => {
  test('adds to what the worker carries, which is all it carries afterwards', () => {
    const { jobs, context, worker } = setUp()
    worker.save(jobs.mask('NO_NETWORK', 'NO_DISK', 'RESERVES'))
    expect(adopted(convey(context, 'convey-on-queue'), worker)).toBe(
      'NO_DISK|NO_NETWORK|NO_SPAWN|RESERVES',
    )
    expect(jobs.format(worker.mask)).toBe('NO_DISK|NO_NETWORK|RESERVES')
  })

  test('is reported before the scope is entered', () => {
    const { jobs, context, worker } = setUp()
    const conveyance = convey(context, 'convey-on-queue')
    const events = eventsOf(jobs)
    adopt(worker, conveyance, 'item').close()
    expect(events).toEqual([
      'adopt worker "item" NO_DISK|NO_SPAWN',
      'enter worker "item" NO_DISK|NO_SPAWN',
      'exit worker "item" NO_DISK|NO_SPAWN',
    ])
  })

  test('records the place of its caller', () => {
    const { context, worker } = setUp()
    const scope = adopt(worker, convey(context, 'convey-on-queue'), 'item')
    scope.close()
    expect(() => scope.close()).toThrow(/"item" of worker \(opened at .*conveyance\.test\.ts:\d+/)
    expect(() => scope.close()).not.toThrow(/src/)
  })

  test('can be done more than once, and on more than one worker', () => {
    const { context, worker } = setUp()
    const conveyance = convey(context, 'convey-on-queue')
    expect(adopted(conveyance, worker)).toBe('NO_DISK|NO_SPAWN')
    expect(adopted(conveyance, worker)).toBe('NO_DISK|NO_SPAWN')
  })

  test('refuses copies and look-alikes', () => {
    const { jobs, context, worker } = setUp()
    const conveyance = convey(context, 'convey-on-queue', jobs.flags.URGENT)
    const copies: unknown[] = [
      structuredClone(conveyance),
      JSON.parse(JSON.stringify(conveyance)),
      { ...conveyance },
      Object.create(conveyance),
      new Proxy(conveyance, {}),
      'jobs/1/f77dde34/3',
      3,
      null,
      undefined,
    ]
    for (const copy of copies) {
      expect(() => adopt(worker, copy as Conveyance<'jobs'>)).toThrow(
        new ConveyanceError('this is not a conveyance: decode it first'),
      )
    }
    expect(worker.mask).toBe(0)
  })

  test('refuses another domain, and another version', () => {
    const { context } = setUp()
    const conveyance = convey(context, 'convey-on-queue')
    const jobs = jobsDomain()
    const renamed = new Task(Object.assign(jobsDomain(), { name: 'tasks' }) as typeof jobs)
    const renewed = new Task(Object.assign(jobsDomain(), { version: 2 }))
    expect(() => adopt(renamed, conveyance)).toThrow('jobs/1/f77dde34 conveyed to tasks/1/f77dde34')
    expect(() => adopt(renewed, conveyance)).toThrow('jobs/1/f77dde34 conveyed to jobs/2/f77dde34')
    expect(() => adopt(new Task(jobs), conveyance)).not.toThrow()
  })

  test('cannot be widened by writing to the conveyance', () => {
    const { context, worker } = setUp()
    const conveyance = convey(context, 'convey-on-queue')
    Object.assign(conveyance, { mask: 0xffffffff })
    expect(adopted(conveyance, worker)).toBe('NO_DISK|NO_SPAWN')
  })
})

describe('a conveyance', () => {
  test('is plain data without the grants', () => {
    const { jobs, context } = setUp()
    const data = { domain: 'jobs', version: 1, flags: 'f77dde34', mask: 0x80000001 }
    const conveyance = convey(context, 'convey-on-queue', jobs.flags.URGENT)
    expect(JSON.parse(JSON.stringify(conveyance))).toEqual(data)
    expect(structuredClone(conveyance)).toEqual(data)
    expect(Object.keys(conveyance)).toEqual(['domain', 'version', 'flags', 'mask'])
  })
})

describe('runAdopted', () => {
  test('runs with the worker as the current context, and gives it its mask back', async () => {
    const { jobs, context, worker } = setUp()
    const events = eventsOf(jobs)
    const conveyance = convey(context, 'convey-on-queue')
    const seen = runAdopted(worker, conveyance, (self) => [self, jobs.running, self.mask], 'item')
    expect(seen).toEqual([worker, worker, jobs.mask('NO_DISK', 'NO_SPAWN')])
    expect(worker.mask).toBe(0)
    expect(events.map((event) => event.split(' ')[0])).toEqual(['convey', 'adopt', 'enter', 'exit'])

    await expect(
      runAdopted(worker, conveyance, async (self) => {
        await null
        expect(jobs.format(self.mask)).toBe('NO_DISK|NO_SPAWN')
        throw new Error('mine')
      }),
    ).rejects.toThrow('mine')
    expect(worker.mask).toBe(0)
  })

  test('records the place of its caller', () => {
    const { jobs, context, worker } = setUp()
    const leak = () =>
      runAdopted(worker, convey(context, 'none'), () => void worker.enter(jobs.flags.NO_DISK), 'x')
    expect(leak).toThrow(ScopeError)
    expect(leak).toThrow(/^scope none "x" of worker \(opened at [^)]*conveyance\.test\.ts/)
  })

  test('refuses what adopt refuses', () => {
    const { worker } = setUp()
    const copy = {
      domain: 'jobs',
      version: 1,
      flags: 'f77dde34',
      mask: 1,
    } as unknown as Conveyance<'jobs'>
    expect(() => runAdopted(worker, copy, () => 1)).toThrow(ConveyanceError)
  })
})

test('a mask cannot be adopted by mistake', () => {
  const { jobs, worker } = setUp()
  const mask: Mask<'jobs'> = jobs.flags.NO_DISK
  expect(() => adopt(worker, mask as unknown as Conveyance<'jobs'>)).toThrow(ConveyanceError)
})
