/** Scopes: `enter` and `run`, what they restore, and what an error says when they are closed wrongly. */
import { describe, expect, test } from 'vitest'
import { subscribe } from '../src/diagnostics.js'
import { type Scope, ScopeError } from '../src/index.js'
import { Task } from '../src/task.js'
import { eventsOf, jobsDomain } from './jobs.js'

/** `scope.test.ts:12`, for line 12, which calls this. */
function here(): string {
  const [, line] =
    /scope\.test\.ts:(\d+):\d+\)?$/.exec(`${new Error().stack?.split('\n')[2]}`) ?? []
  return `scope.test.ts:${line}:`
}

/** What a function throws. */
function thrownBy(fn: () => unknown): unknown {
  try {
    fn()
  } catch (thrown) {
    return thrown
  }
  throw new Error('it did not throw')
}

function setUp() {
  const jobs = jobsDomain()
  return { jobs, context: new Task(jobs, { name: 'task' }), ...jobs.flags }
}

describe('a task', () => {
  test('starts with the mask it is given, or none', () => {
    const { jobs, NO_DISK } = setUp()
    expect(new Task(jobs).mask).toBe(0)
    expect(new Task(jobs, { mask: NO_DISK }).mask).toBe(NO_DISK)
  })

  test('has a name, or is counted', () => {
    const jobs = jobsDomain()
    expect(new Task(jobs).name).toBe('jobs#1')
    expect(new Task(jobs, { name: 'mine' }).name).toBe('mine')
    expect(new Task(jobs).name).toBe('jobs#2')
  })
})

describe('enter', () => {
  test('holds until the block ends', () => {
    const { context, NO_DISK, NO_SPAWN } = setUp()
    {
      using outer = context.enter(NO_DISK)
      expect(context.mask).toBe(NO_DISK)
      {
        using inner = context.enter(NO_SPAWN)
        expect(context.mask).toBe(NO_DISK | NO_SPAWN)
        expect([outer.open, inner.open]).toEqual([true, true])
        expect(inner.mask).toBe(NO_SPAWN)
      }
      expect(context.mask).toBe(NO_DISK)
    }
    expect(context.mask).toBe(0)
  })

  test('restores also when the block throws', () => {
    const { context, NO_DISK } = setUp()
    expect(() => {
      using _ = context.enter(NO_DISK)
      throw new Error('mine')
    }).toThrow('mine')
    expect(context.mask).toBe(0)
  })

  test('leaves flags that were there before', () => {
    const { jobs, context, NO_DISK } = setUp()
    context.save(NO_DISK)
    context.enter(jobs.mask('NO_DISK', 'NO_NETWORK')).close()
    expect(context.mask).toBe(NO_DISK)
  })

  test('holds across an await', async () => {
    const { context, NO_DISK } = setUp()
    async function section() {
      using _ = context.enter(NO_DISK)
      await null
      return context.mask
    }
    expect(await section()).toBe(NO_DISK)
    expect(context.mask).toBe(0)
  })

  test('uses its frames again, and tells their scopes apart', () => {
    const { context, NO_DISK, NO_NETWORK } = setUp()
    const first = context.enter(NO_DISK)
    first.close()
    const second = context.enter(NO_NETWORK)
    expect(second.frame).toBe(first.frame)
    expect([first.open, second.open]).toEqual([false, true])
    expect(() => first.close()).toThrow(/NO_DISK .* closed twice/)
    expect(context.mask).toBe(NO_NETWORK)
    second.close()
    expect(context.mask).toBe(0)
  })
})

describe('run', () => {
  test('returns what the function returns, and restores', () => {
    const { context, NO_DISK } = setUp()
    expect(context.run(NO_DISK, (self) => [self, self.mask])).toEqual([context, NO_DISK])
    expect(context.mask).toBe(0)
  })

  test('throws what the function throws, and restores', () => {
    const { context, NO_DISK } = setUp()
    const error = new Error('mine')
    expect(
      thrownBy(() =>
        context.run(NO_DISK, () => {
          throw error
        }),
      ),
    ).toBe(error)
    expect(context.mask).toBe(0)
  })

  test('holds until a promise settles', async () => {
    const { context, NO_DISK } = setUp()
    const fulfilled = context.run(NO_DISK, async () => {
      await null
      return context.mask
    })
    expect(fulfilled).toBeInstanceOf(Promise)
    expect(context.mask).toBe(NO_DISK)
    expect(await fulfilled).toBe(NO_DISK)
    expect(context.mask).toBe(0)

    const rejected = context.run(NO_DISK, async () => {
      await null
      throw new Error('mine')
    })
    await expect(rejected).rejects.toThrow('mine')
    expect(context.mask).toBe(0)
  })

  test('takes any thenable, and makes a promise of it', async () => {
    const { context, NO_DISK } = setUp()
    let settle: (value: string) => void = () => undefined
    const thenable: PromiseLike<string> = {
      // biome-ignore lint/suspicious/noThenProperty: this is what a thenable is.
      then(onFulfilled) {
        settle = (value) => onFulfilled?.(value)
        return this as PromiseLike<never>
      },
    }
    const result: Promise<string> = context.run(NO_DISK, () => thenable)
    await null
    expect(context.mask).toBe(NO_DISK)
    settle('late')
    expect(await result).toBe('late')
    expect(context.mask).toBe(0)
  })

  test('restores when looking for a then throws', () => {
    const { context, NO_DISK } = setUp()
    const strict = new Proxy(
      {},
      {
        get() {
          throw new Error('no such property')
        },
      },
    )
    expect(() => context.run(NO_DISK, () => strict)).toThrow('no such property')
    expect(context.mask).toBe(0)
  })

  test('is no promise for null, primitives and objects without a then function', () => {
    const { context, NO_DISK } = setUp()
    for (const value of [null, undefined, 1, 'then', Object.fromEntries([['then', 1]])]) {
      expect(context.run(NO_DISK, () => value)).toBe(value)
      expect(context.mask).toBe(0)
    }
  })

  test('nests, sync in async in sync', async () => {
    const { context, NO_DISK, NO_NETWORK, NO_SPAWN } = setUp()
    await context.run(NO_DISK, async () => {
      await context.run(NO_NETWORK, async () => {
        await null
        context.run(NO_SPAWN, () => expect(context.mask).toBe(NO_DISK | NO_NETWORK | NO_SPAWN))
      })
      expect(context.mask).toBe(NO_DISK)
    })
    expect(context.mask).toBe(0)
  })
})

describe('closing', () => {
  test('twice is an error that names the scope and where it was opened', () => {
    const { context, NO_DISK } = setUp()
    const [scope, line] = [context.enter(NO_DISK, 'flush'), here()]
    scope.close()
    const error = thrownBy(() => scope.close())
    expect(error).toBeInstanceOf(ScopeError)
    expect(error).toMatchObject({ name: 'ScopeError' })
    expect(`${error}`).toContain('scope NO_DISK "flush" of task (opened at ')
    expect(`${error}`).toContain(line)
    expect(`${error}`).toContain(') closed twice')
  })

  test('out of order is an error that names both scopes, and lifts nothing early', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    const [outer, outerLine] = [context.enter(NO_DISK, 'transaction'), here()]
    const [inner, innerLine] = [context.enter(NO_NETWORK, 'flush'), here()]
    const { message } = thrownBy(() => outer.close()) as ScopeError
    expect(outerLine).not.toBe(innerLine)
    expect(message).toMatch(
      /^scope NO_DISK "transaction" of task \(opened at .*\) closed before scope NO_NETWORK "flush" of task \(opened at .*\) \(/,
    )
    const [before, after] = message.split('closed before')
    expect(before).toContain(outerLine)
    expect(after).toContain(innerLine)

    expect(outer.open).toBe(false)
    expect(inner.open).toBe(true)
    expect(jobs.format(context.mask)).toBe('NO_DISK|NO_NETWORK')
    inner.close()
    expect(context.mask).toBe(0)
    expect(() => outer.close()).toThrow('closed twice')
  })

  test('out of order keeps what was there before all of them', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    context.save(NO_DISK)
    const first = context.enter(jobs.mask('NO_DISK', 'NO_NETWORK'))
    const second = context.enter(jobs.mask('NO_NETWORK', 'NO_SPAWN'))
    const third = context.enter(NO_NETWORK)
    expect(() => second.close()).toThrow(ScopeError)
    expect(() => first.close()).toThrow(ScopeError)
    expect(jobs.format(context.mask)).toBe('NO_DISK|NO_NETWORK|NO_SPAWN')
    third.close()
    expect(jobs.format(context.mask)).toBe('NO_DISK')
    const next = context.enter(NO_NETWORK)
    next.close()
    expect(jobs.format(context.mask)).toBe('NO_DISK')
  })

  test('while another context runs is an error that names the scope it is in', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    const worker = new Task(jobs, { name: 'worker' })
    const [scope, line] = [context.enter(NO_DISK, 'request'), here()]
    let workerLine = ''
    const error = thrownBy(() => {
      workerLine = here()
      worker.run(NO_NETWORK, () => scope.close(), 'item')
    }) as ScopeError
    expect(error).toBeInstanceOf(ScopeError)
    const [before, after] = error.message.split('closed within')
    expect(before).toContain('scope NO_DISK "request" of task (opened at ')
    expect(before).toContain(line)
    expect(after).toContain('scope NO_NETWORK "item" of worker (opened at ')
    expect(after).toContain(workerLine.replace(/\d+:$/, (n) => `${Number.parseInt(n, 10) + 1}:`))
    expect(scope.open).toBe(true)
    expect(context.mask).toBe(NO_DISK)
    scope.close()
    expect(context.mask).toBe(0)
  })

  test('is for the task that opened it, also on the context of another', () => {
    const { jobs, context, NO_DISK } = setUp()
    const driver = new Task(jobs)
    driver.run(jobs.mask(), () => {
      using _ = context.enter(NO_DISK)
      expect(context.mask).toBe(NO_DISK)
    })
    expect(context.mask).toBe(0)
    const scope = driver.run(jobs.mask(), () => context.enter(NO_DISK))
    context.run(jobs.mask(), () => {
      expect(() => scope.close()).toThrow('closed before')
    })
  })

  test('says how to learn the place where none is recorded', () => {
    const { jobs, context, NO_DISK } = setUp()
    jobs.recordPlaces(0)
    const scope = context.enter(NO_DISK)
    scope.close()
    expect(() => scope.close()).toThrow(
      'scope NO_DISK "" of task (place not recorded: see recordPlaces) closed twice',
    )
  })

  test('says the same where the engine records no places', () => {
    const { context, NO_DISK } = setUp()
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    const scope = context.enter(NO_DISK)
    Error.stackTraceLimit = stackTraceLimit
    scope.close()
    expect(() => scope.close()).toThrow('place not recorded')
  })
})

describe('a run that leaves a scope open', () => {
  test('throws, and the scope keeps the restrictions of both', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    let inner: Scope<'jobs'> | undefined
    const error = thrownBy(() =>
      context.run(
        NO_DISK,
        () => {
          inner = context.enter(NO_NETWORK, 'leaked')
        },
        'section',
      ),
    )
    expect(`${error}`).toMatch(/NO_DISK "section" .* closed before .* NO_NETWORK "leaked"/)
    expect(error).not.toHaveProperty('cause')
    expect(jobs.format(context.mask)).toBe('NO_DISK|NO_NETWORK')
    inner?.close()
    expect(context.mask).toBe(0)
  })

  test('keeps what the function threw, even undefined', async () => {
    const { context, NO_DISK } = setUp()
    const thrown = thrownBy(() =>
      context.run(NO_DISK, () => {
        context.enter(NO_DISK)
        throw undefined
      }),
    )
    expect(thrown).toBeInstanceOf(ScopeError)
    expect(thrown).toHaveProperty('cause', undefined)

    const { context: other } = setUp()
    const rejected = other.run(NO_DISK, async () => {
      other.enter(NO_DISK)
      throw 'mine'
    })
    await expect(rejected).rejects.toMatchObject({ name: 'ScopeError', cause: 'mine' })
  })

  test('rejects when it is asynchronous', async () => {
    const { context, NO_DISK, NO_NETWORK } = setUp()
    const rejected = context.run(NO_DISK, async () => {
      context.enter(NO_NETWORK, 'leaked')
    })
    await expect(rejected).rejects.toThrow(/closed before .*"leaked"/)
    expect(context.mask).toBe(NO_DISK | NO_NETWORK)
  })

  test('is what two that run at once on one task end in', async () => {
    const { context, NO_DISK, NO_NETWORK } = setUp()
    let finish: () => void = () => undefined
    const slow = context.run(
      NO_DISK,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
      'slow',
    )
    let end: () => void = () => undefined
    const long = context.run(
      NO_NETWORK,
      () =>
        new Promise<void>((resolve) => {
          end = resolve
        }),
      'long',
    )
    finish()
    await expect(slow).rejects.toThrow('tasks that run at once need a Context each')
    expect(context.mask).toBe(NO_DISK | NO_NETWORK)
    end()
    await long
    expect(context.mask).toBe(0)
  })
})

describe('an observer that opens scopes', () => {
  test('gets the same order as everybody', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    let observing = true
    let own: Scope<'jobs'> | undefined
    const subscription = subscribe(jobs, ({ kind }) => {
      if (kind !== 'enter' || !observing) return
      observing = false
      own = context.enter(NO_NETWORK)
    })
    const scope = context.enter(NO_DISK)
    subscription[Symbol.dispose]()
    expect(context.mask).toBe(NO_DISK | NO_NETWORK)
    scope.close()
    expect(context.mask).toBe(NO_NETWORK)
    own?.close()
    expect(context.mask).toBe(0)
  })

  test('sees the masks that were in force', () => {
    const { jobs, context, NO_DISK, NO_NETWORK } = setUp()
    const events = eventsOf(jobs)
    context.run(NO_DISK, () => context.enter(NO_NETWORK, 'inner').close(), 'outer')
    expect(events).toEqual([
      'enter task "outer" NO_DISK',
      'enter task "inner" NO_NETWORK',
      'exit task "inner" NO_NETWORK',
      'exit task "outer" NO_DISK',
    ])
  })
})
