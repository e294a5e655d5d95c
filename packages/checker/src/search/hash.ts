/**
 * Hash of a row, in two parts. The first, its *sum*, is linear over the field of two elements: the sum of a row in which some bits
 * are flipped is that of the row, xor that of the bits. So whoever knows which bits a step flips has the sum of the state that
 * follows without looking at its row. The second spreads a sum, one to one, so that each of its bits depends on all.
 *
 * The sum is a polynomial in the words of the row over the field of 2^32 elements, as in a CRC: one step of Marsaglia's xorshift
 * ("Xorshift RNGs", 2003) multiplies by an element that generates the field.
 */

/** The linear part of the hash, of a row that begins at `from`. */
export function sumOf(rows: Int32Array, from: number, words: number): number {
  let sum = 0
  for (let at = from; at < from + words; at++) {
    sum ^= rows[at] as number
    sum ^= sum << 13
    sum ^= sum >>> 17
    sum ^= sum << 5
  }
  return sum
}

/** The hash that belongs to a sum (the finalizer of MurmurHash3: Appleby). */
export function spread(sum: number): number {
  let hashed = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b)
  hashed = Math.imul(hashed ^ (hashed >>> 13), 0xc2b2ae35)
  return hashed ^ (hashed >>> 16)
}

/** The hash of a row that begins at `from`. */
export function hash(rows: Int32Array, from: number, words: number): number {
  return spread(sumOf(rows, from, words))
}
