/** Inherit-on-wait: the waiter's restrictions, at every moment, through any number of waits. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inherit } from '../src/delegation.js'
import { subscribe } from '../src/diagnostics.js'
import { ConveyanceError, convey } from '../src/index.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

function setUp() {
  const jobs = jobsDomain()
  const context = (name: string, ...flags: Parameters<typeof jobs.mask>) =>
    new Task(jobs, { name, mask: jobs.mask(...flags) })
  return { jobs, context }
}

describe('a worker that is waited for', () => {
  test('has the restrictions of the waiter, not its grants, until the wait is over', () => {
    const { jobs, context } = setUp()
    const waiter = context('waiter', 'NO_DISK', 'NO_SPAWN', 'URGENT', 'POOL')
    const worker = context('worker', 'RESERVES')
    const wait = inherit(waiter, worker)
    expect(jobs.format(worker.mask)).toBe('NO_DISK|NO_SPAWN|RESERVES')
    expect(worker.hasAll(jobs.mask('NO_DISK', 'RESERVES'))).toBe(true)
    expect(worker.has(jobs.flags.URGENT)).toBe(false)
    wait[Symbol.dispose]()
    expect(jobs.format(worker.mask)).toBe('RESERVES')
    // Reading its mask costs as little as before.
    expect(jobs.waiting).toBeNull()
  })

  test('has the restrictions of all who wait', () => {
    const { jobs, context } = setUp()
    const worker = context('worker')
    const first = inherit(context('a', 'NO_DISK'), worker)
    const second = inherit(context('b', 'NO_DISK', 'NO_NETWORK'), worker)
    expect(jobs.format(worker.mask)).toBe('NO_DISK|NO_NETWORK')
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    expect(jobs.format(worker.mask)).toBe('NO_DISK|NO_NETWORK')
    second[Symbol.dispose]()
    expect(worker.mask).toBe(0)
  })

  test('passes them on to whom it waits for in turn', () => {
    const { jobs, context } = setUp()
    const [a, b, c] = [context('a', 'NO_DISK'), context('b', 'NO_NETWORK'), context('c')]
    using _ = inherit(b, c)
    const late = inherit(a, b)
    expect(jobs.format(c.mask)).toBe('NO_DISK|NO_NETWORK')
    late[Symbol.dispose]()
    expect(jobs.format(c.mask)).toBe('NO_NETWORK')
  })

  test('follows what the waiter does meanwhile', () => {
    const { jobs, context } = setUp()
    const [waiter, between, worker] = [context('waiter'), context('between'), context('worker')]
    inherit(waiter, between)
    inherit(between, worker)
    const scope = waiter.enter(jobs.flags.NO_DISK)
    expect(worker.mask).toBe(jobs.flags.NO_DISK)
    scope.close()
    expect(worker.mask).toBe(0)
  })

  test('conveys them to those it delegates to', () => {
    const { jobs, context } = setUp()
    const worker = context('worker', 'NO_NETWORK')
    using _ = inherit(context('waiter', 'NO_DISK'), worker)
    expect(convey(worker, 'convey-on-queue').mask).toBe(jobs.mask('NO_DISK', 'NO_NETWORK'))
  })

  test('keeps its own scopes apart from them', () => {
    const { jobs, context } = setUp()
    const [waiter, worker] = [context('waiter', 'NO_DISK'), context('worker')]
    const wait = inherit(waiter, worker)
    const scope = worker.enter(jobs.mask('NO_DISK', 'NO_NETWORK'))
    const saved = worker.save(jobs.flags.NO_DISK)
    wait[Symbol.dispose]()
    expect(jobs.format(worker.mask)).toBe('NO_DISK|NO_NETWORK')
    worker.restore(jobs.flags.NO_DISK, saved)
    scope.close()
    expect(worker.mask).toBe(0)
  })

  test('may be waited for twice by the same', () => {
    const { jobs, context } = setUp()
    const [waiter, worker] = [context('waiter', 'NO_DISK'), context('worker')]
    const first = inherit(waiter, worker)
    const second = inherit(waiter, worker)
    first[Symbol.dispose]()
    expect(worker.mask).toBe(jobs.flags.NO_DISK)
    second[Symbol.dispose]()
    expect(worker.mask).toBe(0)
  })
})

describe('a wait that closes a cycle', () => {
  test('is an error that names it, and changes nothing', () => {
    const { jobs, context } = setUp()
    const [a, b, c] = [context('a', 'NO_DISK'), context('b'), context('c')]
    inherit(a, b)
    inherit(b, c)
    const events: unknown[] = []
    subscribe(jobs, ({ kind, error }) => events.push([kind, error]))
    const error = new ConveyanceError(
      'a wait that never ends: c waits for a waits for b waits for c',
    )
    expect(() => inherit(c, a)).toThrow(error)
    expect(events).toEqual([['violation', error]])
    expect(a.mask).toBe(jobs.flags.NO_DISK)
    expect(c.mask).toBe(jobs.flags.NO_DISK)
    expect(() => inherit(a, a)).toThrow('a waits for a')
    expect(() => inherit(a, c)).not.toThrow()
  })

  test('is found in time where waits are many', () => {
    const { context } = setUp()
    let layer = [context('first', 'NO_DISK')]
    const [first] = layer
    for (let depth = 0; depth < 40; depth++) {
      const next = [context('left'), context('middle'), context('right')]
      for (const waiter of layer) for (const worker of next) inherit(waiter, worker)
      layer = next
    }
    const [last] = layer
    if (first === undefined || last === undefined) throw new Error('no contexts')
    expect(last.mask).toBe(first.mask)
    expect(() => inherit(last, first)).toThrow(ConveyanceError)
  })
})

test('contexts of two domains do not wait for each other', () => {
  const { context } = setUp()
  expect(() => inherit(context('a'), setUp().context('b'))).toThrow(
    new ConveyanceError('a cannot wait for b, of another domain'),
  )
})

test('diagnostics see what the worker takes over', () => {
  const { jobs, context } = setUp()
  const events = eventsOf(jobs)
  inherit(context('waiter', 'NO_DISK', 'URGENT'), context('worker'))
  expect(events).toEqual(['adopt worker NO_DISK'])
})

test('any waits: each has the restrictions of exactly those that reach it', () => {
  const size = 6
  const edge = fc.tuple(fc.nat(size - 1), fc.nat(size - 1), fc.boolean())
  const names = ['NO_DISK', 'NO_NETWORK', 'NO_SPAWN', 'URGENT'] as const
  fc.assert(
    fc.property(
      fc.array(fc.subarray([...names]), { minLength: size, maxLength: size }),
      fc.array(edge, { maxLength: 30 }),
      (masks, edges) => {
        const { jobs, context } = setUp()
        const contexts = masks.map((flags, i) => context(`${i}`, ...flags))
        let waits: { readonly from: number; readonly to: number; readonly wait: Disposable }[] = []
        const reached = (from: number, seen = new Set([from])): Set<number> => {
          for (const wait of waits) {
            if (wait.from === from && !seen.has(wait.to)) {
              seen.add(wait.to)
              reached(wait.to, seen)
            }
          }
          return seen
        }
        for (const [from, to, ends] of edges) {
          const [waiter, worker] = [contexts[from], contexts[to]]
          if (waiter === undefined || worker === undefined) throw new Error('no context')
          if (ends) {
            const over = waits.find((wait) => wait.from === from)
            over?.wait[Symbol.dispose]()
            waits = waits.filter((wait) => wait !== over)
          } else if (reached(to).has(from)) {
            expect(() => inherit(waiter, worker)).toThrow(ConveyanceError)
          } else waits.push({ from, to, wait: inherit(waiter, worker) })
          for (const [i, { mask }] of contexts.entries()) {
            let expected = contexts[i]?.own ?? 0
            for (const [j, { own }] of contexts.entries()) {
              if (j !== i && reached(j).has(i)) expected |= own & jobs.restrictions
            }
            expect(mask).toBe(expected)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
})
