/** /proc/zoneinfo: what each zone has, keeps and counts (mm/vmstat.c, zoneinfo_show_print, 6.1). */
import { ZONE_DEVICE_LABEL, ZONES, type Zone } from '../pages/zone.js'
import type { Zones } from '../pages/zones.js'
import { NODE_STATS, NUMA_STATS, type VmCounters, ZONE_STATS } from './vm-counters.js'

/** Debian's amd64 kernels have one zone more, for the memory of devices: it spans that memory, and none of it is present. */
const ALL = [...ZONES, ZONE_DEVICE_LABEL] as const
/** A counter is brought up to date when a CPU has counted at most so many (mm/vmstat.c). */
const MOST_THRESHOLD = 125
/** 128 MiB, as a power of two of pages. */
const THRESHOLD_SHIFT = 15

/** The text of /proc/zoneinfo. Zones without pages are in it, with what they would have. */
export function zoneinfo(zones: Zones, counters: VmCounters = {}): string {
  const lines: string[] = []
  for (let node = 0; node < zones.nodes; node++) {
    const populated = zones.all.filter((zone) => zone.node === node)
    for (const name of ALL) {
      const zone = populated.find((candidate) => candidate.name === name)
      lines.push(`Node ${node}, zone ${name.padStart(8)}`)
      if (zone !== undefined && zone === populated[0]) lines.push(...nodeStats(node, counters))
      const device = name === ZONE_DEVICE_LABEL ? deviceSpan(zones, node) : 0
      lines.push(...pages(zone, device))
      if (zone !== undefined) lines.push(...zoneStats(zone, zones, counters))
    }
  }
  return `${lines.join('\n')}\n`
}

function nodeStats(node: number, { nodes }: VmCounters): string[] {
  const counters = nodes?.[node]
  return ['  per-node stats', ...NODE_STATS.map((stat) => item(stat, counters?.[stat]))]
}

/** From the first to the last page that devices of a node have. */
function deviceSpan({ devices }: Zones, node: number): number {
  const own = devices.filter((device) => device.node === node)
  const [first] = own
  const last = own.at(-1)
  return first === undefined || last === undefined ? 0 : last.start + last.pages - first.start
}

function pages(zone: Zone | undefined, device: number): string[] {
  const managed = zone?.managed ?? 0
  const boost = zone?.boost ?? 0
  const { min = 0, low = 0, high = 0 } = zone?.watermarks ?? {}
  const reserve = ALL.map((_, highest) => zone?.lowmemReserve[highest] ?? 0)
  return [
    `  pages free     ${zone?.freePages ?? 0}`,
    `        boost    ${boost}`,
    // The kernel's min, low and high include the boost.
    `        min      ${min + boost}`,
    `        low      ${low + boost}`,
    `        high     ${high + boost}`,
    `        spanned  ${managed + device}`,
    `        present  ${managed}`,
    `        managed  ${managed}`,
    `        cma      ${zone?.cmaPages ?? 0}`,
    `        protection: (${reserve.join(', ')})`,
  ]
}

function zoneStats(zone: Zone, zones: Zones, { zones: all, nodes }: VmCounters): string[] {
  const { freePages: nr_free_pages, freeCma: nr_free_cma } = zone
  const counters = { ...all?.[zone.node]?.[zone.name], nr_free_pages, nr_free_cma }
  const threshold = statThreshold(zone.managed, zones.cpus)
  return [
    ...[...ZONE_STATS, ...NUMA_STATS].map((stat) => item(stat, counters[stat])),
    '  pagesets',
    ...zone.perCpu.flatMap((perCpu, cpu) => [
      `    cpu: ${cpu}`,
      `              count: ${perCpu.count}`,
      `              high:  ${perCpu.high}`,
      `              batch: ${perCpu.batch}`,
      `  vm stats threshold: ${threshold}`,
    ]),
    `  node_unreclaimable:  ${nodes?.[zone.node]?.unreclaimable ? 1 : 0}`,
    `  start_pfn:           ${zone.start}`,
  ]
}

function item(name: string, value = 0): string {
  return `      ${name.padEnd(12)} ${value}`
}

/** calculate_normal_threshold. */
function statThreshold(managed: number, cpus: number): number {
  const bits = (value: number) => 32 - Math.clz32(value)
  return Math.min(MOST_THRESHOLD, 2 * bits(cpus) * (1 + bits(managed >> THRESHOLD_SHIFT)))
}
