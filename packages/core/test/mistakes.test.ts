/**
 * What happens when a developer forgets: seventeen ordinary mistakes of asynchronous code, each made with contexts, with
 * contexts and a bridge, and with AsyncLocalStorage. A section is restricted; what runs on its behalf says what it saw:
 *
 * - `kept`: it was restricted all the same.
 * - `noticed`: an error said what to do.
 * - `open`: it ran unrestricted, in silence.
 * - `mixed`: it had a stranger's restriction as well.
 * - `lost`: the store was undefined.
 * - `n/a`: the mistake cannot be made there.
 */
import { EventEmitter } from 'node:events'
import PQueue from 'p-queue'
import { beforeAll, describe, expect, test } from 'vitest'
import { handOff } from '../src/delegation.js'
import { follow } from '../src/follow.js'
import { Context, current, currentOrUndefined, defineDomain, type Mask } from '../src/index.js'
import { AsyncLocalStorage } from './rivals/async-local-storage.mjs'

type Saw = 'kept' | 'noticed' | 'open' | 'mixed' | 'lost' | 'n/a'

const pause = (ms = 4) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** A section that starts something and ends before that does. */
async function outlives<T, S>(
  section: (fn: (it: T) => Promise<void>) => unknown,
  start: (it: T) => S | Promise<S>,
): Promise<S> {
  let later: S | Promise<S> | undefined
  await section(async (it) => {
    later = start(it)
  })
  return later as S
}

/** The first item of what a section returned. */
async function firstOf<S>(items: AsyncIterable<S>): Promise<S | undefined> {
  for await (const item of items) return item
  return undefined
}

/** A callable thenable, as a property of a Comlink proxy is one. */
function callable<S>(see: () => S): (() => void) & PromiseLike<S> {
  const then = (done: (value: S) => void) => void setTimeout(() => done(see()), 4)
  return Object.assign(() => undefined, { then }) as unknown as (() => void) & PromiseLike<S>
}

/** The mistakes with contexts of a domain. */
function withContexts() {
  const domain = defineDomain({ name: 'svc', version: 1, restrictions: { READ_ONLY: 0, OTHER: 1 } })
  const { READ_ONLY, OTHER } = domain.flags
  const make = () => new Context(domain)
  const see = (c: Context<'svc'>): Saw =>
    c.has(READ_ONLY) ? (c.has(OTHER) ? 'mixed' : 'kept') : 'open'
  const section = <R>(fn: (c: Context<'svc'>) => R) => make().run(READ_ONLY, fn)
  const busy = async () => {
    const queue = new PQueue({ concurrency: 1 })
    void make().run(OTHER, () => queue.add(() => pause(10)))
    return queue
  }
  const mistakes: Record<string, () => unknown> = {
    'a deep call after an await': () =>
      section(async () => {
        await pause()
        return see(current(domain))
      }),
    'a library that asks currentOrUndefined after an await': () =>
      section(async () => {
        await pause()
        const found = currentOrUndefined(domain)
        return found ? see(found) : 'open'
      }),
    'a promise that nobody awaits': () =>
      outlives(section, (c: Context<'svc'>) => pause().then(() => see(c))),
    'a timer': () =>
      new Promise((resolve) => {
        section((c) => {
          setTimeout(() => resolve(see(c)), 4)
        })
      }),
    'Promise.all of which one fails': async () => {
      let saw: Saw | undefined
      await section((c) =>
        Promise.all([
          pause(1).then(() => Promise.reject(new Error('one fails'))),
          pause(8).then(() => {
            saw = see(c)
          }),
        ]),
      ).catch(() => pause(12))
      return saw
    },
    'a shared queue, awaited': async () => {
      const queue = await busy()
      return section((c) => queue.add(async () => see(c)))
    },
    'a shared queue, not awaited': async () => {
      const queue = await busy()
      return outlives(section, (c: Context<'svc'>) => queue.add(async () => see(c)))
    },
    'a hand-off that is made when the queue runs it': async () => {
      const queue = await busy()
      return outlives(section, (c: Context<'svc'>) =>
        queue.add(() => handOff(c, 'convey-on-queue', async (w) => see(w)).run()),
      )
    },
    'inherit-on-wait, and nobody says that he waits': () =>
      section((c) => handOff(c, 'inherit-on-wait', (w) => see(w)).run()),
    'an async generator that is returned': () =>
      firstOf(
        section((c) =>
          (async function* () {
            yield see(c)
          })(),
        ),
      ),
    'a callable thenable that is returned': () => section((c) => callable(() => see(c))),
    'a listener, fired by another task': () => {
      const emitter = new EventEmitter()
      let saw: Saw | undefined
      section(() => {
        emitter.on('event', () => {
          saw = see(current(domain))
        })
      })
      make().run(OTHER, () => emitter.emit('event'))
      return saw
    },
    'Promise.all of two sections of one context': async () => {
      const c = make()
      const [, saw] = await Promise.all([
        c.run(OTHER, () => pause(12)),
        c.run(READ_ONLY, async (c) => {
          await pause(4)
          return see(c)
        }),
      ])
      return saw
    },
    'the same, the first ends first': async () => {
      const c = make()
      const [, saw] = await Promise.all([
        c.run(OTHER, () => pause(4)),
        c.run(READ_ONLY, async (c) => {
          await pause(12)
          return see(c)
        }),
      ])
      return saw
    },
    'a misspelt flag in JavaScript': () => {
      const { READONLY } = domain.flags as unknown as { READONLY: Mask<'svc'> }
      return make().run(READONLY, (c) => see(c))
    },
    'a guard for either of two flags: has(A | B)': () =>
      section((c) => (c.has(domain.mask('READ_ONLY', 'OTHER')) ? 'kept' : 'open')),
    'a callee that restores what it did not save': () =>
      section((c) => {
        c.restore(READ_ONLY, 0)
        return see(c)
      }),
  }
  return { domain, mistakes }
}

/** The mistakes with AsyncLocalStorage. */
function withStorage(): Record<string, () => unknown> {
  const storage = new AsyncLocalStorage<number>()
  const see = (): Saw => {
    const mask = storage.getStore()
    return mask === undefined ? 'lost' : mask & 1 ? (mask & 2 ? 'mixed' : 'kept') : 'open'
  }
  const section = <R>(fn: (_: undefined) => R) => storage.run(1, () => fn(undefined))
  const busy = async () => {
    const queue = new PQueue({ concurrency: 1 })
    void storage.run(2, () => queue.add(() => pause(10)))
    return queue
  }
  const afterPause = () =>
    section(async () => {
      await pause()
      return see()
    })
  return {
    'a deep call after an await': afterPause,
    'a library that asks currentOrUndefined after an await': afterPause,
    'a promise that nobody awaits': () => outlives(section, () => pause().then(see)),
    'a timer': () =>
      new Promise((resolve) => {
        section(() => {
          setTimeout(() => resolve(see()), 4)
        })
      }),
    'Promise.all of which one fails': async () => {
      let saw: Saw | undefined
      await section(() =>
        Promise.all([
          pause(1).then(() => Promise.reject(new Error('one fails'))),
          pause(8).then(() => {
            saw = see()
          }),
        ]),
      ).catch(() => pause(12))
      return saw
    },
    'a shared queue, awaited': async () => {
      const queue = await busy()
      return section(() => queue.add(async () => see()))
    },
    'a shared queue, not awaited': async () => {
      const queue = await busy()
      return outlives(section, () => queue.add(async () => see()))
    },
    'a hand-off that is made when the queue runs it': () => 'n/a',
    'inherit-on-wait, and nobody says that he waits': () => 'n/a',
    'an async generator that is returned': () =>
      firstOf(
        section(() =>
          (async function* () {
            yield see()
          })(),
        ),
      ),
    'a callable thenable that is returned': () => section(() => callable(see)),
    'a listener, fired by another task': () => {
      const emitter = new EventEmitter()
      let saw: Saw | undefined
      section(() => {
        emitter.on('event', () => {
          saw = see()
        })
      })
      storage.run(2, () => emitter.emit('event'))
      return saw
    },
    'Promise.all of two sections of one context': () =>
      Promise.all([storage.run(2, () => pause(12)), afterPause()]).then(([, saw]) => saw),
    'the same, the first ends first': () =>
      Promise.all([storage.run(2, () => pause(1)), afterPause()]).then(([, saw]) => saw),
    'a misspelt flag in JavaScript': () => storage.run(undefined as unknown as number, see),
    'a guard for either of two flags: has(A | B)': () =>
      section(() => (Number(storage.getStore()) & 3 ? 'kept' : 'open')),
    'a callee that restores what it did not save': () =>
      section(() => {
        storage.enterWith(0)
        return see()
      }),
  }
}

/** Makes each mistake; an error of ours is one that was noticed. */
async function outcomes(mistakes: Record<string, () => unknown>): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const [name, make] of Object.entries(mistakes)) {
    try {
      all[name] = await make()
    } catch (error) {
      if (!(error instanceof Error) || !/^(Scope|Range)Error$/.test(error.name)) throw error
      all[name] = 'noticed'
    }
  }
  return all
}

function count(all: Record<string, unknown>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const saw of Object.values(all)) counts[`${saw}`] = (counts[`${saw}`] ?? 0) + 1
  return counts
}

describe('seventeen ordinary mistakes', () => {
  let contexts: Record<string, unknown>
  let bridged: Record<string, unknown>
  let storage: Record<string, unknown>

  beforeAll(async () => {
    const { domain, mistakes } = withContexts()
    contexts = await outcomes(mistakes)
    using _ = follow(domain, new AsyncLocalStorage<Context<'svc'>>())
    bridged = await outcomes(mistakes)
    storage = await outcomes(withStorage())
  })

  test('with contexts, two stay open', () => {
    expect(count(contexts)).toEqual({ kept: 11, noticed: 4, open: 2 })
    const open = Object.keys(contexts).filter((name) => contexts[name] === 'open')
    expect(open).toEqual([
      'a library that asks currentOrUndefined after an await',
      'a listener, fired by another task',
    ])
  })

  test('with contexts and a bridge, one does', () => {
    expect(count(bridged)).toEqual({ kept: 13, noticed: 3, open: 1 })
    expect(bridged['a listener, fired by another task']).toBe('open')
  })

  test('with AsyncLocalStorage, four do, and three lose the store', () => {
    expect(count(storage)).toEqual({ kept: 8, open: 4, lost: 3, 'n/a': 2 })
  })

  test('the same seventeen everywhere', () => {
    expect(Object.keys(contexts)).toHaveLength(17)
    expect(Object.keys(storage)).toEqual(Object.keys(contexts))
  })
})
