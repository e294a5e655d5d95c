/** @thi.ng/malloc: a list of used blocks and one of free blocks, both searched from the beginning. */
import { MemPool } from '@thi.ng/malloc'

export default (pages, slots) => {
  const pool = new MemPool({ size: pages * 4096 })
  return {
    alloc: (order) => pool.malloc(4096 << order),
    free: (address) => pool.free(address),
    held: new Int32Array(slots),
    none: 0,
    place: (address) => address,
  }
}
