/** The current context: who sets it, for how long, and what drives tasks. */
import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { bind, current, currentOrUndefined, ScopeError } from '../src/index.js'
import { Task } from '../src/task.js'
import { spawn, steps } from '../src/tasks.js'
import { jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  return { jobs, a: new Task(jobs), b: new Task(jobs), none: jobs.mask() }
}

describe('current', () => {
  test('is an error where nothing runs, and says what to do', () => {
    const { jobs } = setUp()
    expect(() => current(jobs)).toThrow(ScopeError)
    expect(() => current(jobs)).toThrow(
      'no context of jobs runs here: after an await pass it on, or bind(context, fn)',
    )
    expect(currentOrUndefined(jobs)).toBeUndefined()
  })

  test('is the context of the innermost run, then the one before', () => {
    const { jobs, a, b, none } = setUp()
    a.run(none, () => {
      expect(current(jobs)).toBe(a)
      b.run(none, () => expect(current(jobs)).toBe(b))
      expect(current(jobs)).toBe(a)
      expect(() =>
        b.run(none, () => {
          throw new Error('mine')
        }),
      ).toThrow('mine')
      expect(currentOrUndefined(jobs)).toBe(a)
    })
    expect(currentOrUndefined(jobs)).toBeUndefined()
  })

  test('is gone after an await, also for those that run meanwhile', async () => {
    const { jobs, a, none } = setUp()
    const seen: unknown[] = []
    const running = a.run(none, async () => {
      seen.push(currentOrUndefined(jobs))
      await null
      seen.push(currentOrUndefined(jobs))
    })
    seen.push(currentOrUndefined(jobs))
    await running
    expect(seen).toEqual([a, undefined, undefined])
  })

  test('is one for each domain', () => {
    const { jobs, a, none } = setUp()
    const others = jobsDomain()
    const other = new Task(others)
    a.run(none, () => {
      expect(currentOrUndefined(others)).toBeUndefined()
      other.run(others.mask(), () => {
        expect(current(others)).toBe(other)
        expect(current(jobs)).toBe(a)
      })
    })
  })
})

describe('bind', () => {
  test('makes the context current while the function runs', () => {
    const { jobs, a, b, none } = setUp()
    const bound = bind(a, (x: number, y: number) => [current(jobs), x + y])
    expect(bound(1, 2)).toEqual([a, 3])
    b.run(none, () => {
      expect(bound(1, 2)).toEqual([a, 3])
      expect(current(jobs)).toBe(b)
    })
    expect(currentOrUndefined(jobs)).toBeUndefined()
  })

  test('puts back what was there also when the function throws', () => {
    const { jobs, a, b, none } = setUp()
    const bound = bind(a, () => {
      throw new Error('mine')
    })
    b.run(none, () => {
      expect(bound).toThrow('mine')
      expect(current(jobs)).toBe(b)
    })
  })

  test('passes on what the function is called on', () => {
    const { jobs, a } = setUp()
    const emitter = new EventEmitter()
    const seen: unknown[] = []
    emitter.on(
      'event',
      bind(a, function (this: EventEmitter, value: number) {
        seen.push(this, value, current(jobs))
      }),
    )
    emitter.emit('event', 7)
    expect(seen).toEqual([emitter, 7, a])
  })

  test('opens no scope', () => {
    const { jobs, a } = setUp()
    const scope = a.enter(jobs.flags.NO_DISK)
    const bound = bind(a, () => a.mask)
    scope.close()
    expect(bound()).toBe(0)
  })
})

describe('steps', () => {
  test('drives each step with the context current, and only the step', () => {
    const { jobs, a, b, none } = setUp()
    function* task(): Generator<unknown, string, number> {
      const got = yield current(jobs)
      try {
        yield got
      } catch (thrown) {
        yield [thrown, current(jobs)]
      }
      return 'end'
    }
    const driven = steps(a, task())
    expect(driven.next()).toEqual({ done: false, value: a })
    expect(currentOrUndefined(jobs)).toBeUndefined()
    b.run(none, () => {
      expect(driven.next(5)).toEqual({ done: false, value: 5 })
      expect(current(jobs)).toBe(b)
    })
    expect(driven.throw('mine')).toEqual({ done: false, value: ['mine', a] })
    expect(driven.next(0)).toEqual({ done: true, value: 'end' })
  })

  test('return runs what is left to do, with the context current', () => {
    const { jobs, a } = setUp()
    const seen: unknown[] = []
    const driven = steps(
      a,
      (function* (): Generator<number, string> {
        try {
          using _ = a.enter(jobs.flags.NO_DISK)
          yield 1
          return 'never'
        } finally {
          seen.push(current(jobs), a.mask)
        }
      })(),
    )
    driven.next()
    expect(a.mask).toBe(jobs.flags.NO_DISK)
    expect(driven.return('cancelled')).toEqual({ done: true, value: 'cancelled' })
    expect(seen).toEqual([a, 0])
  })

  test('two tasks in turns keep to themselves', () => {
    const { jobs, a, b } = setUp()
    const { NO_DISK, NO_NETWORK } = jobs.flags
    function* task(context: Task<'jobs'>, mask: typeof NO_DISK): Generator<void, void> {
      for (let i = 0; i < 3; i++) {
        using _ = context.enter(mask)
        yield
        expect(current(jobs)).toBe(context)
        expect(context.mask).toBe(mask)
      }
    }
    const tasks = [steps(a, task(a, NO_DISK)), steps(b, task(b, NO_NETWORK))]
    for (let i = 0; i < 4; i++) for (const task of tasks) task.next()
    expect([a.mask, b.mask]).toEqual([0, 0])
  })
})

describe('spawn', () => {
  test('waits for what is yielded, and is current again after each', async () => {
    const { jobs, a, b } = setUp()
    const { NO_DISK } = jobs.flags
    const other = spawn(b, function* () {
      for (let i = 0; i < 20; i++) yield null
      return current(jobs)
    })
    const result = await spawn(a, function* (context) {
      using _ = context.enter(NO_DISK)
      const text = yield Promise.resolve('text')
      expect(current(jobs)).toBe(a)
      expect(current(jobs).mask).toBe(NO_DISK)
      const plain = yield 3
      return [text, plain]
    })
    expect(result).toEqual(['text', 3])
    const early = await spawn(a, () => {
      const running = current(jobs)
      return (function* () {
        yield
        return running
      })()
    })
    expect(early).toBe(a)
    expect(a.mask).toBe(0)
    expect(await other).toBe(b)
  })

  test('throws a rejection into the task, which may catch it', async () => {
    const { jobs, a } = setUp()
    const caught = await spawn(a, function* () {
      try {
        yield Promise.reject(new Error('mine'))
      } catch (thrown) {
        return [`${thrown}`, current(jobs)]
      }
      return []
    })
    expect(caught).toEqual(['Error: mine', a])
    await expect(
      spawn(a, function* () {
        yield Promise.reject(new Error('mine'))
      }),
    ).rejects.toThrow('mine')
    await expect(
      spawn(a, () => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
    expect(currentOrUndefined(jobs)).toBeUndefined()
  })
})
