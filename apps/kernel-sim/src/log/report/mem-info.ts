/**
 * Mem-Info: what a kernel prints of its memory when a request fails (show_mem, show_free_areas), of 3.0 to 6.18. A zone that is cut off is
 * given as far as it goes.
 */
import type { LogLine } from '../read/log-line.js'

/** Free blocks of one order, and the migratetypes that have some: letters of UMERHCI. */
export interface FreeBlocks {
  readonly count: number
  readonly types: string
}

/** One zone. Amounts are KiB. */
export interface ZoneInfo {
  readonly node: number
  readonly name: string
  readonly line: number
  /** Every amount that the line has: `free`, `min`, `low`, `high`, `boost`, `reserved_highatomic`, `free_cma`, `managed`. */
  readonly kib: ReadonlyMap<string, number>
  /** Pages kept from requests that could use a higher zone, by the highest zone of the request. */
  readonly lowmemReserve: readonly number[] | undefined
  /** By order; undefined where that line is missing. */
  readonly free: readonly FreeBlocks[] | undefined
  /** The size of a page, KiB: that of a block of order 0. */
  readonly pageKib: number
  readonly freeLine: number | undefined
}

export interface MemInfo {
  readonly line: number
  /** The counters above the zones, in pages: `free`, `free_cma`, `dirty`, `writeback`. */
  readonly pages: ReadonlyMap<string, number>
  readonly zones: readonly ZoneInfo[]
  readonly swap: { readonly free: number; readonly total: number } | undefined
  /** Pages of RAM, less those that the page allocator never had. */
  readonly ram: number | undefined
}

const ZONE = /^(?:Node (\d+) )?([A-Z]\w*) free:/
const BLOCKS = /^(?:Node (\d+) )?([A-Z]\w*): ((?:\d+[*_]\d+kB ?(?:\([A-Z]+\) ?)?)+)/
const COUNTER = /([a-z_()]+):\s?(-?\d+)/g

/** Lines that only Mem-Info has. */
export const MEM_INFO_LINE =
  /^(?:Mem-Info:|Mem-info:|(?:Node \d+ )?[A-Z]\w* (?:free:|per-cpu:|: )|(?:Node \d+ )?[A-Z]\w*: \d+[*_]\d+kB|CPU\s+\d+: hi:|\s*lowmem_reserve\[\]:|\s*(?:active_anon|active_file|inactive_anon|unevictable|dirty|slab_reclaimable|mapped|sec_pagetables|kernel_misc_reclaimable|free|shmem|anon_thp)[_a-z]*:\s?\d|Node \d+ (?:active_anon|hugepages_total)|\d+ (?:total pagecache pages|pages )|Swap cache stats:|(?:Free|Total) swap\s*=|HugePages|cma|Unreclaimable slab info|Name +Used +Total)/

type Building = { -readonly [key in keyof ZoneInfo]: ZoneInfo[key] }

/** Reads it from the lines of a report; undefined where there is none. */
export function memInfoOf(lines: readonly LogLine[]): MemInfo | undefined {
  const pages = new Map<string, number>()
  const zones: Building[] = []
  let start: number | undefined
  let free: number | undefined
  let total: number | undefined
  const amounts = new Map<string, number>()
  for (const { text, line } of lines) {
    if (/^Mem-[Ii]nfo:/.test(text)) {
      start = line
      continue
    }
    const zone = ZONE.exec(text)
    if (zone !== null) {
      start ??= line
      zones.push(zoneOf(text, Number(zone[1] ?? 0), zone[2] ?? '', line))
      continue
    }
    const reserve = /^\s*lowmem_reserve\[\]:((?: \d+)+)/.exec(text)?.[1]
    if (reserve !== undefined) {
      const last = zones.at(-1)
      if (last !== undefined) last.lowmemReserve = reserve.trim().split(' ').map(Number)
      continue
    }
    const blocks = BLOCKS.exec(text)
    if (blocks !== null) {
      const [, node = '0', name, list = ''] = blocks
      const owner = zones.find((each) => each.node === Number(node) && each.name === name)
      if (owner !== undefined) {
        owner.free = freeBlocks(list)
        owner.pageKib = Number(/[*_](\d+)kB/.exec(list)?.[1] ?? 4)
        owner.freeLine = line
      }
      continue
    }
    if (zones.length === 0 && /^\s*[a-z_]+:\s?\d/.test(text)) {
      for (const [, key = '', value] of text.matchAll(COUNTER)) pages.set(key, Number(value))
    }
    const amount = /^(\d+) (?:pages (RAM|reserved)|(reserved) pages)$/.exec(text)
    if (amount !== null) amounts.set(amount[2] ?? amount[3] ?? '', Number(amount[1]))
    const swap = /^(Free|Total) swap\s*= (\d+)kB/.exec(text)
    if (swap?.[1] === 'Free') free = Number(swap[2])
    if (swap?.[1] === 'Total') total = Number(swap[2])
  }
  if (start === undefined && zones.length === 0) return undefined
  return {
    line: start ?? zones[0]?.line ?? 0,
    pages,
    zones,
    swap: free === undefined || total === undefined ? undefined : { free, total },
    ram: amounts.has('RAM')
      ? (amounts.get('RAM') ?? 0) - (amounts.get('reserved') ?? 0)
      : undefined,
  }
}

function zoneOf(text: string, node: number, name: string, line: number): Building {
  const kib = new Map<string, number>()
  for (const [, key = '', value] of text.matchAll(COUNTER)) kib.set(key, Number(value))
  return {
    node,
    name,
    line,
    kib,
    lowmemReserve: undefined,
    free: undefined,
    pageKib: 4,
    freeLine: undefined,
  }
}

/** `4*4kB (UEC) 0*8kB …`: the first is order 0. Markdown makes `_` of `*`. */
function freeBlocks(list: string): FreeBlocks[] {
  return [...list.matchAll(/(\d+)[*_]\d+kB(?: \(([A-Z]+)\))?/g)].map(([, count, types = '']) => ({
    count: Number(count),
    types,
  }))
}
