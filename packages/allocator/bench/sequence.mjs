/**
 * Sequence: the operations that every contender performs. There are a number of slots; each operation draws one, and frees what
 * it holds, or allocates something for it. So half of the slots are held, and lifetimes are random.
 * 205 of 256 blocks have order 0, 38 orders 1 to 3, 13 orders 4 to 9. buddy.c has the same operations in C.
 */

const SEED = 20160427
/** So many at a time, so that a new call can use what the optimizer has made of the last. */
const AT_ONCE = 16_384

/**
 * Performs operations on a contender that is fresh. It has `alloc(order)`, which returns a block or `none`; `free(block, order)`;
 * `held`, an array for blocks; and `place(block)`, the number of a block.
 *
 * @param slots a power of two: twice as many as there are live blocks
 * @param operations of each round, a multiple of 16,384. As many for each slot as 4 come first, untimed
 * @returns how long each round took in nanoseconds; how many operations found no block; and the sum of the
 *   places modulo 2^32, by which contenders that must choose the same ones are compared
 */
export function perform({ alloc, free, held, none, place }, slots, operations, rounds) {
  const orders = new Int8Array(slots).fill(-1)
  let seed = SEED
  let sum = 0
  let failed = 0

  const some = (count) => {
    for (let i = 0; i < count; i++) {
      seed ^= seed << 13
      seed ^= seed >>> 17
      seed ^= seed << 5
      const slot = (seed >>> 8) & (slots - 1)
      const order = orders[slot]
      if (order >= 0) {
        free(held[slot], order)
        orders[slot] = -1
        continue
      }
      const kind = seed & 0xff
      const wanted = kind < 205 ? 0 : kind < 243 ? 1 + (kind % 3) : 4 + (kind % 6)
      const block = alloc(wanted)
      if (block === none) {
        failed++
        continue
      }
      held[slot] = block
      orders[slot] = wanted
      sum = (sum + place(block)) | 0
    }
  }

  const nanoseconds = []
  for (let done = 0; done < 4 * slots; done += AT_ONCE) some(AT_ONCE)
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    for (let done = 0; done < operations; done += AT_ONCE) some(AT_ONCE)
    nanoseconds.push(Number(process.hrtime.bigint() - start))
  }
  return { nanoseconds, failed, sum: sum >>> 0 }
}
