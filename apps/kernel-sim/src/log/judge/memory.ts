/** What the state of memory that SysRq m shows means: who has it, and which zones are short. */
import type { MemInfo, ZoneInfo } from '../report/mem-info.js'
import type { MemoryFound } from '../report/report.js'
import { type Arithmetic, type Explained, startOf } from './explained.js'
import { memoryUse } from './facts/memory-use.js'

export function explainMemory(found: MemoryFound): Explained {
  const { memInfo, first } = found
  const short = (memInfo?.zones ?? []).filter((zone) => isShort(zone))
  const shown = memInfo !== undefined && memInfo.zones.length > 0
  return {
    ...startOf(found),
    kind: 'memory-state',
    verdict: !shown ? 'cannot-tell' : short.length > 0 ? 'explained' : 'harmless',
    confidence: !shown ? 'low' : 'medium',
    summary: `Memory as it was when it was printed${
      !shown
        ? ', without its zones'
        : short.length === 0
          ? '; no zone is short of it'
          : `; short of it: ${short.map(nameOf).join(', ')}`
    }.`,
    reasons: [
      ...short.map(
        (zone) =>
          `${nameOf(zone)}: ${kibOf(zone, 'free')} KiB are free, and kswapd is woken below ${kibOf(zone, 'low')} KiB (low); below ${kibOf(zone, 'min')} KiB (min) requests reclaim themselves.`,
      ),
      ...(memInfo === undefined ? [] : usesOf(memInfo)),
      'No request is told of here: whether one failed, other lines say.',
    ],
    arithmetic: shown ? [zonesOf(memInfo)] : [],
    lines: [first, ...short.map(({ line }) => line)],
  }
}

function isShort({ kib }: ZoneInfo): boolean {
  const free = kib.get('free') ?? 0
  // A zone without pages is not short of them.
  return (kib.get('managed') ?? kib.get('present') ?? 1) > 0 && free < (kib.get('low') ?? 0)
}

function nameOf({ node, name }: ZoneInfo): string {
  return `Node ${node} ${name}`
}

function kibOf({ kib }: ZoneInfo, name: string): string {
  return (kib.get(name) ?? 0).toLocaleString('en-US')
}

function usesOf(memInfo: MemInfo): string[] {
  const uses = memoryUse(memInfo)
  const { ram } = memInfo
  if (uses === undefined || ram === undefined || ram <= 0) return []
  const parts = uses
    .filter(({ pages }) => pages * 50 > ram)
    .map(({ what, pages }) => `${Math.round((100 * pages) / ram)} % ${what}`)
  return [`Of ${ram.toLocaleString('en-US')} pages: ${parts.join('; ')}.`]
}

function zonesOf({ zones }: MemInfo): Arithmetic {
  return {
    title: 'Zones, KiB',
    columns: [
      { heading: 'zone', align: 'left' },
      ...['free', 'min', 'low', 'high'].map((heading) => ({ heading, align: 'right' }) as const),
    ],
    rows: zones.map((zone) => [
      nameOf(zone),
      ...['free', 'min', 'low', 'high'].map((name) => kibOf(zone, name)),
    ]),
  }
}
