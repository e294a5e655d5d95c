/** alloc: a buddy allocator that hands out Buffers, with an array for each free list. */
import alloc from 'alloc'

export default (pages, slots) => {
  const buddy = new alloc.BuddyAllocator(Buffer.alloc(pages * 4096), { minSize: 4096 })
  return {
    alloc: (order) => buddy.alloc(4096 << order),
    free: (block) => buddy.free(block),
    held: new Array(slots).fill(null),
    none: null,
    place: (block) => block.byteOffset,
  }
}
