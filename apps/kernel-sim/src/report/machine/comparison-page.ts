/** Comparison page: policies side by side on the same machine, load and seeds, before they have a form. */

import type { ComparedFigure, Interval } from '../../simulate/compare.js'
import { PAGE_SERIES } from '../../simulate/measure/time-series.js'
import type { SimulationResult } from '../../simulate/result.js'
import { number, plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { type Column, numbers, table, text } from '../form/table.js'
import { SMALL_CHART } from './chart/plot.js'
import { ratioChart } from './chart/ratio-chart.js'
import {
  type ChartOf,
  dirtyChart,
  freeChart,
  latencyCharts,
  listsChart,
  pressureChart,
} from './chart/simulation-charts.js'
import { replayCommand } from './replay-command.js'
import { stuckSentences } from './stuck-sentence.js'

/** What is compared. */
export interface Comparison {
  readonly machine: string
  readonly policies: readonly { readonly name: string; readonly summary: string }[]
  readonly figures: readonly ComparedFigure[]
  /** What the scopes cost, compared in the same way. */
  readonly costs: readonly ComparedFigure[]
  readonly results: readonly SimulationResult[]
  /** How a command names the scenario that ran beside: its file, where it is from one. */
  readonly scenario?: string
}

export function comparisonPage(comparison: Comparison): Page {
  const { machine, policies, results, figures } = comparison
  const runs = results.length / policies.length
  const names = policies.map(({ name }) => name)
  return {
    title: `kernel-sim simulate: ${machine} under ${plural(policies.length, 'policy', 'policies')}`,
    lead: [...differences(comparison), ...hangs(comparison), ...stuckOnes(comparison)],
    marks: [],
    sections: sections([
      section('figures', 'Side by side', [
        ...(figures.length === 0
          ? []
          : [{ pictures: [ratioChart('figures-ratio', names, figures)] }]),
        figureTable(
          policies,
          figures,
          `Means of ${plural(runs, 'run')}, with 95 % confidence intervals`,
        ),
        runs < 2
          ? 'With one run there is no telling whether a difference is real.'
          : `* differs from ${names[0] ?? 'the first'} beyond what seeds do (Welch's test at 95 %).`,
      ]),
      costSection(comparison),
      ...pictureSections(comparison),
      section('policies', 'Policies', [
        { items: policies.map(({ name, summary }) => `${name}: ${summary}`) },
      ]),
    ]),
  }
}

/** Figures as rows, policies as columns. */
export function figureTable(
  policies: readonly { readonly name: string }[],
  figures: readonly ComparedFigure[],
  caption: string,
) {
  return table(figures, {
    caption,
    columns: [
      text('figure', (each) => ({ name: each.figure })),
      ...policies.map(
        ({ name }, index): Column<ComparedFigure> =>
          numbers(name, ({ intervals, differs }) => {
            const shown = intervalText(intervals[index])
            return differs[index - 1] === true ? `${shown} *` : shown
          }),
      ),
    ],
  })
}

/** What the figures of costs are, in words. */
const COSTS: Readonly<Record<string, string>> = {
  stall_nofs: 'direct reclaims that had to keep out of the filesystem',
  shrink_super_cache_scan_refused: "times the filesystem's shrinker was not called",
  shrink_super_cache_objects_refused: 'dentries and inodes that were not looked at',
  stall_zero_progress: 'direct reclaims that freed nothing',
  oom_refused: 'kills that were refused',
  cma_alloc_fail: 'buffers that drivers did not get from CMA areas',
}

/** What is counted as the cost of scopes: names of figures. */
export const COST_FIGURES = Object.keys(COSTS)

/** What was kept from requests by their scopes, by policy. */
export function costSection({ policies, costs, results }: Comparison): Section | undefined {
  if (costs.length === 0) {
    return section('costs', 'What scopes cost', [
      'Nothing: no request that had to keep out of the filesystem was short of memory.',
    ])
  }
  return section('costs', 'What scopes cost', [
    table(costs, {
      caption: 'Of requests that must not enter the filesystem, by policy',
      columns: [
        text('what', (each) => COSTS[each.figure] ?? each.figure),
        ...policies.map(
          ({ name }, index): Column<ComparedFigure> =>
            numbers(name, ({ intervals, differs }) => {
              const shown = intervalText(intervals[index])
              return differs[index - 1] === true ? `${shown} *` : shown
            }),
        ),
      ],
    }),
    'No page of a file is passed over for it: reclaim of 6.1 leaves dirty pages to the flusher whatever a request may do.',
    // mm/vmscan.c, shrink_folio_list, 6.1: add_to_swap for requests with __GFP_IO alone.
    results.some(({ facts }) => facts.zram_mem_used_total_kb !== undefined)
      ? 'Pages of programs go to swap for every request that may do I/O, so NOFS scopes do not keep them in memory; NOIO scopes do.'
      : 'There is no swap, so pages of programs stay where they are under all policies.',
    'Page cache and memory of programs are reclaimed without the filesystem: what scopes keep from requests are its dentries and inodes, and the OOM killer.',
    // mm/compaction.c, isolate_migratepages_block, 6.1: pages with a mapping, unless the request has __GFP_FS.
    results.some(({ facts }) => facts.cma_total_kb !== undefined)
      ? 'A driver that allocates in a NOFS or NOIO scope gets no range of a CMA area with a page of a file in it: such pages are neither given up nor moved for it.'
      : undefined,
  ])
}

/** The first run of each policy in pictures, side by side. */
function pictureSections({ policies, results }: Comparison): (Section | undefined)[] {
  const beside = policies.flatMap(({ name }) => results.find(({ policy }) => policy === name) ?? [])
  const firsts = beside.map((result, index) => {
    const of: ChartOf = {
      id: `policy-${index}`,
      under: ` under ${result.policy}`,
      size: SMALL_CHART,
      beside,
    }
    return { result, of }
  })
  const seed = firsts[0]?.result.seed ?? 0
  const note = `The run with seed ${seed} of each policy.`
  return [
    section('time', 'Memory over time', [
      note,
      { pictures: firsts.map(({ result, of }) => freeChart(result, of)) },
      { pictures: firsts.map(({ result, of }) => listsChart(result, of)) },
      { pictures: firsts.flatMap(({ result, of }) => dirtyChart(result, of) ?? []) },
      table(PAGE_SERIES, {
        caption: 'Mean pages over the run',
        columns: [
          text('counter', (name) => ({ name })),
          ...firsts.map(
            ({ result }): Column<(typeof PAGE_SERIES)[number]> =>
              numbers(result.policy, (name) => Math.round(meanOf(result.series.columns[name]))),
          ),
        ],
      }),
    ]),
    section('pressure', 'Pressure', [
      note,
      { pictures: firsts.map(({ result, of }) => pressureChart(result, of)) },
      table(PRESSURES, {
        caption: 'Seconds of pressure in all',
        columns: [
          text('pressure', ([resource, kind]) => `${resource} ${kind}`),
          ...firsts.map(
            ({ result }): Column<(typeof PRESSURES)[number]> =>
              numbers(result.policy, ([resource, kind]) =>
                (result.pressure[resource][kind].total / 1e9).toFixed(2),
              ),
          ),
        ],
      }),
    ]),
    section('latency', 'Latency of operations', [
      note,
      { pictures: latencyCharts(firsts) },
      table(firsts[0]?.result.latencies ?? [], {
        caption: 'p50, p99 and max, in us',
        columns: [
          text('workload', ({ workload }) => workload),
          numbers('phase', ({ phase }) => phase),
          ...firsts.map(
            ({ result }): Column<SimulationResult['latencies'][number]> =>
              numbers(result.policy, ({ workload, phase }) => {
                const found = result.latencies.find(
                  (each) => each.workload === workload && each.phase === phase,
                )
                return found === undefined
                  ? '-'
                  : [found.p50, found.p99, found.max].map((time) => digits(time / 1e3)).join(' / ')
              }),
          ),
        ],
      }),
    ]),
  ]
}

const PRESSURES = [
  ['cpu', 'some'],
  ['memory', 'some'],
  ['memory', 'full'],
  ['io', 'some'],
  ['io', 'full'],
] as const

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function intervalText(interval: Interval | undefined): string {
  if (interval === undefined) return ''
  const { mean, half } = interval
  return half === 0 ? digits(mean) : `${digits(mean)} ±${digits(half)}`
}
/** Three digits are enough to compare. */
function digits(value: number): string {
  const rounded = value === 0 ? 0 : Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3))
  return Math.abs(rounded) >= 0.01 || rounded === 0 ? number(rounded) : String(rounded)
}

/** One sentence for each policy but the first. */
function differences({ policies, figures }: Comparison): string[] {
  const [first, ...others] = policies
  return others.map(({ name }, index) => {
    const real = figures.filter(({ differs }) => differs[index] === true)
    if (real.length === 0) {
      return `${name} does not differ from ${first?.name ?? ''} in any figure beyond what seeds do.`
    }
    const said = real.slice(0, 4).map(({ figure: what, intervals }) => {
      const [before, after] = [intervals[0], intervals[index + 1]]
      return `${what} ${digits(after?.mean ?? 0)} instead of ${digits(before?.mean ?? 0)}`
    })
    const more = real.length > 4 ? `, and ${plural(real.length - 4, 'other figure')}` : ''
    return `${name} differs from ${first?.name ?? ''}: ${said.join(', ')}${more}.`
  })
}

/** Of each policy the first run in which a workload got nowhere. */
function stuckOnes({ policies, results }: Comparison): string[] {
  return policies.flatMap(({ name }) => {
    const of = results.filter(({ policy }) => policy === name)
    const found = of.filter(({ stuck }) => stuck.length > 0)
    const [first] = found
    if (first === undefined) return []
    const [sentence = ''] = stuckSentences(first.stuck)
    return [`Under ${name}, in ${found.length} of ${plural(of.length, 'run')}, ${sentence}`]
  })
}

function hangs({ results, scenario }: Comparison): string[] {
  const [found] = results.flatMap(({ hang }) => hang ?? [])
  if (found === undefined) return []
  const count = results.filter(({ hang }) => hang?.policy === found.policy).length
  return [
    `Under ${found.policy} the tasks of ${found.scenario} hang in ${plural(count, 'run')}, first after ${(found.at / 1e9).toFixed(2)} s: ${found.why}. ${replayCommand(found, scenario)} shows the way there.`,
  ]
}
