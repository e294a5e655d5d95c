/** Preferred zone: where a request begins (mm/page_alloc.c, ac->preferred_zoneref; mm/mmzone.c, first_zones_zonelist, 6.1.192). */
import type { AllocContext } from '../gfp/prepare.js'
import type { AllocRequest, NodeZones } from './request.js'

/** A zone, and what its node has beside it. */
export interface PreferredZone {
  /** Its index. */
  readonly zone: number
  /** A bit per zone of its node that has pages. */
  readonly populated: number
}

/** The first zone on the list of a request that it may use; undefined when there is none. */
export function preferredZone(
  populated: AllocRequest['populated'],
  highest: number,
  nodemask: AllocContext['nodemask'],
): PreferredZone | undefined {
  if (typeof populated === 'number') return highestOf(populated, highest)
  for (const node of populated) {
    if (!isAllowed(node, nodemask)) continue
    const found = highestOf(node.zones, highest)
    if (found !== undefined) return found
  }
  return undefined
}

/** How many nodes are online: at least the one that the request begins with. */
export function onlineNodes({ populated, onlineNodes }: AllocRequest): number {
  return onlineNodes ?? (typeof populated === 'number' ? 1 : populated.length)
}

function highestOf(populated: number, highest: number): PreferredZone | undefined {
  for (let zone = highest; zone >= 0; zone--) {
    if ((populated & (1 << zone)) !== 0) return { zone, populated }
  }
  return undefined
}

function isAllowed(node: NodeZones, nodemask: AllocContext['nodemask']): boolean {
  switch (nodemask) {
    case 'given':
      return node.inNodemask
    case 'cpuset':
      return node.inCpuset
    case null:
      return true
  }
}
