import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from '../../src/check.js'
import { model } from '../../src/model/model.js'
import { DiskStore, type DiskStoreOptions } from '../../src/node/disk/disk-store.js'
import { Search } from '../../src/search/search.js'
import type { SearchOptions } from '../../src/search/search-options.js'
import { outcome } from '../outcome.js'
import { protocol } from '../protocol.js'
import { build, DIRECTED, plan } from '../random-machine.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'checker-disk-'))
})
afterAll(() => {
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

/** Does something with a store, which settles rows after so many. */
function withStore<T>(maxCollected: number, act: (store: DiskStore) => T): T {
  const store = new DiskStore({ folder, maxCollected })
  try {
    return act(store)
  } finally {
    store.close()
  }
}

/** What a search finds, but for the memory that it takes. */
const found = (search: Search) => ({ ...outcome(search), bytes: 0, livelocks: false })

const ALL: SearchOptions = { allDeadlocks: true, livelocks: false }

describe('a search on disk', () => {
  it('finds what one in memory finds, with the same numbers and the same ways', () => {
    const verdicts = new Set<string>()
    let arranged = 0
    withStore(256, (store) => {
      for (const drawn of [...DIRECTED.values(), ...fc.sample(plan, { numRuns: 50, seed: 12 })]) {
        for (const reduced of [true, false]) {
          const options = { ...ALL, symmetry: reduced, allDeadlocks: !reduced, maxDepth: 15 }
          const by = found(new Search(build(drawn), options))
          const machine = build(drawn)
          expect(found(new Search(machine, { ...options, store }))).toEqual(by)
          verdicts.add(by.verdict)
          arranged += machine.layout.arrangement
        }
      }
      expect(store.settlements).toBeGreaterThan(700)
    })
    expect([...verdicts]).toEqual(expect.arrayContaining(['safe', 'deadlock', 'bounded']))
    // Rows were arranged anew, on the way and with rows that were collected.
    expect(arranged).toBeGreaterThan(100)
  })

  it('goes through many states, in runs that are merged', () => {
    const options = { ...ALL, symmetry: false, partialOrder: false }
    const by = found(new Search(protocol(), options))
    withStore(2_000, (store) => {
      const machine = protocol()
      expect(found(new Search(machine, { ...options, store }))).toEqual(by)
      expect(store.settlements).toBeGreaterThan(by.depth + 10)
      // All states were made narrow once.
      expect(by.states).toBeGreaterThan(1 << 15)
      expect(machine.layout.arrangement).toBeGreaterThan(0)
      // Each is more than twice as long as the next.
      expect(store.runs).toBeLessThan(Math.log2(by.states))
      expect(store.stored).toBe(by.states * (2 * store.words + 1) * 4)
    })
  })

  it('decides claims as one in memory, by the same ways', () => {
    const counting = (at: number) =>
      model('counting', (m) => {
        const count = m.counter('count')
        const adders = m.replicate('adder', 3, () =>
          m.task('adder', function* () {
            const before = yield* count.get()
            yield* count.set(before + 1)
            yield* m.assert(before !== at, `it is not ${at}`)
          }),
        )
        m.sometimes(
          'two are lost',
          (state) => adders.every((each) => state.isDone(each)) && state.get(count) === 1,
        )
        m.always('no more than three', (state) => state.get(count) < 4)
      })
    withStore(256, (store) => {
      for (const at of [0, 2, 9]) {
        const { search, ...by } = check(counting(at), { livelocks: false })
        const { search: _, ...result } = check(counting(at), { store })
        expect(result).toEqual(by)
        expect(search.verdict).toBe(at < 9 ? 'violation' : 'safe')
      }
    })
  })

  it('says that livelocks were not looked for, and makes no snapshots', () => {
    withStore(256, (store) => {
      const search = new Search(protocol(), { store })
      search.advance()
      expect(() => search.snapshot()).toThrow('a search with a store has no states in memory')
      expect(search.run().livelocks).toBe(false)
    })
    expect(new Search(protocol()).run().livelocks).toBe(true)
  })
})

describe('a limit of a search on disk', () => {
  const search = (options: SearchOptions, store: Partial<DiskStoreOptions> = {}) => {
    const on = new DiskStore({ folder, ...store })
    try {
      const options2 = { symmetry: false, allDeadlocks: true, store: on, ...options }
      return { ...new Search(protocol(), options2).run(), stored: on.stored }
    } finally {
      on.close()
    }
  }

  it('of states is hardly exceeded', () => {
    for (const maxStates of [1, 100, 1_000, 10_000]) {
      const { states, bound, verdict } = search({ maxStates })
      expect({ bound, verdict }).toEqual({ bound: 'maxStates', verdict: 'bounded' })
      expect(states).toBeGreaterThan(maxStates)
      expect(states).toBeLessThan(maxStates + 25_000)
    }
  })

  it('of gigabytes is kept', () => {
    for (let maxGigabytes = 0.00002; maxGigabytes < 0.0004; maxGigabytes += 0.00003) {
      const { stored, bound } = search({ maxGigabytes })
      expect(bound).toBe('maxGigabytes')
      expect(stored).toBeLessThanOrEqual(maxGigabytes * 1e9)
    }
  })

  it('of gigabytes counts what is collected', () => {
    withStore(1_000, (store) => {
      for (let state = 0; state < 512; state++) store.stage(Int32Array.of(state), 0)
      expect([store.size, store.pending]).toEqual([0, 512])
      const before = store.storedFor(0)
      store.settle()
      expect(store.stored).toBe(512 * 3 * 4)
      expect(before).toBeGreaterThanOrEqual(store.stored)
    })
  })

  it('of megabytes is kept by the store', () => {
    const { bytes, verdict, states } = search({}, { maxMegabytes: 1 })
    expect(verdict).toBe('deadlock')
    expect(states).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThan(1.1e6)
  })
})

describe('the folder of a store', () => {
  it('has to be there, and to be one', () => {
    const none = join(folder, 'none')
    expect(() => new DiskStore({ folder: none })).toThrow(/^.*none cannot be used: ENOENT/)
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => new DiskStore({ folder: file })).toThrow(
      `${file} cannot be used: it is not a folder`,
    )
    rmSync(file)
  })

  it('is cleared of what processes have left that are gone, and of nothing else', () => {
    const name = (host: string, process: number | string) =>
      `search-on-disk.${host}.${process}.AbCdEf`
    // No process has this number: Linux has 2^22 of them at most.
    const left = name(hostname(), 2 ** 22 + 1)
    const others = [
      name(hostname(), process.ppid),
      name('elsewhere', 2 ** 22 + 1),
      name(hostname(), 'x'),
    ]
    for (const each of [left, ...others]) {
      mkdirSync(join(folder, each))
      writeFileSync(join(folder, each, '0'), 'rows')
    }
    expect(withStore(256, ({ leftovers }) => leftovers)).toBe(1)
    expect(readdirSync(folder).sort()).toEqual([...others].sort())
    for (const each of others) rmSync(join(folder, each), { recursive: true })
  })

  it('lies in the one that was given, and is removed', () => {
    withStore(256, () => expect(readdirSync(folder)).toHaveLength(1))
    expect(existsSync(folder)).toBe(true)
    expect(readdirSync(folder)).toEqual([])
  })
})
