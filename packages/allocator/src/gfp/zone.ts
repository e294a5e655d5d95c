/** Zone: which zone a request may reach at the highest (include/linux/gfp.h, gfp_zone). */
import { __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, __GFP_MOVABLE, GFP_ZONEMASK } from './flags.js'

/** The names of zones, lowest first in every configuration (include/linux/mmzone.h, enum zone_type). */
export type ZoneName =
  | 'ZONE_DMA'
  | 'ZONE_DMA32'
  | 'ZONE_NORMAL'
  | 'ZONE_HIGHMEM'
  | 'ZONE_MOVABLE'
  | 'ZONE_DEVICE'

/** The zones of a Debian amd64 kernel. */
export const ZONES_AMD64: readonly ZoneName[] = [
  'ZONE_DMA',
  'ZONE_DMA32',
  'ZONE_NORMAL',
  'ZONE_MOVABLE',
  'ZONE_DEVICE',
]

/** What {@link gfpZone} finds. */
export interface GfpZone {
  readonly name: ZoneName
  /** The index in the configured zones. */
  readonly index: number
  /** The modifiers contradict each other. A kernel with CONFIG_DEBUG_VM stops here; others use the first zone. */
  readonly bad: boolean
}

/** A zone for each combination of the modifiers, undefined where they contradict each other. */
const WANTED: ReadonlyMap<number, ZoneName> = new Map<number, ZoneName>([
  [0, 'ZONE_NORMAL'],
  [__GFP_DMA, 'ZONE_DMA'],
  [__GFP_HIGHMEM, 'ZONE_HIGHMEM'],
  [__GFP_DMA32, 'ZONE_DMA32'],
  // Movable alone says how the page will be used; only with highmem it says where it may be.
  [__GFP_MOVABLE, 'ZONE_NORMAL'],
  [__GFP_MOVABLE | __GFP_DMA, 'ZONE_DMA'],
  [__GFP_MOVABLE | __GFP_HIGHMEM, 'ZONE_MOVABLE'],
  [__GFP_MOVABLE | __GFP_DMA32, 'ZONE_DMA32'],
])

/**
 * The highest zone that may serve a request, among the zones that are configured. A zone that is
 * not configured is ZONE_NORMAL.
 * @throws RangeError when the configuration has no ZONE_NORMAL.
 */
export function gfpZone(gfp: number, zones: readonly ZoneName[] = ZONES_AMD64): GfpZone {
  const normal = zones.indexOf('ZONE_NORMAL')
  const first = zones[0]
  if (normal < 0 || first === undefined) throw new RangeError('every configuration has ZONE_NORMAL')
  const wanted = WANTED.get(gfp & GFP_ZONEMASK)
  if (wanted === undefined) return { name: first, index: 0, bad: true }
  const index = zones.indexOf(wanted)
  return index < 0
    ? { name: 'ZONE_NORMAL', index: normal, bad: false }
    : { name: wanted, index, bad: false }
}
