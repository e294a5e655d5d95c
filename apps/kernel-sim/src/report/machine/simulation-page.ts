/** Simulation page: what workloads got, what memory cost them, and what the kernel did for it, before it has a form. */

import { PAGE_SERIES } from '../../simulate/measure/time-series.js'
import type { SimulationResult } from '../../simulate/result.js'
import { number, percent, plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { numbers, table, text } from '../form/table.js'
import { cgroupSection } from './cgroup-section.js'
import {
  alone,
  dirtyChart,
  freeChart,
  latencyCharts,
  listsChart,
  pressureChart,
} from './chart/simulation-charts.js'
import { type Comparison, costSection, figureTable } from './comparison-page.js'
import { figure } from './figure.js'
import { replayCommand } from './replay-command.js'
import { sparkline } from './sparkline.js'
import { stuckSentences } from './stuck-sentence.js'

/**
 * The page of a run.
 * @param runs all runs, when there were several seeds: their figures; everything else is of the one run
 */
export function simulationPage(result: SimulationResult, runs?: Comparison): Page {
  const { machine, policy, seed, seconds, workloads, facts, kills, hang, stuck } = result
  return {
    title: `kernel-sim simulate: ${machine} under ${policy}, seed ${seed}`,
    lead: [
      `${plural(workloads.length, 'workload')} (${workloads.join(', ')}) for ${seconds.toFixed(1)} virtual seconds.`,
      ...kills.map(
        ({ at, victim, rss, cgroup }) =>
          `At ${(at / 1e9).toFixed(3)} s the OOM killer${cgroup === undefined ? '' : ` of ${cgroup}`} killed ${victim}, which had ${number(rss * 4)} KiB.`,
      ),
      ...(facts.panicked_s === undefined
        ? []
        : [
            `At ${facts.panicked_s.toFixed(3)} s the kernel panicked: no memory was left, and no program may be killed (oom_score_adj of -1000). The run ends there.`,
          ]),
      ...(hang === null
        ? []
        : [
            `After ${(hang.at / 1e9).toFixed(2)} s the tasks of ${hang.scenario} hang: ${hang.why}. ${replayCommand(hang, runs?.scenario)} shows the way there.`,
          ]),
      ...stuckSentences(stuck),
    ],
    marks: [
      {
        good: kills.length === 0,
        text: kills.length === 0 ? 'nobody was killed' : plural(kills.length, 'OOM kill'),
      },
      ...(facts.panicked_s === undefined ? [] : [{ good: false, text: 'the kernel panicked' }]),
      ...(hang === null ? [] : [{ good: false, text: 'tasks hang' }]),
      ...(stuck.length === 0
        ? []
        : [{ good: false, text: `${plural(stuck.length, 'workload')} got nowhere` }]),
    ],
    sections: sections([
      runsSection(runs),
      workloadSection(result),
      cgroupSection(result.cgroups),
      timeSection(result),
      pressureSection(result),
      delaySection(result),
      allocationSection(result),
      reclaimSection(result),
      runs === undefined || runs.costs.length === 0 ? undefined : costSection(runs),
      logSection(result),
    ]),
  }
}

function runsSection(runs: Comparison | undefined): Section | undefined {
  if (runs === undefined || runs.results.length < 2) return undefined
  const { policies, figures, results } = runs
  return section('runs', `Over ${results.length} seeds`, [
    figureTable(policies, figures, 'Means, with 95 % confidence intervals'),
    `What follows is of the run with seed ${results[0]?.seed ?? 0}.`,
  ])
}

/** A phase of a workload, and how its figures are named. */
interface Phase {
  readonly workload: string
  readonly phase: number
  readonly of: (key: string) => string
}

function workloadSection(result: SimulationResult): Section | undefined {
  const { workloads, facts } = result
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
    { pictures: latencyCharts([{ result, of: alone('run', result) }]) },
  ])
}

function timeSection(result: SimulationResult): Section | undefined {
  const { series, watermarks } = result
  const counters = PAGE_SERIES.map((name) => ({ name, values: series.columns[name] })).filter(
    ({ values }) => values.some((value) => value > 0),
  )
  const mean = (values: readonly number[]): number =>
    Math.round(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length))
  const dirty = dirtyChart(result, alone('run', result))
  return section('time', 'Memory over time', [
    {
      pictures: [
        freeChart(result, alone('run', result)),
        listsChart(result, alone('run', result)),
        ...(dirty === null ? [] : [dirty]),
      ],
    },
    table(counters, {
      caption: `Pages, every ${figure(series.interval / 1e6)} ms`,
      columns: [
        text('counter', ({ name }) => ({ name })),
        numbers('least', ({ values }) => Math.min(...values)),
        numbers('mean', ({ values }) => mean(values)),
        numbers('most', ({ values }) => Math.max(...values)),
        text('from the beginning to the end', ({ values }) => sparkline(values, 40)),
      ],
    }),
    table(watermarks, {
      caption: 'Watermarks, in pages',
      columns: [
        text('zone', ({ zone }) => ({ name: zone })),
        numbers('min', ({ min }) => min),
        numbers('low', ({ low }) => low),
        numbers('high', ({ high }) => high),
      ],
    }),
  ])
}

function pressureSection(result: SimulationResult): Section | undefined {
  const { pressure, seconds } = result
  const lines = (['cpu', 'memory', 'io'] as const).flatMap((resource) =>
    (['some', 'full'] as const).map((kind) => ({ resource, kind, ...pressure[resource][kind] })),
  )
  return section('pressure', 'Pressure', [
    { pictures: [pressureChart(result, alone('run', result))] },
    table(lines, {
      caption: 'At the end, as /proc/pressure has it, in percent of the time',
      columns: [
        text('resource', ({ resource }) => ({ name: resource })),
        text('who', ({ kind }) => kind),
        numbers('10 s', ({ avg10 }) => avg10.toFixed(2)),
        numbers('60 s', ({ avg60 }) => avg60.toFixed(2)),
        numbers('300 s', ({ avg300 }) => avg300.toFixed(2)),
        numbers('in all, s', ({ total }) => (total / 1e9).toFixed(3)),
        numbers('of the run', ({ total }) => ({ part: total / 1e9, whole: seconds })),
      ],
    }),
  ])
}

/** What kept tasks from going on, by the names of causes. */
const CAUSES: Readonly<Record<SimulationResult['delays'][number]['cause'], string>> = {
  cpu: 'others had the CPU',
  reclaim: 'it reclaimed itself',
  throttle: 'reclaim made it wait',
  dirty: 'too much was dirty',
  journal: 'the journal',
  lock: 'a lock, or other tasks',
  read: 'a page was read in',
  queue: 'the queue of the disk was full',
  write: 'something was written',
}

function delaySection({ delays }: SimulationResult): Section | undefined {
  if (delays.length === 0) return undefined
  const order = [...delays].sort((a, b) => b.total - a.total)
  return section('delays', 'What kept tasks from going on', [
    table(order, {
      caption: 'Delays by task and cause',
      columns: [
        text('task', ({ task }) => ({ name: task })),
        text('cause', ({ cause }) => CAUSES[cause]),
        numbers('times', ({ times }) => times),
        numbers('in all, ms', ({ total }) => figure(total / 1e6)),
        numbers('longest, ms', ({ longest }) => figure(longest / 1e6)),
      ],
    }),
  ])
}

function allocationSection({ allocLatencies }: SimulationResult): Section | undefined {
  if (allocLatencies.length === 0) return undefined
  const us = (time: number): string => (time === 0 ? '0' : figure(time / 1e3))
  return section('allocations', 'Requests for memory', [
    table(allocLatencies, {
      caption: 'By task, and by what reclaim may do for them; latency in us',
      columns: [
        text('task', ({ task }) => ({ name: task })),
        text('may', ({ gfpClass }) => ({ name: gfpClass })),
        numbers('requests', ({ requests }) => requests),
        numbers('at once', ({ fast, requests }) => ({ part: fast, whole: requests })),
        numbers('p50', ({ p50 }) => us(p50)),
        numbers('p99', ({ p99 }) => us(p99)),
        numbers('p99.9', ({ p999 }) => us(p999)),
        numbers('p99.99', ({ p9999 }) => us(p9999)),
        numbers('max', ({ max }) => us(max)),
      ],
    }),
  ])
}

function reclaimSection({ facts, cgroups = [] }: SimulationResult): Section | undefined {
  const of = (name: string) => facts[name] ?? 0
  const stolen = of('pgsteal_kswapd') + of('pgsteal_direct')
  const scanned = of('pgscan_kswapd') + of('pgscan_direct')
  const times = cgroups.reduce((sum, { reclaims }) => sum + reclaims, 0)
  const freed = cgroups.reduce((sum, { reclaimed }) => sum + reclaimed, 0)
  return section('reclaim', 'Reclaim', [
    `kswapd ran ${plural(of('pageoutrun'), 'time')} and freed ${plural(of('pgsteal_kswapd'), 'page')} in ${figure(of('kswapd_cpu_ms'))} ms of CPU time; it went to sleep ${plural(of('kswapd_full_sleeps'), 'time')}.`,
    `Of ${plural(scanned, 'page')} that were looked at ${percent(stolen, scanned)} were freed.`,
    of('stall_count') === 0
      ? `No task had to reclaim itself${times === 0 ? '' : ' for want of memory on the machine'}.`
      : `Tasks reclaimed themselves ${plural(of('stall_count'), 'time')}, for ${figure(of('stall_us_sum') / 1000)} ms in all (median ${figure(of('stall_us_p50'))} us, longest ${figure(of('stall_us_max'))} us); ${number(of('stall_zero_progress'))} of these freed nothing, and ${number(of('stall_nofs'))} had to keep out of the filesystem.`,
    times === 0
      ? undefined
      : `For the limits of memory cgroups tasks reclaimed ${plural(times, 'time')}, and freed ${plural(freed, 'page')}.`,
    of('pswpout') === 0
      ? undefined
      : `${plural(of('pswpout'), 'page')} went to swap and ${number(of('pswpin'))} came back; compressing and decompressing them took ${figure(of('zram_cpu_ms'))} ms of CPU time. In the end ${number(of('zram_orig_data_kb'))} KiB were in ${number(of('zram_mem_used_total_kb'))} KiB of memory, ${plural(of('zram_same_pages'), 'page')} of one value included.`,
    facts.pageblocks_mixed === undefined
      ? undefined
      : `Requests took pages of another migratetype ${plural(of('fallback_unmovable') + of('fallback_movable') + of('fallback_reclaimable'), 'time')}: ${number(of('fallback_unmovable'))} for pages that stay, ${number(of('fallback_reclaimable'))} for slabs that can be reclaimed, ${number(of('fallback_movable'))} for pages that move; ${number(of('fallback_pageblocks'))} of these turned a whole pageblock over. In the end ${number(of('pageblocks_mixed'))} pageblocks had pages that stay among pages that move, and ${number(of('pageblocks_free'))} were free.`,
    of('unmounts') === 0
      ? undefined
      : `Filesystems were unmounted ${plural(of('unmounts'), 'time')}, and their modules unloaded: ${number(of('unmount_slab_pages_before'))} pages of slabs became ${number(of('unmount_slab_pages_after'))}; their shrinkers had freed ${plural(of('unmount_objects_shrunk_before'), 'dentry or inode', 'dentries and inodes')} before.`,
    of('cma_alloc_success') + of('cma_alloc_fail') === 0 ? undefined : cmaSentence(of),
    of('kcryptd_items') === 0
      ? undefined
      : `kcryptd encrypted or decrypted ${plural(of('kcryptd_items'), 'request')}, ${number(of('kcryptd_rescued'))} of them in its rescuer; of the 256 pages set aside for that at least ${number(of('crypt_pool_least'))} were left, and writes had to wait for one ${plural(of('crypt_pool_waits'), 'time')}.`,
    of('loop_requests') === 0
      ? undefined
      : `The worker of loop0 passed ${plural(of('loop_requests'), 'request')} on to the disk, and was woken for them ${plural(of('loop_items'), 'time')}.`,
    of('shrink_super_cache_scan_refused') + of('oom_refused') === 0
      ? undefined
      : `For requests that had to keep out of the filesystem, its shrinker was not called ${plural(of('shrink_super_cache_scan_refused'), 'time')}, and ${plural(of('oom_refused'), 'kill')} ${of('oom_refused') === 1 ? 'was' : 'were'} refused.`,
  ])
}

function cmaSentence(of: (name: string) => number): string {
  const took =
    of('cma_alloc_success') === 0
      ? ''
      : ` (median ${figure(of('cma_alloc_us_p50'))} us, longest ${figure(of('cma_alloc_us_max'))} us)`
  return `Drivers got ${plural(of('cma_alloc_success'), 'buffer')} from CMA areas${took}, and ${number(of('cma_alloc_fail'))} times none. For that ${plural(of('cma_pages_moved'), 'page')} ${of('cma_pages_moved') === 1 ? 'was' : 'were'} moved away and ${number(of('cma_pages_given_up'))} clean ones of files given up; ${plural(of('cma_busy_ranges'), 'range')} ${of('cma_busy_ranges') === 1 ? 'was' : 'were'} busy, and pages that were locked or being written were waited for ${plural(of('cma_waits'), 'time')}, for ${figure(of('cma_wait_ms'))} ms in all.`
}

function logSection({ dmesg }: SimulationResult): Section | undefined {
  if (dmesg === '') return undefined
  return section('log', 'What the kernel logged', [
    { shows: 'The log of the kernel', drawing: dmesg.trimEnd().split('\n') },
  ])
}
