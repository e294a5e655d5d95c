/**
 * Node files: what /sys/devices/system/node/nodeN says of a node (drivers/base/node.c, node_read_meminfo, node_read_numastat and others;
 * mm/hugetlb.c, hugetlb_report_node_meminfo; 6.1.192 in Debian's amd64 configuration).
 */
import type { Zones } from '../pages/zones.js'
import {
  NODE_STATS,
  type NodeStat,
  NUMA_STATS,
  type VmCounters,
  ZONE_STATS,
  type ZoneStat,
} from './vm-counters.js'

/** The names of the files that a node has. */
export const NODE_FILES = ['cpulist', 'distance', 'meminfo', 'numastat', 'vmstat'] as const

/** Their texts, by name. */
export type NodeFiles = Readonly<Record<(typeof NODE_FILES)[number], string>>

const PAGE_KIB = 4
/** Pages of a huge page. */
const HUGE_PAGE = 512
/** numastat has names of its own for what /proc/vmstat counts. */
const NUMASTAT: Readonly<Record<string, string>> = {
  numa_interleave: 'interleave_hit',
  numa_local: 'local_node',
  numa_other: 'other_node',
}

/** Names in meminfo that are not padded. */
const NARROW: ReadonlySet<string> = new Set(['FileHugePages', 'FilePmdMapped'])

/** The files of a node. What nothing here counts is 0. */
export function nodeFiles(zones: Zones, node: number, counters: VmCounters = {}): NodeFiles {
  const { numa } = zones
  const cpus = [...numa.cpuNodes.keys()].filter((cpu) => numa.nodeOf(cpu) === node)
  const distances = Array.from({ length: zones.nodes }, (_, to) => numa.distance(node, to))
  return {
    cpulist: `${numberList(cpus)}\n`,
    distance: `${distances.join(' ')}\n`,
    meminfo: nodeMeminfo(zones, node, counters),
    numastat: NUMA_STATS.map(
      (stat) => `${NUMASTAT[stat] ?? stat} ${ofZones(zones, node, counters)(stat)}\n`,
    ).join(''),
    vmstat: nodeVmstat(zones, node, counters),
  }
}

function nodeVmstat(zones: Zones, node: number, counters: VmCounters): string {
  const zoneSum = ofZones(zones, node, counters)
  return [
    ...[...ZONE_STATS, ...NUMA_STATS].map((stat) => `${stat} ${zoneSum(stat)}\n`),
    ...NODE_STATS.map((stat) => `${stat} ${counters.nodes?.[node]?.[stat] ?? 0}\n`),
  ].join('')
}

function nodeMeminfo(zones: Zones, node: number, counters: VmCounters): string {
  const of = (stat: NodeStat): number => counters.nodes?.[node]?.[stat] ?? 0
  const zoneSum = ofZones(zones, node, counters)
  const huge = (stat: NodeStat): number => of(stat) * HUGE_PAGE
  const total = zones.all.reduce(
    (pages, zone) => (zone.node === node ? pages + zone.managed : pages),
    0,
  )
  const free = zones.freePages(node)
  const slab = of('nr_slab_reclaimable') + of('nr_slab_unreclaimable')
  const lines: readonly (readonly [string, number])[] = [
    ['MemTotal', kib(total)],
    ['MemFree', kib(free)],
    ['MemUsed', kib(total - free)],
    ['SwapCached', kib(of('nr_swapcached'))],
    ['Active', kib(of('nr_active_anon') + of('nr_active_file'))],
    ['Inactive', kib(of('nr_inactive_anon') + of('nr_inactive_file'))],
    ['Active(anon)', kib(of('nr_active_anon'))],
    ['Inactive(anon)', kib(of('nr_inactive_anon'))],
    ['Active(file)', kib(of('nr_active_file'))],
    ['Inactive(file)', kib(of('nr_inactive_file'))],
    ['Unevictable', kib(of('nr_unevictable'))],
    ['Mlocked', kib(zoneSum('nr_mlock'))],
    ['Dirty', kib(of('nr_dirty'))],
    ['Writeback', kib(of('nr_writeback'))],
    ['FilePages', kib(of('nr_file_pages'))],
    ['Mapped', kib(of('nr_mapped'))],
    ['AnonPages', kib(of('nr_anon_pages'))],
    ['Shmem', kib(of('nr_shmem'))],
    ['KernelStack', of('nr_kernel_stack')],
    ['PageTables', kib(of('nr_page_table_pages'))],
    ['SecPageTables', kib(of('nr_sec_page_table_pages'))],
    ['NFS_Unstable', 0],
    ['Bounce', kib(zoneSum('nr_bounce'))],
    ['WritebackTmp', kib(of('nr_writeback_temp'))],
    ['KReclaimable', kib(of('nr_slab_reclaimable') + of('nr_kernel_misc_reclaimable'))],
    ['Slab', kib(slab)],
    ['SReclaimable', kib(of('nr_slab_reclaimable'))],
    ['SUnreclaim', kib(of('nr_slab_unreclaimable'))],
    ['AnonHugePages', kib(huge('nr_anon_transparent_hugepages'))],
    ['ShmemHugePages', kib(huge('nr_shmem_hugepages'))],
    ['ShmemPmdMapped', kib(huge('nr_shmem_pmdmapped'))],
    ['FileHugePages', kib(huge('nr_file_hugepages'))],
    ['FilePmdMapped', kib(huge('nr_file_pmdmapped'))],
  ]
  return [
    ...lines.map(([name, value]) => {
      // Two of the kernel's names are followed by one blank, whatever their length.
      const label = NARROW.has(name) ? `${name}: ` : `${name}:`.padEnd(16)
      return `Node ${node} ${label}${String(value).padStart(8)} kB\n`
    }),
    ...['Total', 'Free', 'Surp'].map(
      (what) => `Node ${node} ${`HugePages_${what}:`.padEnd(17)}${'0'.padStart(5)}\n`,
    ),
  ].join('')
}

/** The sum of a counter over the zones of a node (sum_zone_node_page_state). */
function ofZones(zones: Zones, node: number, counters: VmCounters): (stat: ZoneStat) => number {
  const own = zones.all.filter((zone) => zone.node === node)
  return (stat) =>
    own.reduce((sum, { name, freePages, freeCma }) => {
      if (stat === 'nr_free_pages') return sum + freePages
      if (stat === 'nr_free_cma') return sum + freeCma
      return sum + (counters.zones?.[node]?.[name]?.[stat] ?? 0)
    }, 0)
}

const kib = (pages: number): number => pages * PAGE_KIB

/** A set of numbers as the kernel prints one: 0-3,8 (lib/bitmap.c, bitmap_print_to_pagebuf). @param numbers in their order */
export function numberList(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last?.[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',')
}
