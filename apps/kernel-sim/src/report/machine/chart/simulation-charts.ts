/** Simulation charts: what of a run goes over time, and how long operations took, as pictures. */
import type { LatencyHistogram, SimulationResult } from '../../../simulate/result.js'
import type { Picture, Size } from '../../form/picture.js'
import { pressureShares } from '../pressure-shares.js'
import { histogramChart } from './histogram-chart.js'
import { CHART } from './plot.js'
import { type ChartLine, type Moment, timeChart } from './time-chart.js'

/** How a picture is named where several runs stand side by side. */
export interface ChartOf {
  /** One of a kind on the page. */
  readonly id: string
  /** Stands behind titles: ` under nofs`; empty for a page of one run. */
  readonly under: string
  readonly size: Size
  /** Runs that share their scales, this one among them. */
  readonly beside: readonly SimulationResult[]
}

/** The picture of a run that stands alone. */
export function alone(id: string, result: SimulationResult): ChartOf {
  return { id, under: '', size: CHART, beside: [result] }
}

/** When the last of some runs ends, ns, and the least above 0 and the most of some columns in any of them. */
function scaleOf({ beside }: ChartOf, names: readonly (keyof Columns)[]) {
  const all = beside.flatMap(({ series }) => names.flatMap((name) => series.columns[name]))
  return {
    until: Math.max(...beside.map(({ series }) => series.at.at(-1) ?? 0)),
    least: all.reduce((least, value) => (value > 0 ? Math.min(least, value) : least), Infinity),
    most: all.reduce((most, value) => Math.max(most, value), 0),
  }
}

type Columns = SimulationResult['series']['columns']

/** Columns as lines, without those that are always 0. */
function linesOf(
  columns: Columns,
  names: Readonly<Partial<Record<keyof Columns, string>>>,
): ChartLine[] {
  return Object.entries(names)
    .map(([column, name]) => ({ name, values: columns[column as keyof Columns] }))
    .filter(({ values }) => values.some((value) => value > 0))
}

function momentsOf({ kills }: SimulationResult): Moment[] {
  return kills.map(({ at, victim }) => ({ name: `OOM: ${victim}`, at }))
}

/** Free pages, with the watermarks. */
export function freeChart(result: SimulationResult, of: ChartOf): Picture {
  const { series, watermarks } = result
  const sum = (level: 'min' | 'low' | 'high'): number =>
    watermarks.reduce((all, zone) => all + zone[level], 0)
  return timeChart(`${of.id}-free`, {
    title: `Free pages${of.under}`,
    description:
      'Free pages over time on a logarithmic scale, with the watermarks: below low kswapd is woken and works up to high, below min requests reclaim themselves.',
    size: of.size,
    ...scaleOf(of, ['nr_free_pages']),
    unit: 'pages',
    log: true,
    at: series.at,
    lines: linesOf(series.columns, { nr_free_pages: 'free' }),
    levels: (['high', 'low', 'min'] as const).map((name) => ({ name, value: sum(name) })),
    moments: momentsOf(result),
  })
}

/** Dirty pages and pages in writing. */
export function dirtyChart(result: SimulationResult, of: ChartOf): Picture | null {
  const { series, facts } = result
  const lines = linesOf(series.columns, { nr_dirty: 'dirty', nr_writeback: 'in writing' })
  if (lines.length === 0) return null
  const levels = [
    { name: 'threshold', value: facts.bdp_thresh_mean ?? 0 },
    { name: 'background', value: facts.bdp_bg_thresh_mean ?? 0 },
  ].filter(({ value }) => value > 0)
  return timeChart(`${of.id}-dirty`, {
    title: `Dirty pages${of.under}`,
    description:
      'Dirty pages and pages in writing over time, with the mean of the thresholds that writers saw: at the background threshold the flusher begins, near the other one writers are held back.',
    size: of.size,
    ...scaleOf(of, ['nr_dirty', 'nr_writeback']),
    unit: 'pages',
    at: series.at,
    lines,
    levels,
    moments: momentsOf(result),
  })
}

const LISTS = [
  'nr_inactive_file',
  'nr_active_file',
  'nr_inactive_anon',
  'nr_active_anon',
  'nr_slab_reclaimable',
] as const

/** The lists of reclaim, and slabs. */
export function listsChart(result: SimulationResult, of: ChartOf): Picture {
  const { series } = result
  return timeChart(`${of.id}-lists`, {
    title: `Lists${of.under}`,
    description: 'Pages on the lists of reclaim and in reclaimable slabs, over time.',
    size: of.size,
    ...scaleOf(of, LISTS),
    unit: 'pages',
    at: series.at,
    lines: linesOf(series.columns, {
      nr_inactive_file: 'inactive file',
      nr_active_file: 'active file',
      nr_inactive_anon: 'inactive anon',
      nr_active_anon: 'active anon',
      nr_slab_reclaimable: 'slab',
    }),
    moments: momentsOf(result),
  })
}

/** Pressure: the share of each interval in which somebody, or everybody, was kept from going on. */
export function pressureChart(result: SimulationResult, of: ChartOf): Picture {
  const { series } = result
  return timeChart(`${of.id}-pressure`, {
    title: `Pressure${of.under}`,
    description:
      'The share of time in which some tasks, or all that could do something (full), were kept from going on by the lack of CPUs, memory or I/O (PSI).',
    size: of.size,
    ...scaleOf(of, []),
    unit: '% of the time',
    most: 100,
    at: series.at,
    lines: linesOf(series.columns, {
      psi_cpu_some: 'cpu some',
      psi_memory_some: 'memory some',
      psi_memory_full: 'memory full',
      psi_io_some: 'io some',
      psi_io_full: 'io full',
    }).map(({ name, values }) => ({ name, values: pressureShares(series.at, values) })),
    moments: momentsOf(result),
  })
}

/** How long the operations of each workload took: the same scale for all. */
export function latencyCharts(
  results: readonly { readonly result: SimulationResult; readonly of: ChartOf }[],
): Picture[] {
  const all = results.flatMap(({ result }) => result.latencies.flatMap(({ buckets }) => buckets))
  if (all.length === 0) return []
  const times = all.map(({ value }) => value)
  const domain = [Math.min(...times), Math.max(...times)] as const
  // Those of a workload stand side by side.
  const most = Math.max(...results.map(({ result }) => result.latencies.length))
  return Array.from({ length: most }, (_, index) => index).flatMap((index) =>
    results.flatMap(({ result, of }) => {
      const latency = result.latencies[index]
      if (latency === undefined) return []
      return [
        histogramChart(`${of.id}-latency-${index}`, {
          title: `${nameOf(latency, result)}${of.under}`,
          buckets: latency.buckets,
          quantiles: [
            { name: 'p50', value: latency.p50 },
            { name: 'p99', value: latency.p99 },
            { name: 'max', value: latency.max },
          ],
          domain,
        }),
      ]
    }),
  )
}

function nameOf({ workload, phase }: LatencyHistogram, { latencies }: SimulationResult): string {
  const phases = latencies.filter((each) => each.workload === workload).length
  return phases === 1 ? workload : `${workload}, phase ${phase}`
}
