/**
 * Orders that the hot loops of the page allocator know. An enum, because the build writes its values out; a constant that a module
 * exports is looked up each time, and that alone takes the buddy system 10% longer.
 */
export enum Order {
  /** Larger blocks are not kept per CPU: PAGE_ALLOC_COSTLY_ORDER. */
  COSTLY = 3,
  /** The unit that has a migratetype: 2 MiB. */
  PAGEBLOCK = 9,
  /** The largest block: 4 MiB. */
  HIGHEST = 10,
}

/** Returns true if blocks of this order exist. */
export function isOrder(order: number): boolean {
  return Number.isInteger(order) && order >= 0 && order <= Order.HIGHEST
}
