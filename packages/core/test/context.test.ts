/** Contexts: what a section gets, that nothing changes it afterwards, and what is refused where it can be seen. */
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { handOff, inherit } from '../src/delegation.js'
import {
  bind,
  Context,
  contextFrom,
  convey,
  current,
  currentOrUndefined,
  type Mask,
  ScopeError,
  union,
} from '../src/index.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  return { jobs, context: new Context(jobs, { name: 'request' }), ...jobs.flags }
}

describe('a section', () => {
  test('has a context of its own, which keeps its restrictions', async () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    const [inner, innermost] = context.run(NO_DISK, (inner) => [
      inner,
      inner.run(NO_NETWORK, (innermost) => innermost),
    ])
    expect(context.mask).toBe(0)
    expect(jobs.format(inner.mask)).toBe('NO_DISK')
    expect(jobs.format(innermost.mask)).toBe('NO_DISK|NO_NETWORK')
    expect(innermost.name).toBe('request')
    await null
    expect(innermost.hasAll(union(NO_DISK, NO_NETWORK))).toBe(true)
  })

  test('is the current context while its function runs synchronously', async () => {
    const { jobs, context, NO_DISK } = setUp()
    expect(context.run(NO_DISK, (inner) => current(jobs) === inner)).toBe(true)
    await context.run(NO_DISK, async (inner) => {
      expect(current(jobs)).toBe(inner)
      await null
      expect(currentOrUndefined(jobs)).toBeUndefined()
    })
    const error = new Error('mine')
    const throwing = () =>
      context.run(NO_DISK, () => {
        throw error
      })
    expect(throwing).toThrow(error)
    expect(currentOrUndefined(jobs)).toBeUndefined()
  })

  test('of a task is a scope of the task', () => {
    const { jobs, NO_DISK } = setUp()
    const task = new Task(jobs)
    expect(task.run(NO_DISK, (same) => same === task && same.has(NO_DISK))).toBe(true)
    expect(task.mask).toBe(0)
  })

  test('keeps grants and identity, which fork does not', () => {
    const { jobs, NO_DISK, NO_NETWORK } = setUp()
    const context = new Context(jobs, { mask: jobs.mask('NO_DISK', 'URGENT', 'POOL') })
    const names = ({ mask }: Context<'jobs'>) => jobs.format(mask)
    expect(context.run(NO_NETWORK, names)).toBe('NO_DISK|NO_NETWORK|URGENT|POOL')
    expect(names(context.fork(NO_NETWORK))).toBe('NO_DISK|NO_NETWORK')
    expect(context.fork(NO_DISK).run(NO_NETWORK, names)).toBe('NO_DISK|NO_NETWORK')
  })

  test('is seen by diagnostics until what it returned has settled', async () => {
    const { jobs, context, NO_DISK } = setUp()
    const events = eventsOf(jobs)
    context.run(NO_DISK, () => undefined, 'sync')
    expect(() =>
      context.run(NO_DISK, () => {
        throw new Error('mine')
      }),
    ).toThrow('mine')
    let finish: () => void = () => undefined
    const running = context.run(
      NO_DISK,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
      'async',
    )
    const enter = 'enter request NO_DISK'
    const before = ['enter request "sync" NO_DISK', 'exit request "sync" NO_DISK', enter]
    before.push('exit request NO_DISK', 'enter request "async" NO_DISK')
    expect(events).toEqual(before)
    finish()
    await running
    expect(events).toEqual([...before, 'exit request "async" NO_DISK'])
  })
})

describe('what a section returns', () => {
  test('is a promise as it is, and any other thenable as a promise', async () => {
    const { context, NO_DISK } = setUp()
    const promise = Promise.resolve(1)
    expect(context.run(NO_DISK, () => promise)).toBe(promise)
    const then = (done: (value: string) => void) => done('value')
    for (const thenable of [{ then }, Object.assign(() => undefined, { then })]) {
      const result: unknown = context.run(NO_DISK, () => thenable)
      expect(result).toBeInstanceOf(Promise)
      expect(await result).toBe('value')
    }
    const failing: unknown = context.run(NO_DISK, () =>
      Object.fromEntries([['then', (_: unknown, fail: (why: unknown) => void) => fail('mine')]]),
    )
    await expect(failing).rejects.toBe('mine')
  })

  test('is a query that begins in the section', async () => {
    const { jobs, context, NO_DISK } = setUp()
    const query = Object.fromEntries([
      ['then', (done: (value: unknown) => void) => done(current(jobs).has(NO_DISK))],
    ])
    expect(await context.run(NO_DISK, () => query)).toBe(true)
  })

  test('is an async generator that is in the section in each of its steps', async () => {
    const { jobs, context, NO_DISK } = setUp()
    const seen: unknown[] = []
    const items = context.run(NO_DISK, async function* () {
      try {
        yield current(jobs).has(NO_DISK)
        yield current(jobs).has(NO_DISK)
      } finally {
        // After what is returned has been awaited: the step is over.
        seen.push(currentOrUndefined(jobs))
      }
    })
    expect(Object.prototype.toString.call(items)).toBe('[object AsyncGenerator]')
    for await (const item of items) {
      seen.push(item, currentOrUndefined(jobs))
      if (seen.length > 2) break
    }
    expect(seen).toEqual([true, undefined, true, undefined, undefined])
  })

  test('is anything else as it is', () => {
    const { context, NO_DISK } = setUp()
    for (const value of [null, undefined, 1, 'then', [], Object.fromEntries([['then', 1]])]) {
      expect(context.run(NO_DISK, () => value)).toBe(value)
    }
  })
})

describe('a mask that is not one', () => {
  const wrong: readonly unknown[] = [undefined, null, Number.NaN, 1.5, '1', 4, 1 << 20, 2 ** 31]

  test.each(wrong)('is an error everywhere: %s', (value) => {
    const { jobs, context } = setUp()
    const mask = value as Mask<'jobs'>
    const task = new Task(jobs)
    for (const use of [
      () => context.run(mask, () => 1),
      () => context.fork(mask),
      () => context.has(mask),
      () => context.hasAny(mask),
      () => context.hasAll(mask),
      () => context.forbid(mask),
      () => new Context(jobs, { mask }),
      () => task.enter(mask),
      () => task.run(mask, () => 1),
      () => new Task(jobs, { mask }),
    ]) {
      expect(use).toThrow(RangeError)
    }
  })

  test('does not get through union', () => {
    const { NO_DISK } = setUp()
    expect(() => union(NO_DISK, undefined as unknown as Mask<'jobs'>)).toThrow('misspelt')
  })
})

describe('questions', () => {
  test('leave no doubt whether all or any are meant', () => {
    const { jobs, context, NO_DISK, NO_NETWORK, NO_SPAWN } = setUp()
    const both = union(NO_DISK, NO_NETWORK)
    context.run(union(NO_DISK, NO_SPAWN), (inner) => {
      expect([inner.has(NO_DISK), inner.has(NO_NETWORK), inner.has(NO_SPAWN)]).toEqual([
        true,
        false,
        true,
      ])
      expect([inner.hasAny(both), inner.hasAll(both)]).toEqual([true, false])
      expect([inner.hasAny(jobs.mask()), inner.hasAll(jobs.mask())]).toEqual([false, true])
      expect(() => inner.has(both)).toThrow(
        new RangeError('has(NO_DISK|NO_NETWORK) is not one flag: use hasAny or hasAll'),
      )
      expect(() => inner.has(jobs.mask())).toThrow('has(none)')
    })
  })
})

describe('the outer context inside its section', () => {
  test('is refused while that runs, whatever is done with it', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    context.run(
      NO_DISK,
      (inner) => {
        for (const use of [
          () => context.has(NO_DISK),
          () => context.hasAny(NO_DISK),
          () => context.forbid(NO_DISK),
          () => context.run(NO_NETWORK, () => 1),
          () => context.fork(NO_NETWORK),
          () => bind(context, () => 1),
          () => convey(context, 'convey-on-queue'),
          () => handOff(context, 'none', () => 1),
        ]) {
          expect(use).toThrow(ScopeError)
        }
        inner.run(NO_NETWORK, () => {
          expect(() => context.has(NO_DISK)).toThrow(
            /used inside the more restricted scope NO_NETWORK "" of request \(opened at .*context\.test\.ts.*use the context that run gave/,
          )
          expect(() => inner.fork(NO_DISK)).toThrow('scope NO_DISK "export" of request')
        })
        expect(jobs.format(context.mask)).toBe('none')
      },
      'export',
    )
    expect(context.has(NO_DISK)).toBe(false)
  })

  test('is not refused where the section adds nothing, nor to others', () => {
    const { jobs, context, NO_DISK } = setUp()
    context.run(jobs.mask(), () => expect(context.has(NO_DISK)).toBe(false))
    const other = new Context(jobs)
    other.run(NO_DISK, () => expect(context.has(NO_DISK)).toBe(false))
    const task = new Task(jobs)
    task.run(NO_DISK, () => expect(task.has(NO_DISK)).toBe(true))
    task.fork(NO_DISK).run(jobs.mask(), () => expect(() => task.has(NO_DISK)).toThrow(ScopeError))
  })

  test('takes items of others, whose policy was stated', () => {
    const { jobs, context, NO_DISK } = setUp()
    const other = new Context(jobs)
    const item = handOff(other, 'convey-on-queue', (worker) => worker.mask)
    expect(context.run(NO_DISK, () => item.run(context))).toBe(0)
  })
})

describe('a context', () => {
  test('does not change: what only a task has says so', () => {
    const { context, NO_DISK } = setUp()
    for (const name of ['save', 'restore', 'enter'] as const) {
      expect(() => context[name](NO_DISK, 0)).toThrow(
        new ScopeError('request is a Context and does not change: run, fork, or make a Task'),
      )
    }
  })

  test('is one readable line', () => {
    const { context, NO_DISK } = setUp()
    const inner = context.fork(NO_DISK)
    expect(inspect(inner)).toBe('Context(request: NO_DISK)')
    expect(JSON.stringify({ inner })).toBe('{"inner":"request: NO_DISK"}')
    expect(`${inner}`).toBe('request: NO_DISK')
  })

  test('can be made from a conveyance, with no grant that was not named', () => {
    const { jobs } = setUp()
    const sender = new Context(jobs, { mask: jobs.mask('NO_DISK', 'URGENT', 'POOL') })
    const received = contextFrom(jobs, convey(sender, 'convey-on-queue'), { name: 'job-7' })
    expect(`${received}`).toBe('job-7: NO_DISK')
    const named = convey(sender, 'convey-on-queue', jobs.flags.URGENT)
    expect(jobs.format(contextFrom(jobs, named).mask)).toBe('NO_DISK|URGENT')
    expect(contextFrom(jobs, convey(sender, 'none')).mask).toBe(0)
  })

  test('that is waited for passes restrictions on to its sections, at every moment', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    const section = context.run(NO_NETWORK, (section) => section)
    const wait = inherit(new Context(jobs, { mask: NO_DISK }), context)
    expect(jobs.format(section.mask)).toBe('NO_DISK|NO_NETWORK')
    expect(jobs.format(context.fork(jobs.mask()).mask)).toBe('NO_DISK')
    wait[Symbol.dispose]()
    expect(jobs.format(section.mask)).toBe('NO_NETWORK')
  })
})
