/** /proc/meminfo: memory as programs look at it (fs/proc/meminfo.c, meminfo_proc_show, 6.1 in Debian's amd64 configuration). */
import type { Zones } from '../pages/zones.js'
import type { NodeStat, VmCounters } from './vm-counters.js'

const PAGE_KIB = 4
/** Pages of a huge page. */
const HUGE_PAGE = 512
/** VMALLOC_TOTAL with four levels of page tables: 32 TiB less a byte, in KiB. */
const VMALLOC_TOTAL = 34_359_738_367

/** What is known beside the counters, in pages. */
export interface MeminfoExtras {
  /** The page cache of block devices themselves: it is told apart from that of files. */
  readonly buffers?: number
}

/** The text of /proc/meminfo. What nothing here counts is 0. */
export function meminfo(
  zones: Zones,
  counters: VmCounters = {},
  { buffers = 0 }: MeminfoExtras = {},
): string {
  const of = (stat: NodeStat): number =>
    (counters.nodes ?? []).reduce((total, node) => total + (node[stat] ?? 0), 0)
  const total = zones.all.reduce((pages, { managed }) => pages + managed, 0)
  const cached = of('nr_file_pages') - of('nr_swapcached') - buffers
  const anon = of('nr_active_anon') + of('nr_inactive_anon')
  const file = of('nr_active_file') + of('nr_inactive_file')
  const slab = of('nr_slab_reclaimable') + of('nr_slab_unreclaimable')
  const huge = (stat: NodeStat): number => of(stat) * HUGE_PAGE
  const swapTotal = counters.totalSwap ?? 0
  const lines: [string, number][] = [
    ['MemTotal', kib(total)],
    ['MemFree', kib(zones.freePages())],
    ['MemAvailable', kib(available(zones, of))],
    ['Buffers', kib(buffers)],
    ['Cached', kib(Math.max(0, cached))],
    ['SwapCached', kib(of('nr_swapcached'))],
    ['Active', kib(of('nr_active_anon') + of('nr_active_file'))],
    ['Inactive', kib(anon + file - of('nr_active_anon') - of('nr_active_file'))],
    ['Active(anon)', kib(of('nr_active_anon'))],
    ['Inactive(anon)', kib(of('nr_inactive_anon'))],
    ['Active(file)', kib(of('nr_active_file'))],
    ['Inactive(file)', kib(of('nr_inactive_file'))],
    ['Unevictable', kib(of('nr_unevictable'))],
    ['Mlocked', 0],
    ['SwapTotal', swapTotal],
    ['SwapFree', counters.freeSwap ?? 0],
    ['Zswap', 0],
    ['Zswapped', 0],
    ['Dirty', kib(of('nr_dirty'))],
    ['Writeback', kib(of('nr_writeback'))],
    ['AnonPages', kib(of('nr_anon_pages'))],
    ['Mapped', kib(of('nr_mapped'))],
    ['Shmem', kib(of('nr_shmem'))],
    ['KReclaimable', kib(of('nr_slab_reclaimable') + of('nr_kernel_misc_reclaimable'))],
    ['Slab', kib(slab)],
    ['SReclaimable', kib(of('nr_slab_reclaimable'))],
    ['SUnreclaim', kib(of('nr_slab_unreclaimable'))],
    ['KernelStack', of('nr_kernel_stack')],
    ['PageTables', kib(of('nr_page_table_pages'))],
    ['SecPageTables', kib(of('nr_sec_page_table_pages'))],
    ['NFS_Unstable', 0],
    ['Bounce', 0],
    ['WritebackTmp', kib(of('nr_writeback_temp'))],
    // overcommit_ratio is 50.
    ['CommitLimit', Math.floor(kib(total) / 2) + swapTotal],
    ['Committed_AS', kib(of('nr_anon_pages'))],
    ['VmallocTotal', VMALLOC_TOTAL],
    ['VmallocUsed', 0],
    ['VmallocChunk', 0],
    ['Percpu', 0],
    ['HardwareCorrupted', 0],
    ['AnonHugePages', kib(huge('nr_anon_transparent_hugepages'))],
    ['ShmemHugePages', kib(huge('nr_shmem_hugepages'))],
    ['ShmemPmdMapped', kib(huge('nr_shmem_pmdmapped'))],
    ['FileHugePages', kib(huge('nr_file_hugepages'))],
    ['FilePmdMapped', kib(huge('nr_file_pmdmapped'))],
    ...(zones.cma ? cmaLines(zones) : []),
  ]
  const pools = ['Total', 'Free', 'Rsvd', 'Surp'].map(
    (what) => `${`HugePages_${what}:`.padEnd(16)}${'0'.padStart(8)}`,
  )
  const huges: [string, number][] = [
    ['Hugepagesize', kib(HUGE_PAGE)],
    ['Hugetlb', 0],
    ['DirectMap4k', kib(total)],
    ['DirectMap2M', 0],
    ['DirectMap1G', 0],
  ]
  return `${[...lines.map(line), ...pools, ...huges.map(line)].join('\n')}\n`
}

/** The name in 16 columns and the number in 8; a long name has more, and its number fewer. */
function line([name, value]: readonly [string, number]): string {
  const width = Math.max(16, name.length + 1)
  return `${`${name}:`.padEnd(width)}${String(value).padStart(24 - width)} kB`
}

function cmaLines({ cmaAreas, all }: Zones): [string, number][] {
  return [
    ['CmaTotal', kib(cmaAreas.reduce((total, { pages }) => total + pages, 0))],
    ['CmaFree', kib(all.reduce((total, { freeCma }) => total + freeCma, 0))],
  ]
}

const kib = (pages: number): number => pages * PAGE_KIB

/** si_mem_available (mm/show_mem.c; in 6.1 mm/page_alloc.c): what can be had without making the machine swap. */
function available(zones: Zones, of: (stat: NodeStat) => number): number {
  const low = zones.all.reduce((sum, zone) => sum + zone.watermarks.low, 0)
  const file = of('nr_active_file') + of('nr_inactive_file')
  const reclaimable = of('nr_slab_reclaimable') + of('nr_kernel_misc_reclaimable')
  return Math.max(
    0,
    zones.freePages() -
      zones.totalReserve +
      file -
      Math.min(Math.floor(file / 2), low) +
      reclaimable -
      Math.min(Math.floor(reclaimable / 2), low),
  )
}
