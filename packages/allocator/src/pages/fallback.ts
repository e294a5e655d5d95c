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
  /** Whether the whole pageblock may change its migratetype. */
  readonly steal: boolean
}

/**
 * Whether a request may turn whole pageblocks over to its migratetype. Unmovable and reclaimable pages stay, so they had
 * better stay together; movable ones do it only for large blocks.
 */
function maySteal(order: number, migratetype: number, mobilityDisabled: boolean): boolean {
  return order >= PAGEBLOCK_ORDER >> 1 || migratetype !== MIGRATE_MOVABLE || mobilityDisabled
}

/**
 * Finds the list to take a block from.
 *
 * @param migratetype what the request wants: unmovable, movable or reclaimable
 * @param onlyStealable whether only a whole pageblock will do
 * @param lists a bit per migratetype whose list of this order is not empty
 */
export function findSuitableFallback(
  order: number,
  migratetype: number,
  onlyStealable: boolean,
  lists: number,
  mobilityDisabled = false,
): Fallback {
  let steal = false
  for (const other of FALLBACKS[migratetype] ?? []) {
    if ((lists & (1 << other)) === 0) continue
    steal = maySteal(order, migratetype, mobilityDisabled)
    if (!onlyStealable || steal) return { migratetype: other, steal }
  }
  return { migratetype: -1, steal }
}
