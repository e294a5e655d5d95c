import { describe, expect, it } from 'vitest'
import { Search } from '../src/search/search.js'
import type { SearchOptions } from '../src/search/search-options.js'
import { StateTable } from '../src/search/state-table.js'
import { protocol } from './protocol.js'

const search = (options: SearchOptions) =>
  new Search(protocol(), { symmetry: false, allDeadlocks: true, ...options }).run()
const all = search({})

describe('a limit', () => {
  it.each<[keyof SearchOptions, number]>([
    ['maxStates', 3_000],
    ['maxDepth', 4],
    ['maxSeconds', 1e-9],
    ['maxMegabytes', 0.3],
  ])('%s stops the search, which then claims nothing', (name, limit) => {
    const stopped = search({ [name]: limit })
    expect(stopped).toMatchObject({ bound: name, deadlocks: [], verdict: 'bounded' })
    expect(stopped.states).toBeLessThan(all.states)
  })

  it('of states and of memory is hardly exceeded', () => {
    for (const maxStates of [1, 100, 1_000, 3_000, 10_000]) {
      const { states, bound } = search({ maxStates })
      expect(bound).toBe('maxStates')
      expect(states).toBeLessThan(maxStates * 1.1 + 500)
    }
    for (const maxMegabytes of [0.1, 0.2, 0.3]) {
      const { bytes, bound } = search({ maxMegabytes })
      expect(bound).toBe('maxMegabytes')
      expect(bytes).toBeLessThanOrEqual(maxMegabytes * 1e6)
    }
  })

  it('of memory is not exceeded for states that are expected, where there is no room for them', () => {
    for (const maxMegabytes of [0.35, 0.36, 0.37, 0.38]) {
      const { bytes, bound } = search({ maxMegabytes, partialOrder: false })
      expect(bound).toBe('maxMegabytes')
      expect(bytes).toBeLessThanOrEqual(maxMegabytes * 1e6)
    }
  })

  it('of depth is exact: a deadlock is found from its depth on', () => {
    const { depth } = search({ allDeadlocks: false })
    expect(search({ allDeadlocks: false, maxDepth: depth }).verdict).toBe('deadlock')
    expect(search({ allDeadlocks: false, maxDepth: depth - 1 })).toMatchObject({
      verdict: 'bounded',
      depth,
    })
  })

  it('that is not reached changes nothing', () => {
    const limits = { maxStates: all.states, maxDepth: all.depth, maxSeconds: 60, maxMegabytes: 9 }
    expect({ ...search(limits), seconds: 0 }).toEqual({ ...all, seconds: 0 })
  })

  it('of memory stops a search that goes on from a snapshot where it stops any other', () => {
    const options = { symmetry: false, allDeadlocks: true }
    const sizes = all.bytes / 1e6
    let resumed = 0
    for (const maxMegabytes of [0.4, 0.55, 0.7, 0.85, 0.99].map((share) => share * sizes)) {
      const one = new Search(protocol(), { ...options, maxMegabytes })
      const snapshots = []
      let alone = one.advance()
      for (; alone === null; alone = one.advance()) {
        snapshots.push(structuredClone(one.snapshot()))
      }
      expect(alone.bound).toBe('maxMegabytes')
      for (const snapshot of snapshots.slice(-3)) {
        const other = new Search(protocol(), { ...options, maxMegabytes })
        other.resume(snapshot)
        const { states, bound } = other.run()
        expect({ states, bound }).toEqual({ states: alone.states, bound: alone.bound })
        resumed++
      }
    }
    expect(resumed).toBe(15)
  })

  it('of memory counts what states need, not what was made for those that are expected', () => {
    const table = new StateTable(2)
    const add = (to: number): void => {
      while (table.size < to) {
        table.stage(Int32Array.of(table.size, 1), -1)
        table.flush()
      }
    }
    table.expect(40_000)
    add(6_000)
    // 65,536 slots, where 16,384 are enough.
    expect(table.bytes).toBe((6_000 * 3 + 65_536) * 4)
    expect(table.bytesFor(6_000)).toBe((6_000 * 3 + 16_384) * 4)
    expect(table.bytes).toBeLessThan(table.bytesFor(40_000))
    // With wider rows those that are expected may have no room.
    const [row, wider] = [new Int32Array(2), new Int32Array(5)]
    table.repack(5, (from, count, to) => {
      for (let state = 0; state < count; state++) {
        row.set(from.subarray(2 * state, 2 * state + 2))
        wider.set(row)
        to.set(wider, 5 * state)
      }
    })
    expect(table.bytes).toBe(table.bytesFor(6_000))
    // The first of them is there already.
    for (let state = 5_999; state < 11_000; state++) {
      table.stage(Int32Array.of(state, 1, 0, 0, 0), -1)
    }
    table.flush()
    expect(table.size).toBe(11_000)
    expect(table.bytes).toBe(table.bytesFor(11_000))
  })
})
