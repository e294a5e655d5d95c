/** Zone: which zone a request may reach at the highest (include/linux/gfp.h, gfp_zone, 6.1 and 6.18). */
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

/** A zone for each combination of the modifiers that makes sense. */
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

/** Returns true if the zone modifiers of a request contradict each other (GFP_ZONE_BAD). */
export function gfpZoneBad(gfp: number): boolean {
  return !WANTED.has(gfp & GFP_ZONEMASK)
}

/**
 * The highest zone for each of the 16 combinations of the zone modifiers, as indexes in the configured zones
 * (GFP_ZONE_TABLE). A zone that is not configured is ZONE_NORMAL; modifiers that contradict each other find the
 * first zone, as in a kernel without CONFIG_DEBUG_VM.
 *
 * @throws RangeError when the configuration has no ZONE_NORMAL.
 */
export function gfpZoneTable(zones: readonly ZoneName[]): Uint8Array {
  const normal = zones.indexOf('ZONE_NORMAL')
  if (normal < 0) throw new RangeError(`no ZONE_NORMAL among ${zones.join(', ') || 'no zones'}`)
  const table = new Uint8Array(GFP_ZONEMASK + 1)
  for (const [modifiers, zone] of WANTED) {
    const index = zones.indexOf(zone)
    table[modifiers] = index < 0 ? normal : index
  }
  return table
}

/** The index of ZONE_NORMAL among the zones of amd64. */
export const ZONE_NORMAL = ZONES_AMD64.indexOf('ZONE_NORMAL')

const AMD64 = gfpZoneTable(ZONES_AMD64)

/** The index of the highest zone that may serve a request. For hot paths: one look-up. */
export function gfpZoneIndex(gfp: number, table: Uint8Array = AMD64): number {
  return table[gfp & GFP_ZONEMASK] as number
}

/** What {@link gfpZone} finds. */
export interface GfpZone {
  /** The name of the zone. */
  readonly name: ZoneName
  /** The index in the configured zones. */
  readonly index: number
  /** The modifiers contradict each other. A kernel with CONFIG_DEBUG_VM stops here; others use the first zone. */
  readonly bad: boolean
}

/**
 * The highest zone that may serve a request, among the zones that are configured.
 * @throws RangeError when the configuration has no ZONE_NORMAL.
 */
export function gfpZone(gfp: number, zones: readonly ZoneName[] = ZONES_AMD64): GfpZone {
  const index = gfpZoneIndex(gfp, gfpZoneTable(zones))
  return { name: zones[index] as ZoneName, index, bad: gfpZoneBad(gfp) }
}
