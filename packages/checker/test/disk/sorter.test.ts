import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf, Sorter } from '../../src/node/disk/sorter.js'
import { distinctRows, inOrder, keyed, rowsOf, rowWith } from './rows.js'

describe('the sorter', () => {
  it('sorts keyed rows, and tells which each of them was', () => {
    const sorter = new Sorter()
    const some = fc
      .integer({ min: 1, max: 4 })
      .chain((words) => fc.tuple(fc.constant(words), distinctRows(words)))
    fc.assert(
      fc.property(some, ([words, rows]) => {
        sorter.sort(Int32Array.from(rows.flat()), rows.length, words)
        const sorted = rowsOf(sorter.rows, rows.length, words)
        expect(sorted).toEqual(rows.map(keyed).sort(inOrder))
        const order = [...sorter.order.subarray(0, rows.length)]
        expect(sorted).toEqual(order.map((at) => keyed(rows[at] as number[])))
      }),
      { numRuns: 100 },
    )
  })
})

describe('a key', () => {
  it('can be undone: rows that differ in their first word alone have different ones', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 4 }), (row) => {
        const [key, ...rest] = keyed(row)
        expect(rowWith(key as number, rest)).toEqual(row)
      }),
    )
  })

  it('looks random, so that it decides nearly every comparison', () => {
    const keys = new Set<number>()
    const rows = 300_000
    for (let at = 0; at < rows; at++) {
      keys.add(keyOf(Int32Array.of(at & 63, (at >>> 6) & 63, at >>> 12, 0), 0, 4))
    }
    // Random ones have 10.5 collisions among 2^32, and more than 30 with a probability of 10^-7.
    expect(rows - keys.size).toBeLessThan(30)
  })
})
