/** The buddy system alone, as one zone. */
import { Buddy, MIGRATE_MOVABLE, NO_PAGE } from '@scopemask/allocator'

export default (pages, slots) => {
  const buddy = new Buddy(pages)
  return {
    alloc: (order) => buddy.alloc(order, MIGRATE_MOVABLE),
    free: (page, order) => buddy.free(page, order),
    held: new Int32Array(slots),
    none: NO_PAGE,
    place: (page) => page,
  }
}
