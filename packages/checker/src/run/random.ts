/** Random: a small generator (Marsaglia's xorshift32), so that a seed means the same everywhere. */

/** @returns a function for whole numbers from 0 to less than what it is asked for. */
export function xorshift(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
