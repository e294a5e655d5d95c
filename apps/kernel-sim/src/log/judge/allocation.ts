/** Why an allocation failed, took long, or brought the OOM killer: from its flags and the Mem-Info that is printed, with the arithmetic. */
import { __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, __GFP_MOVABLE } from '@scopemask/allocator'
import type { ZoneInfo } from '../report/mem-info.js'
import type { AllocationFound } from '../report/report.js'
import { type Arithmetic, type Explained, type Fix, startOf } from './explained.js'
import { FIXES } from './facts/fixes.js'
import { type MemoryUse, memoryUse } from './facts/memory-use.js'
import { requestOn } from './place.js'
import { type RequestFlags, requestFlags } from './request-flags.js'
import { checkZone, type ZoneCheck } from './zone-check.js'

/** Orders above it are not worth trying for long (PAGE_ALLOC_COSTLY_ORDER). */
const COSTLY_ORDER = 3

/** Zones from the lowest up, as far as Mem-Info shows them. */
const ZONES = ['DMA', 'DMA32', 'Normal', 'HighMem', 'Movable']

/** @param kernel which it is, where the report does not say */
export function explainAllocation(found: AllocationFound, kernel: string | undefined): Explained {
  const { what, comm, order, gfp, names, stack, first, reporter } = found
  if (gfp === undefined) return explainKill(found)
  const release = reporter.kernel ?? kernel
  const flags = requestFlags(gfp, names, release)
  const reached = reachedZones(found, flags)
  const checks = reached.zones.map((zone) =>
    checkZone(
      zone,
      { gfp: flags.bits, order: Math.max(0, order), old: flags.old },
      reserveIndex(zone, flags.bits, found),
    ),
  )
  const request = stack === undefined || isAskedFor(found) ? undefined : requestOn(stack)
  const failing = checks.filter(({ result }) => result !== 'passes')
  const [verdict, confidence] = conclusionOf(found, checks)
  return {
    ...startOf(found),
    kind:
      what === 'oom' ? 'oom-kill' : what === 'stall' ? 'allocation-stall' : 'allocation-failure',
    verdict,
    confidence,
    summary: summaryOf(found, flags),
    ...(release === undefined ? {} : { kernel: release }),
    tasks: [
      {
        comm: reporter.comm ?? comm,
        ...(reporter.pid === undefined ? {} : { pid: reporter.pid }),
        does: `asks for ${sizeOf(found)} with ${flags.explained.names}`,
        ...(reporter.work === undefined
          ? {}
          : { work: `${reporter.work.queue}: ${reporter.work.fn}` }),
        line: first,
        stack: stack?.frames ?? [],
      },
    ],
    chain: [],
    reasons: [
      ...reasonsOfRequest(found, flags),
      ...(flags.note === undefined ? [] : [flags.note]),
      ...reached.left,
      // By SysRq f the request is nobody's.
      ...(isAskedFor(found) ? [] : checks.map((check) => reasonOf(check, found))),
      ...reasonsOfMemory(found, checks),
    ],
    decides: decidesOf(found, checks),
    ...(request === undefined ? {} : { place: request }),
    fixes: fixesOf(found, flags, checks),
    gfp: flags.explained,
    arithmetic: checks.length === 0 || isAskedFor(found) ? [] : [arithmeticOf(checks, found)],
    lines: [
      first,
      ...(failing.length > 0 ? failing : checks).flatMap(({ zone }) => [
        zone.line,
        ...(zone.freeLine === undefined ? [] : [zone.freeLine]),
      ]),
      ...(found.memcg === undefined ? [] : [found.memcg.line]),
      ...(found.killed === undefined ? [] : [found.killed.line]),
    ],
  }
}

/** A process was killed, and what asked for memory is not in the log. */
function explainKill(found: AllocationFound): Explained {
  const { comm, killed, memcg, first } = found
  return {
    ...startOf(found),
    kind: 'oom-kill',
    verdict: memcg === undefined ? 'cannot-tell' : 'explained',
    confidence: memcg === undefined ? 'low' : 'medium',
    summary: `The OOM killer killed ${victimOf(found) ?? comm}; who asked for memory is not in the log.`,
    reasons:
      memcg === undefined
        ? ['Without the lines above the kill nothing can be said of the request.']
        : reasonsOfMemory(found, []),
    decides:
      memcg === undefined ? ['The lines from "invoked oom-killer" on, and those of Mem-Info.'] : [],
    lines: [first, ...(killed === undefined ? [] : [killed.line])],
  }
}

/** Returns true if somebody asked for the OOM killer by hand: SysRq f has order -1. */
function isAskedFor({ what, order }: AllocationFound): boolean {
  return what === 'oom' && order < 0
}

/** Who was killed, and how large it was. */
function victimOf({ killed }: AllocationFound): string | undefined {
  if (killed === undefined) return undefined
  const { comm, pid, anonymous } = killed
  const size =
    anonymous === undefined ? '' : `, which had ${anonymous.toLocaleString('en-US')} KiB of its own`
  return `${comm} (pid ${pid}${size})`
}

function conclusionOf(
  found: AllocationFound,
  checks: readonly ZoneCheck[],
): [Explained['verdict'], Explained['confidence']] {
  const { what, memcg, memInfo } = found
  if (memcg !== undefined) {
    const { usage, limit } = memcg
    return ['explained', usage !== undefined && usage >= (limit ?? 0) ? 'high' : 'medium']
  }
  if (isAskedFor(found)) return ['explained', 'high']
  if (checks.length > 0 && checks.every(({ result }) => result !== 'passes')) {
    const whole = checks.every(
      ({ zone }) => zone.free !== undefined && zone.lowmemReserve !== undefined,
    )
    return ['explained', whole ? 'high' : 'medium']
  }
  if (what === 'stall') return ['waits', 'low']
  if (what === 'oom' && takerOf(found) !== undefined) return ['explained', 'medium']
  return ['cannot-tell', memInfo === undefined ? 'low' : 'medium']
}

function sizeOf({ order, memInfo }: AllocationFound): string {
  const page = memInfo?.zones[0]?.pageKib ?? 4
  if (order <= 0) return 'one page'
  return `${2 ** order} contiguous pages (order ${order}, ${2 ** order * page} KiB)`
}

function summaryOf(found: AllocationFound, { explained }: RequestFlags): string {
  const { what, comm, milliseconds } = found
  const victim = victimOf(found)
  if (isAskedFor(found)) {
    return `Somebody asked for the OOM killer (SysRq f)${victim === undefined ? '' : `, and it killed ${victim}`}.`
  }
  const asked = `${comm} asked for ${sizeOf(found)} with ${explained.names}`
  if (what === 'stall') return `${asked} and has waited for ${(milliseconds ?? 0) / 1000} s.`
  if (what === 'failure') return `${asked} and got nothing.`
  return `${asked}, and the OOM killer ${victim === undefined ? 'came' : `killed ${victim}`}.`
}

/** What the flags let the allocator do. */
function reasonsOfRequest(
  { order, what }: AllocationFound,
  { meaning, explained }: RequestFlags,
): string[] {
  const { directReclaim, io, fs, effort, reserves } = meaning
  const reclaim = !directReclaim
    ? 'may not sleep, so it takes what is free and reclaims nothing itself'
    : fs
      ? 'may reclaim with I/O and the filesystem'
      : io
        ? 'may reclaim with I/O, but not enter the filesystem: pages that a filesystem must write back, and its caches, stay'
        : 'may reclaim only what needs neither I/O nor the filesystem'
  return [
    `${explained.mode} is ${explained.names}${explained.kernel === undefined ? '' : ` in Linux ${explained.kernel}`}: the request ${reclaim}.`,
    ...(reserves === 'none'
      ? []
      : [`It may use reserves: ${reserves} of the min watermark.`.replace('of min of', 'of')]),
    ...(order > COSTLY_ORDER && directReclaim
      ? [
          `An order above ${COSTLY_ORDER} is tried, and given up soon: it does not loop, and the OOM killer is not asked for it.`,
        ]
      : []),
    ...(effort === 'one round' ? ['It asks for one round only (__GFP_NORETRY).'] : []),
    ...(what === 'failure' && directReclaim && !fs && order <= COSTLY_ORDER
      ? ['Without __GFP_FS the OOM killer is not called: somebody else may be able to reclaim.']
      : []),
  ]
}

/** The zones that may serve the request, and those that may not, in words. */
function reachedZones(
  { memInfo, memsAllowed, nodemask }: AllocationFound,
  { bits }: RequestFlags,
): { readonly zones: readonly ZoneInfo[]; readonly left: readonly string[] } {
  if (memInfo === undefined) return { zones: [], left: [] }
  const highest = ZONES.indexOf(highestZone(bits))
  const nodes = nodesOf(nodemask) ?? nodesOf(memsAllowed)
  const zones: ZoneInfo[] = []
  const left: string[] = []
  for (const zone of memInfo.zones) {
    const label = `Node ${zone.node} ${zone.name}`
    if (nodes !== undefined && !nodes.has(zone.node)) {
      left.push(
        `${label} is left out: ${nodesOf(nodemask) === undefined ? `mems_allowed=${memsAllowed}` : `nodemask=${nodemask}`} (the task's cpuset, or a memory policy).`,
      )
    } else if (ZONES.indexOf(zone.name) > highest) {
      left.push(`${label} is left out: the flags allow no zone above ${ZONES[highest] ?? '?'}.`)
    } else if ((zone.kib.get('managed') ?? zone.kib.get('present') ?? 1) > 0) zones.push(zone)
  }
  return { zones, left }
}

function highestZone(bits: number): string {
  if ((bits & __GFP_DMA) !== 0) return 'DMA'
  if ((bits & __GFP_DMA32) !== 0) return 'DMA32'
  if ((bits & __GFP_HIGHMEM) === 0) return 'Normal'
  return (bits & __GFP_MOVABLE) !== 0 ? 'Movable' : 'HighMem'
}

/** `0-3,7`; undefined for none, `(null)`. */
function nodesOf(list: string | undefined): Set<number> | undefined {
  if (list === undefined || !/^\d/.test(list)) return undefined
  const nodes = new Set<number>()
  for (const part of list.split(',')) {
    const [from = '', to = from] = part.split('-')
    for (let node = Number(from); node <= Math.min(Number(to), 1023); node++) nodes.add(node)
  }
  return nodes
}

/**
 * Where in lowmem_reserve the highest zone of a request stands. The list has one number for each configured zone, from the lowest up: which those
 * are, its length and the zones that are shown tell.
 */
function reserveIndex(zone: ZoneInfo, bits: number, { memInfo }: AllocationFound): number {
  const size = zone.lowmemReserve?.length ?? 0
  const highmem = memInfo?.zones.some(({ name }) => name === 'HighMem') ?? false
  const normal = highmem ? Math.max(0, size - 3) : size >= 4 ? 2 : Math.max(0, size - 2)
  switch (highestZone(bits)) {
    case 'DMA':
      return 0
    case 'DMA32':
      return Math.max(0, normal - 1)
    case 'HighMem':
      return highmem ? normal + 1 : normal
    case 'Movable':
      return Math.min(size - 1, normal + 1 + (highmem ? 1 : 0))
    default:
      return normal
  }
}

function reasonOf(check: ZoneCheck, { order }: AllocationFound): string {
  const { zone, result, usable, mark, reserve, highatomic, cma, failedAt, largest } = check
  const label = `Node ${zone.node} ${zone.name}`
  const kib = (pages: number) => `${(pages * zone.pageKib).toLocaleString('en-US')} KiB`
  const without = [
    ...(cma > 0 ? [`${kib(cma)} are free in CMA, which only movable requests may use`] : []),
    ...(highatomic > 0 ? [`${kib(highatomic)} are kept for atomic requests of high orders`] : []),
  ]
  const but = without.length === 0 ? '' : ` (${without.join(', and ')})`
  switch (result) {
    case 'below min':
      return `${label}: ${kib(Math.max(0, usable))} of ${kib(check.free)} free are for this request${but}; ${kib(mark + reserve)} have to stay (min ${kib(mark)}${reserve > 0 ? `, ${kib(reserve)} kept from requests that can use a higher zone` : ''}).`
    case 'no block':
      return `${label} has memory enough (${kib(usable)} above ${kib(mark + reserve)}), but no free block of order ${order}: the largest it may use is of order ${largest ?? 'none'}. It is fragmented.`
    case 'small blocks':
      return `${label} has ${kib(usable)} free, but in small blocks: kernels before 4.4 subtract blocks below the order, and with those up to order ${failedAt?.order} gone ${kib(failedAt?.left ?? 0)} are left, where ${kib(failedAt?.mark ?? 0)} have to stay.`
    default:
      return `${label} could serve it as printed (${kib(usable)} above ${kib(mark + reserve)}${order > 0 ? `, a block of order ${largest ?? '?'}` : ''}): memory was freed between the failure and the report, or a policy kept the request away.`
  }
}

/** The use that leaves nothing to reclaim, if one has more than half of the memory. */
function takerOf({ memInfo }: AllocationFound): MemoryUse | undefined {
  if (memInfo?.ram === undefined) return undefined
  const [first] = memoryUse(memInfo) ?? []
  if (first === undefined || first.pages * 2 < memInfo.ram) return undefined
  const swappable = first.kind === 'processes' && (memInfo.swap?.free ?? 0) > 0
  return first.kind === 'cache' || first.kind === 'free' || swappable ? undefined : first
}

function reasonsOfMemory(found: AllocationFound, checks: readonly ZoneCheck[]): string[] {
  const { what, memcg, memInfo } = found
  const reasons: string[] = []
  if (isAskedFor(found)) {
    reasons.push(
      'The OOM killer was called by hand (order=-1): it does not mean that memory was short.',
    )
  }
  if (memcg !== undefined) {
    const { usage, limit, group } = memcg
    const amounts =
      usage === undefined
        ? ''
        : ` (${usage.toLocaleString('en-US')} of ${(limit ?? 0).toLocaleString('en-US')} KiB)`
    reasons.push(
      `${group === undefined ? 'A memory cgroup' : `The memory cgroup ${group}`} is at its limit${amounts}: free memory of the machine does not matter.`,
    )
  }
  const cma = checks.reduce((sum, { cma, zone }) => sum + cma * zone.pageKib, 0)
  const free = checks.reduce((sum, { free, zone }) => sum + free * zone.pageKib, 0)
  if (cma > 0 && cma * 2 > free) {
    reasons.push(
      `Of the ${free.toLocaleString('en-US')} KiB that are free ${cma.toLocaleString('en-US')} KiB are CMA: that is why there is no memory with so much free.`,
    )
  }
  const swap = memInfo?.swap
  if (what === 'oom' && !isAskedFor(found) && swap !== undefined && swap.free === 0) {
    reasons.push(
      swap.total === 0
        ? 'There is no swap: anonymous memory cannot be reclaimed.'
        : 'All swap is used: anonymous memory cannot be reclaimed.',
    )
  }
  const taker = what === 'oom' && memcg === undefined ? takerOf(found) : undefined
  if (taker !== undefined && memInfo?.ram !== undefined) {
    reasons.push(
      `${Math.round((100 * taker.pages) / memInfo.ram)} % of the memory is used for ${taker.what}.`,
    )
  }
  return reasons
}

function decidesOf(found: AllocationFound, checks: readonly ZoneCheck[]): string[] {
  const { memInfo, memcg } = found
  if (memcg !== undefined || isAskedFor(found)) return []
  if (found.what === 'oom' && takerOf(found) !== undefined) return []
  if (memInfo === undefined) {
    return ['The lines from Mem-Info on: free memory, watermarks and free blocks of each zone.']
  }
  return checks.some(({ result }) => result === 'passes')
    ? [
        'Mem-Info at the moment of the failure (SysRq m), or a trace of mm_page_alloc and compaction.',
      ]
    : []
}

function fixesOf(
  { order }: AllocationFound,
  { old }: RequestFlags,
  checks: readonly ZoneCheck[],
): Fix[] {
  return [
    ...(checks.some(({ result }) => result === 'small blocks') && old
      ? [FIXES.orderZeroWatermarks]
      : []),
    ...(order > COSTLY_ORDER ? [FIXES.vmalloc] : []),
  ]
}

/** The columns of the arithmetic, KiB; those that are 0 in all zones are left out. */
const COLUMNS: readonly {
  readonly heading: string
  readonly pages: (check: ZoneCheck) => number
  readonly always: boolean
}[] = [
  { heading: 'free', pages: ({ free }) => free, always: true },
  { heading: 'highatomic', pages: ({ highatomic }) => highatomic, always: false },
  { heading: 'CMA', pages: ({ cma }) => cma, always: false },
  { heading: 'usable', pages: ({ usable }) => usable, always: true },
  { heading: 'min', pages: ({ mark }) => mark, always: true },
  { heading: 'reserve', pages: ({ reserve }) => reserve, always: false },
]

function arithmeticOf(checks: readonly ZoneCheck[], { order }: AllocationFound): Arithmetic {
  const columns = COLUMNS.filter(
    ({ pages, always }) => always || checks.some((check) => pages(check) > 0),
  )
  const blocks = order > 0 ? ` - ${2 ** order - 1} pages of the block` : ''
  const less = columns.flatMap(({ heading, always }) =>
    always || heading === 'reserve' ? [] : [` - ${heading}`],
  )
  const kept = columns.some(({ heading }) => heading === 'reserve') ? 'min + reserve' : 'min'
  return {
    title: `Could a zone serve it? KiB; usable = free${blocks}${less.join('')}, and must exceed ${kept}`,
    columns: [
      { heading: 'zone', align: 'left' },
      ...columns.map(({ heading }) => ({ heading, align: 'right' }) as const),
      { heading: 'largest order', align: 'right' },
      { heading: 'result', align: 'left' },
    ],
    rows: checks.map((check) => [
      `Node ${check.zone.node} ${check.zone.name}`,
      ...columns.map(({ pages }) => (pages(check) * check.zone.pageKib).toLocaleString('en-US')),
      check.largest === undefined ? '?' : String(check.largest),
      check.result,
    ]),
  }
}
