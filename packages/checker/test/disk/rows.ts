/** Rows: what runs are made of, for tests: many of them have the same key, which random ones hardly ever do. */
import fc from 'fast-check'
import { keyOf } from '../../src/node/disk/sorter.js'

/** Undoes the last part of making a key. */
function undone(key: number): number {
  let word = key ^ (key >>> 16)
  word = Math.imul(word, 0x7ed1b41d)
  word ^= (word >>> 13) ^ (word >>> 26)
  word = Math.imul(word, 0xa5cb9243)
  return word ^ (word >>> 16)
}

/** The row that has this key and these other words. */
export function rowWith(key: number, rest: readonly number[]): number[] {
  const other = keyOf(Int32Array.of(0, ...rest), 0, rest.length + 1)
  return [undone(key) ^ undone(other), ...rest]
}

const word = fc.oneof(fc.nat(2), fc.constantFrom(-1, -(2 ** 31), 2 ** 31 - 1), fc.integer())

/** Different rows of so many words, of which many have the same key. */
export const distinctRows = (words: number, maxLength = 100): fc.Arbitrary<number[][]> => {
  const rest = fc.array(word, { minLength: words - 1, maxLength: words - 1 })
  const row = fc.tuple(word, rest).map(([key, others]) => rowWith(key, others))
  return fc.uniqueArray(row, { maxLength, selector: (each) => each.join() })
}

/** A row with its key for its first word. */
export function keyed(row: readonly number[]): number[] {
  return [keyOf(Int32Array.from(row), 0, row.length), ...row.slice(1)]
}

/** The order of keyed rows: by words, as signed numbers. */
export function inOrder(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, index) => each !== b[index])
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number)
}

/** Cuts an array of words into rows. */
export function rowsOf(words: Int32Array, count: number, length: number): number[][] {
  return Array.from({ length: count }, (_, at) => [
    ...words.subarray(at * length, (at + 1) * length),
  ])
}
