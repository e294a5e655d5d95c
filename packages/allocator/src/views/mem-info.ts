/**
 * Mem-Info: what the kernel prints of its memory when an allocation fails, when the OOM killer comes, and for SysRq m (lib/show_mem.c,
 * show_mem; mm/page_alloc.c, show_free_areas; 6.1 in Debian's amd64 configuration).
 */
import { MAX_ORDER } from '../pages/watermark.js'
import { ZONES, type Zone } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import type { NodeStat, VmCounters } from './vm-counters.js'

const PAGE_KIB = 4
/** Pages of a huge page. */
const HUGE_PAGE = 512
/** The letters of migratetypes, in the order of their numbers. */
const LETTERS = 'UMEHCI'
/** Debian's amd64 kernels have five zones. */
const ZONE_COUNT = ZONES.length + 1

/**
 * The lines of the block, from `Mem-Info:` on, without time stamps.
 * @param cpu the one that reports: what it keeps at hand is told apart
 */
export function memInfo(zones: Zones, counters: VmCounters = {}, cpu = 0): string {
  const nodes = Array.from({ length: zones.nodes }, (_, node) => node)
  const all = (stat: NodeStat) =>
    nodes.reduce((total, node) => total + (counters.nodes?.[node]?.[stat] ?? 0), 0)
  const managed = zones.all.reduce((total, zone) => total + zone.managed, 0)
  const movable = zones.all.reduce(
    (total, zone) => total + (zone.name === 'Movable' ? zone.managed : 0),
    0,
  )
  const lines = [
    'Mem-Info:',
    `active_anon:${all('nr_active_anon')} inactive_anon:${all('nr_inactive_anon')} isolated_anon:${all('nr_isolated_anon')}`,
    ` active_file:${all('nr_active_file')} inactive_file:${all('nr_inactive_file')} isolated_file:${all('nr_isolated_file')}`,
    ` unevictable:${all('nr_unevictable')} dirty:${all('nr_dirty')} writeback:${all('nr_writeback')}`,
    ` slab_reclaimable:${all('nr_slab_reclaimable')} slab_unreclaimable:${all('nr_slab_unreclaimable')}`,
    ` mapped:${all('nr_mapped')} shmem:${all('nr_shmem')} pagetables:${all('nr_page_table_pages')}`,
    ` sec_pagetables:${all('nr_sec_page_table_pages')} bounce:${ofZones(zones, counters, 'nr_bounce')}`,
    ` kernel_misc_reclaimable:${all('nr_kernel_misc_reclaimable')}`,
    ` free:${zones.freePages()} free_pcp:${zones.all.reduce((total, zone) => total + perCpu(zone), 0)} free_cma:${zones.all.reduce((total, { freeCma }) => total + freeCma, 0)}`,
    ...nodes.filter((node) => zones.all.some((zone) => zone.node === node)).map(nodeLine(counters)),
    ...zones.all.flatMap((zone) => zoneLines(zone, counters, cpu)),
    ...zones.all.map(orderLine),
    ...nodes.flatMap((node) =>
      [1_048_576, 2048].map(
        (size) =>
          `Node ${node} hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=${size}kB`,
      ),
    ),
    `${all('nr_file_pages')} total pagecache pages`,
    `${all('nr_swapcached')} pages in swap cache`,
    `Free swap  = ${counters.freeSwap ?? 0}kB`,
    `Total swap = ${counters.totalSwap ?? 0}kB`,
    `${managed} pages RAM`,
    `${movable} pages HighMem/MovableOnly`,
    '0 pages reserved',
    '0 pages hwpoisoned',
  ]
  return `${lines.join('\n')}\n`
}

const kib = (pages: number) => pages * PAGE_KIB

const perCpu = (zone: Zone) => zone.perCpu.reduce((total, { count }) => total + count, 0)

function ofZones(zones: Zones, counters: VmCounters, stat: 'nr_bounce'): number {
  return zones.all.reduce(
    (total, zone) => total + (counters.zones?.[zone.node]?.[zone.name]?.[stat] ?? 0),
    0,
  )
}

function nodeLine({ nodes }: VmCounters): (node: number) => string {
  return (node) => {
    const counters = nodes?.[node] ?? {}
    const of = (stat: NodeStat) => kib(counters[stat] ?? 0)
    return [
      `Node ${node}`,
      `active_anon:${of('nr_active_anon')}kB`,
      `inactive_anon:${of('nr_inactive_anon')}kB`,
      `active_file:${of('nr_active_file')}kB`,
      `inactive_file:${of('nr_inactive_file')}kB`,
      `unevictable:${of('nr_unevictable')}kB`,
      `isolated(anon):${of('nr_isolated_anon')}kB`,
      `isolated(file):${of('nr_isolated_file')}kB`,
      `mapped:${of('nr_mapped')}kB`,
      `dirty:${of('nr_dirty')}kB`,
      `writeback:${of('nr_writeback')}kB`,
      `shmem:${of('nr_shmem')}kB`,
      `shmem_thp: ${of('nr_shmem_hugepages') * HUGE_PAGE}kB`,
      `shmem_pmdmapped: ${of('nr_shmem_pmdmapped') * HUGE_PAGE}kB`,
      `anon_thp: ${of('nr_anon_transparent_hugepages') * HUGE_PAGE}kB`,
      `writeback_tmp:${of('nr_writeback_temp')}kB`,
      `kernel_stack:${counters.nr_kernel_stack ?? 0}kB`,
      `pagetables:${of('nr_page_table_pages')}kB`,
      `sec_pagetables:${of('nr_sec_page_table_pages')}kB`,
      `all_unreclaimable? ${counters.unreclaimable ? 'yes' : 'no'}`,
    ].join(' ')
  }
}

function zoneLines(zone: Zone, { zones }: VmCounters, cpu: number): string[] {
  const counters = zones?.[zone.node]?.[zone.name] ?? {}
  const { min, low, high } = zone.watermarks
  const line = [
    `Node ${zone.node} ${zone.name}`,
    `free:${kib(zone.freePages)}kB`,
    `boost:${kib(zone.boost)}kB`,
    `min:${kib(min + zone.boost)}kB`,
    `low:${kib(low + zone.boost)}kB`,
    `high:${kib(high + zone.boost)}kB`,
    // The kernel writes KB here, and kB elsewhere.
    `reserved_highatomic:${kib(zone.reservedHighatomic)}KB`,
    `active_anon:${kib(counters.nr_zone_active_anon ?? 0)}kB`,
    `inactive_anon:${kib(counters.nr_zone_inactive_anon ?? 0)}kB`,
    `active_file:${kib(counters.nr_zone_active_file ?? 0)}kB`,
    `inactive_file:${kib(counters.nr_zone_inactive_file ?? 0)}kB`,
    `unevictable:${kib(counters.nr_zone_unevictable ?? 0)}kB`,
    `writepending:${kib(counters.nr_zone_write_pending ?? 0)}kB`,
    `present:${kib(zone.managed)}kB`,
    `managed:${kib(zone.managed)}kB`,
    `mlocked:${kib(counters.nr_mlock ?? 0)}kB`,
    `bounce:${kib(counters.nr_bounce ?? 0)}kB`,
    `free_pcp:${kib(perCpu(zone))}kB`,
    `local_pcp:${kib(zone.perCpu[cpu]?.count ?? 0)}kB`,
    `free_cma:${kib(zone.freeCma)}kB`,
  ].join(' ')
  const reserve = Array.from({ length: ZONE_COUNT }, (_, i) => ` ${zone.lowmemReserve[i] ?? 0}`)
  return [line, `lowmem_reserve[]:${reserve.join('')}`]
}

/** Free blocks by order, with the migratetypes that have some. */
function orderLine(zone: Zone): string {
  let line = `Node ${zone.node} ${zone.name}: `
  let total = 0
  for (let order = 0; order < MAX_ORDER; order++) {
    const blocks = zone.buddy.freeBlocks(order)
    const lists = zone.lists(order)
    const letters = [...LETTERS].filter((_, type) => (lists & (1 << type)) !== 0).join('')
    line += `${blocks}*${kib(1 << order)}kB ${blocks > 0 ? `(${letters}) ` : ''}`
    total += blocks << order
  }
  return `${line}= ${kib(total)}kB`
}
