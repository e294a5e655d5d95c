/** Text of a simulation: what the workloads got, what memory cost them, and what the kernel did for it. */
import type { SimulationResult } from '../../simulate/result.js'
import { number, percent, plural } from '../form/numbers.js'
import { numeric, section, table, text, wrap } from '../form/table.js'
import { figure } from './held.js'
import { sparkline } from './sparkline.js'

/** The report as text of 100 columns. */
export function simulationText(result: SimulationResult): string {
  return [
    headline(result),
    section('Workloads', workloads(result)),
    section('Memory over time, pages', overTime(result)),
    section('Reclaim', reclaim(result)),
    kills(result),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function headline({ machine, seed, seconds, workloads: names }: SimulationResult): string {
  return (
    `kernel-sim simulate: ${machine}, seed ${seed}\n` +
    wrap(
      `${plural(names.length, 'workload')} (${names.join(', ')}) for ${seconds.toFixed(1)} virtual seconds.`,
    )
  )
}

function workloads({ workloads: names, facts }: SimulationResult): string {
  const rows = names.flatMap((name) => {
    const phases: string[][] = []
    for (let phase = 0; facts[`${name}.${phase}.s`] !== undefined; phase++) {
      const of = (key: string) => facts[`${name}.${phase}.${key}`]
      const shown = (key: string) => {
        const value = of(key)
        return value === undefined ? '' : figure(value)
      }
      if (of('ops_s') === undefined) continue
      phases.push([
        name,
        String(phase),
        shown('s'),
        shown('ops_s'),
        shown('MB_s'),
        ...['p50', 'p90', 'p99', 'max'].map((quantile) => shown(`lat_us_${quantile}`)),
      ])
    }
    return phases
  })
  return table(
    [
      text('workload'),
      numeric('phase'),
      numeric('s'),
      numeric('ops/s'),
      numeric('MB/s'),
      numeric('p50 us'),
      numeric('p90'),
      numeric('p99'),
      numeric('max'),
    ],
    rows,
  )
}

function overTime({ samples }: SimulationResult): string {
  const names = [
    'nr_free_pages',
    'nr_inactive_file',
    'nr_active_file',
    'nr_inactive_anon',
    'nr_dirty',
    'nr_writeback',
  ] as const
  return table(
    [text('counter'), numeric('least'), numeric('most'), text('every half second')],
    names.flatMap((name) => {
      const values = samples.map((sample) => sample[name])
      const most = Math.max(0, ...values)
      if (most === 0) return []
      return [[name, number(Math.min(...values)), number(most), sparkline(values, 60)]]
    }),
  )
}

function reclaim({ facts }: SimulationResult): string {
  const of = (name: string) => facts[name] ?? 0
  const stolen = of('pgsteal_kswapd') + of('pgsteal_direct')
  const scanned = of('pgscan_kswapd') + of('pgscan_direct')
  const lines = [
    `kswapd ran ${plural(of('pageoutrun'), 'time')} and freed ${plural(of('pgsteal_kswapd'), 'page')} in ${figure(of('kswapd_cpu_ms'))} ms of CPU time; it slept for good ${plural(of('kswapd_full_sleeps'), 'time')}.`,
    `Of ${plural(scanned, 'page')} that were looked at ${percent(stolen, scanned)} were freed.`,
  ]
  if (of('stall_count') > 0) {
    lines.push(
      `Tasks reclaimed themselves ${plural(of('stall_count'), 'time')}, for ${figure(of('stall_us_sum') / 1000)} ms in all (median ${figure(of('stall_us_p50'))} us, longest ${figure(of('stall_us_max'))} us); ${number(of('stall_zero_progress'))} of these freed nothing, and ${number(of('stall_nofs'))} had to keep out of the filesystem.`,
    )
  } else lines.push('No task had to reclaim itself.')
  return lines.map((line) => wrap(line)).join('')
}

function kills({ kills: all }: SimulationResult): string {
  if (all.length === 0) return ''
  return section(
    'OOM kills',
    all
      .map(({ at, victim, rss }) =>
        wrap(
          `At ${(at / 1e9).toFixed(3)} s the OOM killer killed ${victim}, which had ${number(rss * 4)} KiB.`,
        ),
      )
      .join(''),
  )
}
