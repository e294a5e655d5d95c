/** /proc/pagetypeinfo: free blocks and pageblocks by migratetype (mm/vmstat.c, pagetypeinfo_show, 6.1). */
import { MIGRATE_CMA } from '../pages/cma-migratetypes.js'
import { PAGEBLOCK_ORDER } from '../pages/fallback.js'
import { MAX_ORDER } from '../pages/watermark.js'
import type { Zone } from '../pages/zone.js'

/** In the order of their numbers. Without CONFIG_CMA the kernel does not have the last but one. */
const MIGRATETYPES = [
  'Unmovable',
  'Movable',
  'Reclaimable',
  'HighAtomic',
  'CMA',
  'Isolate',
] as const
/** Longer lists are not counted to the end: the zone is locked meanwhile. */
const MOST = 100_000

/** The text of /proc/pagetypeinfo: for each node with memory all of it, headings included. */
export function pagetypeinfo(zones: readonly Zone[]): string {
  const nodes = [...new Set(zones.map((zone) => zone.node))]
  return nodes.map((node) => ofNode(zones.filter((zone) => zone.node === node))).join('')
}

function ofNode(zones: readonly Zone[]): string {
  const hasCma = zones.some((zone) => zone.cma)
  const types = [...MIGRATETYPES.entries()].filter(([type]) => hasCma || type !== MIGRATE_CMA)
  const orders = Array.from({ length: MAX_ORDER }, (_, order) => order)
  const heading = 'Free pages count per migrate type at order'.padEnd(43)
  const free = zones.flatMap((zone) =>
    types.map(([type, name]) => {
      const where = `Node ${String(zone.node).padStart(4)}, zone ${zone.name.padStart(8)}`
      return `${where}, type ${name.padStart(12)} ${orders.map((order) => blocks(zone, order, type)).join('')}`
    }),
  )
  const counts = zones.map((zone) => {
    const pageblocks = zone.buddy.pageblocks()
    const cells = types.map(([type]) => `${String(pageblocks[type] ?? 0).padStart(12)} `)
    return `Node ${zone.node}, zone ${zone.name.padStart(8)} ${cells.join('')}`
  })
  return [
    `Page block order: ${PAGEBLOCK_ORDER}`,
    `Pages per block:  ${1 << PAGEBLOCK_ORDER}`,
    '',
    `${heading} ${orders.map((order) => `${String(order).padStart(6)} `).join('')}`,
    ...free,
    '',
    `${'Number of blocks type '.padEnd(23)}${types.map(([, name]) => `${name.padStart(12)} `).join('')}`,
    ...counts,
    '',
  ].join('\n')
}

function blocks(zone: Zone, order: number, type: number): string {
  const count = zone.buddy.freeBlocks(order, type)
  return `${count >= MOST ? '>' : ''}${String(Math.min(count, MOST)).padStart(6)} `
}
