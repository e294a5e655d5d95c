/** Fallback: where pages come from when their migratetype has none (mm/page_alloc.c, fallbacks and find_suitable_fallback, 6.1). */
import { MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE } from '../gfp/migratetype.js'
import { Order } from './order.js'

/** The order of a pageblock, the unit that has a migratetype: 2 MiB. */
export const PAGEBLOCK_ORDER: number = Order.PAGEBLOCK

/** Which lists are tried, first to last, by the migratetype that has run out. */
export const FALLBACKS: readonly (readonly number[])[] = [
  [MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE],
  [MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE],
  [MIGRATE_UNMOVABLE, MIGRATE_MOVABLE],
]

/** Where to take a block from. */
export interface Fallback {
  /** The migratetype, -1 for none. */
  readonly migratetype: number
  /** True if the whole pageblock may change its migratetype; null where no block is free at all, and so nothing was looked at. */
  readonly steal: boolean | null
}

/** The free blocks of one order (struct free_area). */
export interface FreeArea {
  /** How many there are, of all migratetypes (nr_free): only whether it is 0 matters here. */
  readonly free: number
  /** A bit per migratetype whose list is not empty. */
  readonly lists: number
}

/**
 * Returns true if a request may turn whole pageblocks over to its migratetype (can_steal_fallback; should_try_claim_block since 6.15). Unmovable and reclaimable pages stay, so they had
 * better stay together; movable ones do it only for large blocks.
 */
export function mayClaim(order: number, migratetype: number, mobilityDisabled = false): boolean {
  return order >= PAGEBLOCK_ORDER >> 1 || migratetype !== MIGRATE_MOVABLE || mobilityDisabled
}

/**
 * Finds the list to take a block from.
 *
 * @param area the free blocks of this order
 * @param migratetype what the request wants: unmovable, movable or reclaimable
 * @param onlyStealable true if only a whole pageblock will do
 */
export function findSuitableFallback(
  { free, lists }: FreeArea,
  order: number,
  migratetype: number,
  onlyStealable: boolean,
  mobilityDisabled = false,
): Fallback {
  if (free === 0) return { migratetype: -1, steal: null }
  let steal = false
  for (const other of FALLBACKS[migratetype] ?? []) {
    if ((lists & (1 << other)) === 0) continue
    steal = mayClaim(order, migratetype, mobilityDisabled)
    if (!onlyStealable || steal) return { migratetype: other, steal }
  }
  return { migratetype: -1, steal }
}
