/** Memory text: the report for people at a terminal. */

import type { MemorySample, MemoryState } from '../../replay-memory/replay-memory.js'
import { DAMAGE_KINDS } from '../../trace/read/damage.js'
import { number, percent, plural } from '../form/numbers.js'
import { numeric, section, table, text, wrap } from '../form/table.js'
import { type MemoryReport, pagesApart } from './report.js'

/** In the order of their numbers. */
const MIGRATETYPES = ['unmovable', 'movable', 'reclaimable', 'highatomic']

/** The report as text of 100 columns. */
export function memoryText(report: MemoryReport): string {
  return [
    headline(report),
    damage(report),
    section('Free blocks by order: the recording above, the model below', blocks(report)),
    section('Free pages and pageblocks: the recording / the model', pages(report)),
    fallbacks(report),
    section('Watermarks of the model', watermarks(report)),
    section('Where the model departs, and why', reasons(report)),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function headline({
  recording,
  allocations,
  frees,
  zones,
  footprint,
  samples,
  agrees,
}: MemoryReport) {
  const where = zones.map(({ zone }) => zone).join(', ')
  const [last] = samples.slice(-1)
  const outcome = agrees
    ? 'The model served all of them: as many pages are free as by the recording, all the time.'
    : 'The model could not serve all of them: see below.'
  return [
    `kernel-sim replay-memory of ${recording.name}\n`,
    wrap(
      `${plural(allocations, 'allocation')} and ${plural(frees, 'free')} in zone ${where || '-'}, over ${((last?.time ?? 0) / 1e9).toFixed(1)} s. The recording touches ${plural(footprint, 'page')} that were free when it began: with those, and no others, the model begins.`,
    ),
    wrap(outcome),
  ].join('')
}

function damage({ recording }: MemoryReport): string {
  if (recording.damaged === 0) return ''
  const rows = recording.damage.map(({ kind, count, samples }) => [
    number(count),
    DAMAGE_KINDS[kind],
    samples.map(({ line, what }) => `line ${number(line)}: ${what}`).join('; '),
  ])
  return section(
    'What could not be read',
    table([numeric('count'), text('kind'), text('where')], rows),
  )
}

function blocks({ samples }: MemoryReport): string {
  const orders = samples[0]?.recorded.blocks ?? []
  const row = (lead: readonly string[], { blocks: counts }: MemoryState) => [
    ...lead,
    ...counts.map(String),
  ]
  return table(
    [
      numeric('line'),
      numeric('in use'),
      ...orders.map((_, order) => numeric(String(order))),
      numeric('pages apart'),
    ],
    samples.flatMap((sample) => [
      row([number(sample.line), number(sample.inUse)], sample.recorded),
      [...row(['', ''], sample.model), apart(sample)],
    ]),
  )
}

/** How much of the free memory is in blocks of another order. */
function apart(sample: MemorySample): string {
  return percent(pagesApart(sample), sample.recorded.free)
}

function pages({ samples }: MemoryReport): string {
  const both = (of: (state: MemoryState) => number) => (sample: MemorySample) =>
    `${number(of(sample.recorded))} / ${number(of(sample.model))}`
  const free = both(({ free: listed, perCpu }) => listed + perCpu)
  const used = both(({ pageblocks }) => pageblocks.used)
  const mixed = both(({ pageblocks }) => pageblocks.mixed)
  return table(
    [
      numeric('line'),
      numeric('free pages'),
      numeric('at CPUs'),
      numeric('pageblocks used'),
      numeric('of mixed migratetypes'),
    ],
    samples.map((sample) => [
      number(sample.line),
      free(sample),
      number(sample.model.perCpu),
      used(sample),
      mixed(sample),
    ]),
  )
}

function fallbacks({ fallbacks: counts }: MemoryReport): string {
  if (counts.length === 0) return ''
  const name = (type: number) => MIGRATETYPES[type] ?? String(type)
  return section(
    'Fallbacks of the model',
    table(
      [text('wanted'), text('taken from'), numeric('count'), numeric('pageblocks turned over')],
      counts.map(({ wanted, from, count, changed }) => [
        name(wanted),
        name(from),
        number(count),
        number(changed),
      ]),
    ),
  )
}

function watermarks({ watermarks: zones, pressure }: MemoryReport): string {
  return [
    table(
      [
        text('zone'),
        numeric('min'),
        numeric('low'),
        numeric('fewest free'),
        numeric('sank below low'),
        numeric('below min'),
      ],
      zones.map(({ zone, min, low, fewest, belowLow, belowMin }) => [
        zone,
        ...[min, low, fewest, belowLow, belowMin].map(number),
      ]),
    ),
    wrap(
      `In the recording: ${plural(pressure.kswapdWakes, 'wake-up')} of kswapd, ${plural(pressure.directReclaims, 'direct reclaim')}, ${plural(pressure.failures, 'failed allocation')}.`,
    ),
  ].join('')
}

function reasons({ reasons: all }: MemoryReport): string {
  if (all.length === 0) return wrap('Nowhere.')
  return all.map((reason) => wrap(reason, '    ', '  - ')).join('')
}
