/** Migratetype: which pages a request's page is kept together with (include/linux/gfp.h, gfp_migratetype). */
import { GFP_MOVABLE_MASK } from './flags.js'

/** The page stays where it is until it is freed. */
export const MIGRATE_UNMOVABLE = 0
/** The page can be moved. */
export const MIGRATE_MOVABLE = 1
/** The page cannot be moved, but a shrinker can free it. */
export const MIGRATE_RECLAIMABLE = 2
/** The pageblock is kept for high-order atomic requests. */
export const MIGRATE_HIGHATOMIC = 3

/**
 * The migratetype of a request. Movable and reclaimable at once contradict each other: the kernel
 * warns with CONFIG_DEBUG_VM and takes MIGRATE_HIGHATOMIC, and so does this.
 */
export function gfpMigratetype(gfp: number, pageGroupByMobilityDisabled = false): number {
  if (pageGroupByMobilityDisabled) return MIGRATE_UNMOVABLE
  return (gfp & GFP_MOVABLE_MASK) >>> 3
}

/** Returns true if the mobility flags of a request contradict each other. */
export function gfpMobilityInvalid(gfp: number): boolean {
  return (gfp & GFP_MOVABLE_MASK) === GFP_MOVABLE_MASK
}
