/** The bridge: with a variable of the user's, `current` is found after an await, and delegation stays explicit. */
import PQueue from 'p-queue'
import { describe, expect, test } from 'vitest'
import { handOff } from '../src/delegation.js'
import { follow, type Variable } from '../src/follow.js'
import { bind, Context, current, currentOrUndefined, ScopeError } from '../src/index.js'
import { Task } from '../src/task.js'
import { spawn } from '../src/tasks.js'
import { jobsDomain } from './jobs.js'
import { AsyncLocalStorage } from './rivals/async-local-storage.mjs'

/** A variable as TC39 proposes it, on top of what Node has. */
class AsyncContextVariable<T> {
  readonly #storage = new AsyncLocalStorage<T>()

  run<R>(value: T, fn: () => R): R {
    return this.#storage.run(value, fn)
  }

  get(): T | undefined {
    return this.#storage.getStore()
  }
}

const variables: Record<string, () => Variable<Context<'jobs'>>> = {
  AsyncLocalStorage: () => new AsyncLocalStorage<Context<'jobs'>>(),
  'AsyncContext.Variable': () => new AsyncContextVariable<Context<'jobs'>>(),
}

describe.each(Object.entries(variables))('with %s', (_, make) => {
  test('current is found after an await', async () => {
    const jobs = jobsDomain()
    using _ = follow(jobs, make())
    const context = new Context(jobs)
    await context.run(jobs.flags.NO_DISK, async (section) => {
      expect(current(jobs)).toBe(section)
      await null
      expect(current(jobs)).toBe(section)
      await section.run(jobs.flags.NO_NETWORK, async () => {
        await null
        expect(jobs.format(current(jobs).mask)).toBe('NO_DISK|NO_NETWORK')
      })
      expect(current(jobs)).toBe(section)
    })
    expect(currentOrUndefined(jobs)).toBeUndefined()
  })

  test('the outer context is refused after an await too', async () => {
    const jobs = jobsDomain()
    using _ = follow(jobs, make())
    const context = new Context(jobs)
    await context.run(jobs.flags.NO_DISK, async () => {
      await null
      expect(() => context.forbid(jobs.flags.NO_DISK)).toThrow(ScopeError)
    })
  })

  test('hand-offs enter it and leave it, in a queue that mixes everybody else up', async () => {
    const jobs = jobsDomain()
    using _ = follow(jobs, make())
    const queue = new PQueue({ concurrency: 1 })
    const masks = Array.from({ length: 8 }, (_, i) => jobs.from(i & 3))
    const implicit: boolean[] = []
    const explicit = await Promise.all(
      masks.map((mask, i) =>
        new Context(jobs).run(mask, async (section) => {
          void queue.add(async () => implicit.push(currentOrUndefined(jobs) === section))
          const item = handOff(section, 'convey-on-queue', async () => {
            await null
            return current(jobs).mask === masks[i]
          })
          return queue.add(() => item.run())
        }),
      ),
    )
    expect(explicit).toEqual(masks.map(() => true))
    expect(implicit).toContain(false)
  })

  test('tasks, bound functions and generator tasks enter it too', async () => {
    const jobs = jobsDomain()
    using _ = follow(jobs, make())
    const task = new Task(jobs)
    await task.run(jobs.flags.NO_DISK, async () => {
      await null
      expect(current(jobs)).toBe(task)
    })
    const bound = bind(task, async () => {
      await null
      return current(jobs)
    })
    expect(await bound()).toBe(task)
    await spawn(task, function* () {
      yield null
      expect(current(jobs)).toBe(task)
    })
    expect(task.mask).toBe(0)
  })
})

test('one variable at a time, until it is disposed', () => {
  const jobs = jobsDomain()
  const bridge = follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())
  expect(() => follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())).toThrow(ScopeError)
  bridge[Symbol.dispose]()
  new Context(jobs).run(jobs.mask(), () => {
    expect(() => follow(jobs, new AsyncLocalStorage<Context<'jobs'>>())).toThrow('jobs follows')
  })
})
