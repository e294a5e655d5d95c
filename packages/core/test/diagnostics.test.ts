/** Diagnostics: who sees what, what an observer cannot break, and that nobody pays when nobody looks. */
import { describe, expect, test } from 'vitest'
import { type ScopeEvent, subscribe } from '../src/diagnostics.js'
import { adopt, convey } from '../src/index.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  return { jobs, context: new Task(jobs, { name: 'task' }), ...jobs.flags }
}

/** Collects what becomes of errors that nobody could be told. */
async function unhandled(fn: () => void): Promise<unknown[]> {
  const errors: unknown[] = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => errors.push(error))
  try {
    fn()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  }
  return errors
}

describe('events', () => {
  test('come in the order in which things happen', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    const worker = new Task(jobs, { name: 'worker' })
    const events = eventsOf(jobs)
    const outer = context.enter(NO_DISK, 'outer')
    const inner = context.enter(NO_NETWORK, 'inner')
    const conveyance = convey(context, 'convey-on-queue', undefined, 'item')
    expect(() => outer.close()).toThrow()
    inner.close()
    adopt(worker, conveyance).close()
    expect(events).toEqual([
      'enter task "outer" NO_DISK',
      'enter task "inner" NO_NETWORK',
      'convey task "item" NO_DISK|NO_NETWORK',
      'violation task "outer" NO_DISK',
      'exit task "inner" NO_DISK|NO_NETWORK',
      'adopt worker NO_DISK|NO_NETWORK',
      'enter worker NO_DISK|NO_NETWORK',
      'exit worker NO_DISK|NO_NETWORK',
    ])
  })

  test('say everything about what happened', () => {
    const { jobs, context, NO_DISK } = setUp()
    const events: ScopeEvent<'jobs'>[] = []
    subscribe(jobs, (event) => events.push(event))
    const scope = context.enter(NO_DISK, 'flush')
    scope.close()
    let error: unknown
    try {
      scope.close()
    } catch (thrown) {
      error = thrown
    }
    const what = { domain: 'jobs', context: 'task', mask: NO_DISK, label: 'flush' }
    expect(events).toEqual([
      { kind: 'enter', ...what, error: undefined },
      { kind: 'exit', ...what, error: undefined },
      { kind: 'violation', ...what, error },
    ])
    expect(events[2]?.error).toBe(error)
  })

  test('do not come from the raw layer', () => {
    const { jobs, context, NO_DISK } = setUp()
    const events = eventsOf(jobs)
    context.restore(NO_DISK, context.save(NO_DISK))
    expect(events).toEqual([])
  })
})

describe('a subscription', () => {
  test('ends when it is disposed, also in the midst of an event', () => {
    const { jobs, context, NO_DISK } = setUp()
    const seen: string[] = []
    const first = subscribe(jobs, ({ kind }) => {
      seen.push(`first ${kind}`)
      first[Symbol.dispose]()
    })
    subscribe(jobs, ({ kind }) => seen.push(`second ${kind}`))
    context.run(NO_DISK, () => undefined)
    first[Symbol.dispose]()
    expect(seen).toEqual(['first enter', 'second enter', 'second exit'])
  })

  test('is one for each time the same observer subscribes', () => {
    const { jobs, context, NO_DISK } = setUp()
    const seen: string[] = []
    const observer = ({ kind }: ScopeEvent<'jobs'>) => seen.push(kind)
    const first = subscribe(jobs, observer)
    subscribe(jobs, observer)
    context.run(NO_DISK, () => undefined)
    first[Symbol.dispose]()
    context.run(NO_DISK, () => undefined)
    expect(seen).toEqual(['enter', 'enter', 'exit', 'exit', 'enter', 'exit'])
  })
})

describe('an observer that throws', () => {
  test('disturbs neither what it observes nor other observers, and is not silent', async () => {
    const { jobs, context, NO_DISK } = setUp()
    const seen: string[] = []
    subscribe(jobs, ({ kind }) => {
      throw new Error(kind)
    })
    subscribe(jobs, ({ kind }) => seen.push(kind))
    const errors = await unhandled(() => {
      const scope = context.enter(NO_DISK)
      expect(context.mask).toBe(NO_DISK)
      scope.close()
      expect(context.mask).toBe(0)
      expect(() => scope.close()).toThrow('closed twice')
    })
    expect(seen).toEqual(['enter', 'exit', 'violation'])
    expect(errors.map(String)).toEqual(['Error: enter', 'Error: exit', 'Error: violation'])
  })
})

describe('places', () => {
  const recorded = (error: () => void) => {
    try {
      error()
    } catch (thrown) {
      return `${thrown}`.includes('diagnostics.test.ts')
    }
    return undefined
  }
  const closeTwice = (context: Task<'jobs'>) => {
    const scope = context.enter(context.domain.mask())
    scope.close()
    return recorded(() => scope.close())
  }

  test('are recorded for the first thousand scopes, then no more', () => {
    const { jobs, context } = setUp()
    for (let i = 0; i < 999; i++) context.enter(jobs.mask()).close()
    expect(jobs.watched).toBe(true)
    const last = context.enter(jobs.mask())
    expect(jobs.watched).toBe(false)
    const next = context.enter(jobs.mask())
    next.close()
    last.close()
    expect(recorded(() => last.close())).toBe(true)
    expect(recorded(() => next.close())).toBe(false)
  })

  test('are recorded again after each violation', () => {
    const { jobs, context } = setUp()
    jobs.recordPlaces(2)
    context.enter(jobs.mask()).close()
    expect(closeTwice(context)).toBe(true)
    expect(jobs.watched).toBe(true)
    context.enter(jobs.mask()).close()
    context.enter(jobs.mask()).close()
    expect(jobs.watched).toBe(false)
    expect(closeTwice(context)).toBe(false)
    expect(closeTwice(context)).toBe(true)
  })

  test('are never or always recorded, where that is asked for', () => {
    const { jobs, context } = setUp()
    jobs.recordPlaces(0)
    expect(closeTwice(context)).toBe(false)
    expect(closeTwice(context)).toBe(false)
    jobs.recordPlaces(Number.POSITIVE_INFINITY)
    for (let i = 0; i < 2000; i++) context.enter(jobs.mask()).close()
    expect(closeTwice(context)).toBe(true)
  })

  test.each([-1, Number.NaN, Number.NEGATIVE_INFINITY])('cannot be %d', (count) => {
    const { jobs, context } = setUp()
    const events = eventsOf(jobs)
    expect(() => jobs.recordPlaces(count)).toThrow(new RangeError(`${count} places`))
    context.enter(jobs.mask())
    expect(events).toHaveLength(1)
  })
})

describe('with nobody looking', () => {
  test('one flag says so, whatever came before', () => {
    const { jobs, context, NO_DISK } = setUp()
    expect(jobs.watched).toBe(true)
    jobs.recordPlaces(0)
    expect(jobs.watched).toBe(false)
    const first = subscribe(jobs, () => undefined)
    const second = subscribe(jobs, () => undefined)
    expect(jobs.watched).toBe(true)
    first[Symbol.dispose]()
    expect(jobs.watched).toBe(true)
    second[Symbol.dispose]()
    expect(jobs.watched).toBe(false)
    const scope = context.enter(NO_DISK, 'flush')
    expect(scope.site).toBe('flush')
    scope.close()
  })
})
