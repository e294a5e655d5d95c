import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiskStore } from '../src/node/disk/disk-store.js'
import { Search, type SearchOptions } from '../src/search/search.js'
import { outcome } from './outcome.js'
import { protocol } from './protocol.js'
import { build, DIRECTED, plan } from './random-machine.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'checker-disk-'))
})
afterAll(() => {
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

/** What a search finds whose rows are settled after so many. */
function onDisk(search: (store: DiskStore) => Search, maxCollected: number) {
  const store = new DiskStore({ folder, maxCollected })
  try {
    return { ...outcome(search(store)), bytes: 0, settlements: store.settlements }
  } finally {
    store.close()
  }
}

describe('a search on disk', () => {
  it('finds what one in memory finds, with the same numbers and the same ways', () => {
    const verdicts = new Set<string>()
    for (const drawn of [...DIRECTED.values(), ...fc.sample(plan, { numRuns: 40, seed: 12 })]) {
      for (const symmetry of [true, false]) {
        const options: SearchOptions = { symmetry, allDeadlocks: true, livelocks: false }
        const by = { ...outcome(new Search(build(drawn), { ...options, maxDepth: 40 })), bytes: 0 }
        const { settlements, ...found } = onDisk(
          (store) => new Search(build(drawn), { ...options, maxDepth: 40, store }),
          256,
        )
        verdicts.add(found.verdict)
        expect(found).toEqual(by)
        expect(settlements).toBeGreaterThan(0)
      }
    }
    expect([...verdicts]).toEqual(expect.arrayContaining(['safe', 'deadlock']))
  })

  it('goes through many states, in many runs', () => {
    const options: SearchOptions = { symmetry: false, allDeadlocks: true, livelocks: false }
    const by = { ...outcome(new Search(protocol(), options)), bytes: 0 }
    const { settlements, ...found } = onDisk(
      (store) => new Search(protocol(), { ...options, store }),
      3_000,
    )
    expect(found).toEqual(by)
    expect(settlements).toBeGreaterThan(by.depth)
  })
})
