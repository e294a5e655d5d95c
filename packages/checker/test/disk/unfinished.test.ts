import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Machine } from '../../src/machine/machine.js'
import { DamagedFile } from '../../src/node/damaged-file.js'
import { DiskStore } from '../../src/node/disk/disk-store.js'
import { unfinishedIn } from '../../src/node/disk/unfinished-search.js'
import { DiskError } from '../../src/node/disk-error.js'
import { ChangedMachine } from '../../src/node/saved-search.js'
import type { SearchResult } from '../../src/search/result.js'
import { Search } from '../../src/search/search.js'
import type { SearchOptions } from '../../src/search/search-options.js'
import { outcome, outcomeOf } from '../outcome.js'
import { protocol } from '../protocol.js'
import { build, DIRECTED, type Plan, plan } from '../random-machine.js'
import { type FaultKind, FaultyDisk, Killed } from './faulty-disk.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checker-unfinished-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What is said of a search on disk. */
type Said = ReturnType<typeof outcomeOf>

interface Searched {
  readonly machine: () => Machine
  readonly options: SearchOptions
  /** How many rows are collected before they are settled. */
  readonly maxCollected: number
  /** How often it is saved, in calls of `advance`. */
  readonly every: number
}

const ALL: SearchOptions = { allDeadlocks: true, livelocks: false }

/** Goes on with what is in the folder, or begins, and comes to the end or to a fault. @returns what was found; null when that was the fault. */
function attempt(
  { machine, options, maxCollected, every }: Searched,
  disk: FaultyDisk,
): Said | null {
  let store: DiskStore | null = null
  return disk.run(() => {
    try {
      const [unfinished = null] = unfinishedIn(folder)
      store = new DiskStore({ folder, maxCollected, unfinished })
      const search = new Search(machine(), { ...options, store })
      if (unfinished !== null) store.goOn(search)
      let result: SearchResult | null = null
      for (let calls = 1; result === null; calls++) {
        result = search.advance()
        if (calls % every === 0 && result === null) store.save(search, 'this one')
      }
      const said = { ...outcomeOf(search, result), bytes: 0 }
      store.close()
      return said
    } catch (thrown) {
      if (thrown instanceof Killed || thrown instanceof DiskError) {
        // What a disk refuses is known to the process, which leaves what it has saved.
        if (!(thrown.cause instanceof Killed) && !(thrown instanceof Killed)) store?.leave()
        return null
      }
      throw thrown
    }
  })
}

/** The process that had a folder is there no more. */
function bury(): void {
  for (const name of readdirSync(folder)) {
    const rest = name.slice(name.lastIndexOf('.'))
    if (name.includes('.unfinished.')) continue
    renameSync(
      join(folder, name),
      join(folder, `search-on-disk.${hostname()}.${2 ** 22 + 1}${rest}`),
    )
  }
}

/** Goes on again and again, each time until the disk fails after some changes. @returns how often that was, and what was found. */
function throughFaults(searched: Searched, kinds: readonly FaultKind[], after: readonly number[]) {
  // What another one has left that failed is of no use.
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
  for (let faults = 0; ; faults++) {
    const kind = kinds[faults % kinds.length] as FaultKind
    // More each time, so that it comes to an end.
    const changes = (after[faults % after.length] as number) + faults * 8
    const said = attempt(searched, new FaultyDisk(kind, changes))
    bury()
    if (said !== null) return { faults, said }
  }
}

describe('a search on disk that is stopped', () => {
  it('comes to the same in the end, wherever it was killed, the computer stopped, or the disk was full or only read', () => {
    let faults = 0
    const kind = fc.constantFrom<FaultKind>('killed', 'stopped', 'full', 'read only')
    fc.assert(
      fc.property(
        fc.oneof(plan, fc.constantFrom(...DIRECTED.values())),
        fc.record({ partialOrder: fc.boolean(), symmetry: fc.boolean() }),
        fc.array(kind, { minLength: 1, maxLength: 3 }),
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        (drawn, reductions, kinds, after, every) => {
          const options = { ...ALL, ...reductions, maxDepth: 12 }
          const machine = () => build(drawn, { wide: true })
          const whole = { ...outcome(new Search(machine(), options)), bytes: 0, livelocks: false }
          const found = throughFaults({ machine, options, maxCollected: 256, every }, kinds, after)
          expect(found.said).toEqual(whole)
          expect(readdirSync(folder)).toEqual([])
          faults += found.faults
        },
      ),
      { numRuns: 20, seed: 5 },
    )
    expect(faults).toBeGreaterThan(40)
  })

  it('is gone on from where it was saved last, and not from the beginning', () => {
    const options = { ...ALL, symmetry: false }
    const store = new DiskStore({ folder, maxCollected: 2_000 })
    const search = new Search(protocol(), { ...options, store })
    for (let calls = 0; calls < 9; calls++) search.advance()
    store.save(search, { of: 'protocol' })
    const { state, transitions } = search.standing()
    const [size, pending] = [store.size, store.pending]
    for (let calls = 0; calls < 3; calls++) search.advance()
    const path = store.leave()
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([path])

    const [unfinished = null] = unfinishedIn<{ of: string }>(folder)
    expect(unfinished).toMatchObject({ path, about: { of: 'protocol' }, isElsewhere: false })
    const again = new DiskStore({ folder, maxCollected: 2_000, unfinished })
    const other = new Search(protocol(), { ...options, store: again })
    again.goOn(other)
    expect(other.standing()).toMatchObject({ state, transitions })
    expect([again.size, again.pending]).toEqual([size, pending])
    expect(pending).toBeGreaterThan(0)
    // It was not saved anew, and is left as it was.
    expect(again.leave()).toBe(path)
    const [left = null] = unfinishedIn(folder)
    expect(left).toEqual(unfinished)
  })

  it('takes no more of the disk than is said, at any time, with what only its checkpoint needs', () => {
    const options = { ...ALL, symmetry: false, partialOrder: false }
    /**
     * Saves a search and goes on, some times.
     * @param found by time, how many rows are going to be found; empty where that is not known.
     * @returns how many were.
     */
    const goOn = (found: readonly number[]): readonly number[] => {
      const rows: number[] = []
      const bytes = (): number => {
        const path = join(folder, readdirSync(folder)[0] ?? '')
        return readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0)
      }
      let most = 0
      let discarded = 0
      const disk = new FaultyDisk('full', Number.POSITIVE_INFINITY, () => {
        most = Math.max(most, bytes())
      })
      disk.run(() => {
        const store = new DiskStore({ folder, maxCollected: 1_000 })
        const stage = store.stage.bind(store)
        store.stage = (row, parent) => {
          rows[rows.length - 1] = (rows.at(-1) ?? 0) + 1
          stage(row, parent)
        }
        const search = new Search(protocol(), { ...options, store })
        for (let call = 0; call < 40; call++) {
          const limit = store.storedFor(found[call] ?? 0)
          most = 0
          if (call % 3 === 0) store.save(search, '')
          rows.push(0)
          if (search.advance() !== null) break
          // The first checkpoint is not reckoned with, which is small.
          if (found.length > 0 && call > 0) expect(most).toBeLessThanOrEqual(limit)
          expect(store.stored).toBe(bytes())
          discarded = Math.max(discarded, bytes() - store.size * (2 * store.words + 1) * 4)
        }
        store.close()
      })
      expect(discarded).toBeGreaterThan(10_000)
      return rows
    }
    goOn(goOn([]))
    expect(readdirSync(folder)).toEqual([])
  })

  it('comes to the same where runs are merged and all states are arranged anew', () => {
    const options = { ...ALL, symmetry: false, partialOrder: false }
    const whole = { ...outcome(new Search(protocol(), options)), bytes: 0 }
    expect(whole.states).toBeGreaterThan(1 << 15)
    const searched = { machine: protocol, options, maxCollected: 2_000, every: 5 }
    const { faults, said } = throughFaults(
      searched,
      ['killed', 'stopped', 'full', 'read only'],
      [60, 90, 37],
    )
    expect(said).toEqual(whole)
    expect(faults).toBeGreaterThan(8)
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a search on disk that was left', () => {
  const options = { ...ALL, symmetry: false }
  let path = ''
  beforeEach(() => {
    const store = new DiskStore({ folder, maxCollected: 1_000 })
    const search = new Search(protocol(), { ...options, store })
    for (let calls = 0; calls < 20; calls++) search.advance()
    store.save(search, '')
    path = store.leave() ?? ''
  })

  /** Goes on with it, or tries to. */
  const goOn = (machine = protocol()): SearchResult => {
    const [unfinished = null] = unfinishedIn(folder)
    const store = new DiskStore({ folder, unfinished })
    try {
      const search = new Search(machine, { ...options, store })
      if (unfinished !== null) store.goOn(search)
      return search.run()
    } finally {
      store.leave()
    }
  }

  it('is not gone on from where any of its files is cut, missing or has a wrong bit', () => {
    const names = readdirSync(path)
    expect(names.length).toBeGreaterThan(4)
    for (const name of names) {
      const file = join(path, name)
      const good = readFileSync(file)
      // A run of no rows.
      if (good.length === 0) continue
      const wrong = Buffer.from(good)
      for (const at of [0, good.length >> 1, good.length - 1]) {
        wrong[at] = (good[at] as number) ^ 16
        writeFileSync(file, wrong)
        expect(goOn, `${name} at ${at}`).toThrow(DamagedFile)
        wrong[at] = good[at] as number
      }
      writeFileSync(file, good.subarray(0, -4))
      expect(goOn, name).toThrow(DamagedFile)
      writeFileSync(file, good)
      // Without a checkpoint there is nothing that could be gone on from.
      if (name === 'checkpoint') continue
      rmSync(file)
      expect(goOn, name).toThrow(DamagedFile)
      writeFileSync(file, good)
    }
    expect(goOn().states).toBe(new Search(protocol(), options).run().states)
  })

  it('is not gone on from by a search of another machine', () => {
    expect(() => goOn(build(DIRECTED.values().next().value as Plan))).toThrow(ChangedMachine)
    expect(unfinishedIn(folder)).toHaveLength(1)
  })

  it('is one process’s alone', () => {
    const [unfinished = null] = unfinishedIn(folder)
    const store = new DiskStore({ folder, unfinished })
    expect(unfinishedIn(folder)).toEqual([])
    expect(() => new DiskStore({ folder, unfinished })).toThrow(
      `${unfinished?.path} cannot be taken over: another process goes on with it`,
    )
    store.close()
  })

  it('is known by the process that has it: its number may be that of another one by now', () => {
    const began = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ')[19] ?? ''
    const as = (holder: string): string => {
      const renamed = join(folder, `search-on-disk.${holder}.AbCdEf`)
      renameSync(path, renamed)
      path = renamed
      return unfinishedIn(folder)
        .map(({ isElsewhere }) => (isElsewhere ? 'elsewhere' : 'left'))
        .join()
    }
    expect(as(`${hostname()}.${process.pid}-${began}`)).toBe('')
    expect(as(`${hostname()}.${process.pid}`)).toBe('')
    expect(as(`${hostname()}.${process.pid}-1`)).toBe('left')
    expect(as(`${hostname()}.${2 ** 22 + 1}-${began}`)).toBe('left')
    expect(as(`another.host.7-${began}`)).toBe('elsewhere')
    expect(unfinishedIn(folder)[0]?.pathOnceLeft).toBe(
      join(folder, 'search-on-disk.unfinished.AbCdEf'),
    )
    expect(as('unfinished')).toBe('left')
  })
})
