/** Simulation page: what workloads got, what memory cost them, and what the kernel did for it, before it has a form. */
import type { SimulationResult } from '../../simulate/result.js'
import { number, percent, plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { numbers, table, text } from '../form/table.js'
import { figure } from './figure.js'
import { sparkline } from './sparkline.js'

export function simulationPage(result: SimulationResult): Page {
  const { machine, seed, seconds, workloads, kills } = result
  return {
    title: `kernel-sim simulate: ${machine}, seed ${seed}`,
    lead: [
      `${plural(workloads.length, 'workload')} (${workloads.join(', ')}) for ${seconds.toFixed(1)} virtual seconds.`,
      ...kills.map(
        ({ at, victim, rss }) =>
          `At ${(at / 1e9).toFixed(3)} s the OOM killer killed ${victim}, which had ${number(rss * 4)} KiB.`,
      ),
    ],
    marks: [
      {
        good: kills.length === 0,
        text: kills.length === 0 ? 'nobody was killed' : plural(kills.length, 'OOM kill'),
      },
    ],
    sections: sections([workloadSection(result), timeSection(result), reclaimSection(result)]),
  }
}

/** A phase of a workload, and how its figures are named. */
interface Phase {
  readonly workload: string
  readonly phase: number
  readonly of: (key: string) => string
}

function workloadSection({ workloads, facts }: SimulationResult): Section | undefined {
  const phases = workloads.flatMap((workload) => {
    const found: Phase[] = []
    for (let phase = 0; facts[`${workload}.${phase}.s`] !== undefined; phase++) {
      const of = (key: string): string => {
        const value = facts[`${workload}.${phase}.${key}`]
        return value === undefined ? '' : figure(value)
      }
      if (of('ops_s') !== '') found.push({ workload, phase, of })
    }
    return found
  })
  const latency =
    (quantile: string) =>
    ({ of }: Phase) =>
      of(`lat_us_${quantile}`)
  return section('workloads', 'Workloads', [
    table(phases, {
      caption: 'Throughput, and latency in us',
      columns: [
        text('workload', ({ workload }) => workload),
        numbers('phase', ({ phase }) => phase),
        numbers('s', ({ of }) => of('s')),
        numbers('ops/s', ({ of }) => of('ops_s')),
        numbers('MB/s', ({ of }) => of('MB_s')),
        numbers('p50', latency('p50')),
        numbers('p90', latency('p90')),
        numbers('p99', latency('p99')),
        numbers('max', latency('max')),
      ],
    }),
  ])
}

const OVER_TIME = [
  'nr_free_pages',
  'nr_inactive_file',
  'nr_active_file',
  'nr_inactive_anon',
  'nr_slab_reclaimable',
  'nr_dirty',
  'nr_writeback',
] as const

function timeSection({ samples }: SimulationResult): Section | undefined {
  const counters = OVER_TIME.map((name) => ({
    name,
    values: samples.map((sample) => sample[name]),
  })).filter(({ values }) => values.some((value) => value > 0))
  return section('time', 'Memory over time', [
    table(counters, {
      caption: 'Pages, every half second',
      columns: [
        text('counter', ({ name }) => ({ name })),
        numbers('least', ({ values }) => Math.min(...values)),
        numbers('most', ({ values }) => Math.max(...values)),
        text('from the beginning to the end', ({ values }) => sparkline(values, 45)),
      ],
    }),
  ])
}

function reclaimSection({ facts }: SimulationResult): Section | undefined {
  const of = (name: string) => facts[name] ?? 0
  const stolen = of('pgsteal_kswapd') + of('pgsteal_direct')
  const scanned = of('pgscan_kswapd') + of('pgscan_direct')
  return section('reclaim', 'Reclaim', [
    `kswapd ran ${plural(of('pageoutrun'), 'time')} and freed ${plural(of('pgsteal_kswapd'), 'page')} in ${figure(of('kswapd_cpu_ms'))} ms of CPU time; it went to sleep ${plural(of('kswapd_full_sleeps'), 'time')}.`,
    `Of ${plural(scanned, 'page')} that were looked at ${percent(stolen, scanned)} were freed.`,
    of('stall_count') === 0
      ? 'No task had to reclaim itself.'
      : `Tasks reclaimed themselves ${plural(of('stall_count'), 'time')}, for ${figure(of('stall_us_sum') / 1000)} ms in all (median ${figure(of('stall_us_p50'))} us, longest ${figure(of('stall_us_max'))} us); ${number(of('stall_zero_progress'))} of these freed nothing, and ${number(of('stall_nofs'))} had to keep out of the filesystem.`,
  ])
}
