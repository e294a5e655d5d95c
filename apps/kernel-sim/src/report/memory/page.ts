/** Memory page: the report on a replay before it has a form. */
import { formatGfp, linux6_1 } from '@scopemask/allocator/gfp'
import type { PageRange } from '../../replay-memory/cgroup-charges.js'
import type { CompactionOutcome } from '../../replay-memory/compactions-beside.js'
import type { MemoryState } from '../../replay-memory/memory-replay.js'
import type { ReclaimCause } from '../../replay-memory/recorded-reclaims.js'
import { compactResultName } from '../../trace/compaction-tracepoints.js'
import { damageSection } from '../form/damage.js'
import { number, plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { type Column, numbers, table, text } from '../form/table.js'
import { type MemoryReport, pagesApart } from './report.js'

/** In the order of their numbers. */
const MIGRATETYPES = ['unmovable', 'movable', 'reclaimable', 'highatomic', 'CMA', 'isolated']

export function memoryPage(report: MemoryReport): Page {
  const { recording, allocations, frees, zones, footprint, samples, agrees } = report
  const where = zones.map(({ zone }) => zone).join(', ')
  const [last] = samples.slice(-1)
  return {
    title: `kernel-sim replay-memory of ${recording.name}`,
    lead: [
      `${plural(allocations, 'allocation')} and ${plural(frees, 'free')} in zone ${where || '-'}, over ${((last?.time ?? 0) / 1e9).toFixed(1)} s. The recording touches ${plural(footprint, 'page')} that were free when it began: with those, and no others, the model begins.`,
      agrees
        ? 'The model served all of them: as many pages are free as by the recording, all the time.'
        : 'The model could not serve all of them: see below.',
    ],
    marks: [
      {
        good: agrees,
        text: agrees ? 'the model served all' : 'the model could not serve all',
      },
    ],
    sections: sections([
      reasonSection(report),
      damageSection([recording]),
      watermarkSection(report),
      reclaimSection(report),
      cgroupSection(report),
      compactionSection(report),
      fallbackSection(report),
      pageSection(report),
      blockSection(report),
    ]),
  }
}

/** A moment as the recording or the model has it. */
interface Side {
  readonly line: number | ''
  readonly inUse: number | ''
  readonly state: MemoryState
  /** How much of the free memory is in blocks of another order; for the model. */
  readonly apart: Share | ''
}

interface Share {
  readonly part: number
  readonly whole: number
}

function blockSection({ samples }: MemoryReport): Section | undefined {
  const orders = samples[0]?.recorded.blocks ?? []
  const sides = samples.flatMap((sample): Side[] => [
    { line: sample.line, inUse: sample.inUse, state: sample.recorded, apart: '' },
    {
      line: '',
      inUse: '',
      state: sample.model,
      apart: { part: pagesApart(sample), whole: sample.recorded.free },
    },
  ])
  return section('blocks', 'Free blocks by order: the recording above, the model below', [
    table(sides, {
      caption: 'Free blocks by order',
      columns: [
        numbers('line', ({ line }) => line),
        numbers('in use', ({ inUse }) => inUse),
        ...orders.map(
          (_, order): Column<Side> =>
            numbers(String(order), ({ state }) => String(state.blocks[order] ?? 0)),
        ),
        numbers('pages apart', ({ apart }) => apart),
      ],
    }),
  ])
}

function pageSection({ samples }: MemoryReport): Section | undefined {
  type Sample = (typeof samples)[number]
  const both = (of: (state: MemoryState) => number) => (sample: Sample) =>
    `${number(of(sample.recorded))} / ${number(of(sample.model))}`
  return section('pages', 'Free pages and pageblocks: the recording / the model', [
    table(samples, {
      caption: 'Free pages and pageblocks',
      columns: [
        numbers('line', ({ line }) => line),
        numbers(
          'free pages',
          both(({ free, perCpu }) => free + perCpu),
        ),
        numbers('at CPUs', ({ model }) => model.perCpu),
        numbers(
          'pageblocks used',
          both(({ pageblocks }) => pageblocks.used),
        ),
        numbers(
          'of mixed migratetypes',
          both(({ pageblocks }) => pageblocks.mixed),
        ),
      ],
    }),
  ])
}

function fallbackSection({ fallbacks, kernelFallbacks }: MemoryReport): Section | undefined {
  const kernel = kernelFallbacks?.counts ?? []
  if (fallbacks.length === 0 && kernel.length === 0) return undefined
  type Row = (typeof fallbacks)[number] & { readonly by: string }
  const by = (who: string, counts: typeof fallbacks): Row[] =>
    counts.map((count) => ({ ...count, by: who }))
  const name = (type: number) => MIGRATETYPES[type] ?? String(type)
  const heading = kernel.length === 0 ? 'Fallbacks of the model' : 'Fallbacks of both'
  return section('fallbacks', heading, [
    table([...by('model', fallbacks), ...by('kernel', kernel)], {
      caption: 'Blocks taken from another migratetype',
      columns: [
        text('by', (row) => row.by),
        text('wanted', ({ wanted }) => name(wanted)),
        text('taken from', ({ from }) => name(from)),
        numbers('count', ({ count }) => count),
        numbers('pageblocks turned over', ({ changed }) => changed),
      ],
    }),
  ])
}

function watermarkSection({ watermarks, pressure }: MemoryReport): Section | undefined {
  return section('watermarks', 'Watermarks of the model', [
    table(watermarks, {
      caption: 'Watermarks, in pages',
      columns: [
        text('zone', ({ zone }) => zone),
        numbers('min', ({ min }) => min),
        numbers('low', ({ low }) => low),
        numbers('fewest free', ({ fewest }) => fewest),
        numbers('sank below low', ({ belowLow }) => belowLow),
        numbers('below min', ({ belowMin }) => belowMin),
      ],
    }),
    `In the recording: ${plural(pressure.kswapdWakes, 'wake-up')} of kswapd, ${plural(pressure.directReclaims, 'direct reclaim')}, ${plural(pressure.failures, 'failed allocation')}.`,
  ])
}

/** For what memory was reclaimed, in words. */
const CAUSES: Readonly<Record<ReclaimCause, string>> = {
  machine: 'the machine was short of memory',
  max: 'a charge met memory.max',
  high: 'a cgroup was above memory.high',
  file: 'a file of a cgroup was written',
  cgroup: 'of a cgroup; not known why',
  soft: 'cgroups were above their soft limits',
}

function reclaimSection({ reclaims }: MemoryReport): Section | undefined {
  if (reclaims.length === 0) return undefined
  return section(
    'reclaim',
    'Reclaim by tasks, as recorded: of the machine, and of memory cgroups',
    [
      table(reclaims, {
        caption: 'Reclaim',
        columns: [
          text('because', ({ cause }) => CAUSES[cause]),
          numbers('times', ({ count }) => count),
          numbers('without __GFP_FS', ({ withoutFs }) => withoutFs),
          numbers('in a NOFS scope', ({ underNofs }) => underNofs),
          numbers('in a NOIO scope', ({ underNoio }) => underNoio),
          numbers('scope unknown', ({ scopeUnknown }) => scopeUnknown),
          numbers('pages freed', ({ reclaimed }) => reclaimed),
          numbers('in vain', ({ inVain }) => inVain),
        ],
      }),
    ],
  )
}

/** How many tasks are listed. */
const MOST_TASKS = 10

function cgroupSection({ cgroups }: MemoryReport): Section | undefined {
  const { tasks } = cgroups
  if (tasks.length === 0) return undefined
  const rest = tasks.length - MOST_TASKS
  return section('cgroups', 'Tasks in memory cgroups with a limit, and the pages charged there', [
    table(tasks.slice(0, MOST_TASKS), {
      caption: 'Charged pages, in the model',
      columns: [
        text('task', ({ comm, pid }) => `${comm}-${pid}`),
        numbers('reclaimed for it', ({ reclaims }) => reclaims),
        numbers('charged when full', ({ whenFull }) => rangeText(whenFull)),
        numbers('at most', ({ most }) => most),
        numbers('in the end', ({ charged }) => charged),
      ],
    }),
    ...(rest > 0 ? [`And ${plural(rest, 'task')} more.`] : []),
  ])
}

function rangeText(range: PageRange | null): string {
  if (range === null) return ''
  const { fewest, most } = range
  return fewest === most ? number(most) : `${number(fewest)} to ${number(most)}`
}

/** What stands for the flags of compaction that no request asked for. */
const FOR = { kcompactd: 'kcompactd', nobody: 'all of memory' } as const

/** How hard a request tries, by enum compact_priority. */
const PRIORITIES = ['full', 'sync', 'async']

function compactionSection({ compaction }: MemoryReport): Section | undefined {
  if (compaction === null || compaction.rows.length === 0) return undefined
  const results = ({ results }: CompactionOutcome) =>
    results
      .map(
        ({ result, count }) =>
          `${number(count)} ${result === 0 ? 'unknown' : compactResultName(result)}`,
      )
      .join(', ')
  return section('compaction', 'Compaction: the kernel, and the model asked the same', [
    table(compaction.rows, {
      caption: 'Compaction',
      columns: [
        text('for', ({ by, gfp }) => (by === 'request' ? formatGfp(linux6_1, gfp) : FOR[by])),
        numbers('order', ({ order }) => (order < 0 ? '' : order)),
        text('priority', ({ priority }) => PRIORITIES[priority] ?? ''),
        numbers('times', ({ count }) => count),
        text('kernel', ({ kernel }) => results(kernel)),
        text('model', ({ model }) => results(model)),
        numbers('pages moved, kernel', ({ kernel }) => kernel.moved),
        numbers('model', ({ model }) => model.moved),
      ],
    }),
  ])
}

function reasonSection({ reasons }: MemoryReport): Section | undefined {
  return section('reasons', 'Where the model departs, and why', [
    reasons.length === 0 ? 'Nowhere.' : { items: reasons },
  ])
}
