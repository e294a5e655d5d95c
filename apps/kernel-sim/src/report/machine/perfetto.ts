/**
 * Perfetto: a run as a trace for the Perfetto UI: a track for each CPU with who ran there, for each task with what it did and what it waited
 * for, for the disk with its requests, and counters of memory and pressure.
 */
import { formatGfp, linux6_1 } from '@scopemask/allocator'
import { PAGE_SERIES, PRESSURE_SERIES } from '../../simulate/measure/time-series.js'
import type { Timeline } from '../../simulate/measure/timeline.js'
import type { SimulationResult } from '../../simulate/result.js'
import { WaitReason } from '../../simulate/sched/wait-reason.js'
import { TrackEventTrace } from '../form/track-event.js'
import { pressureShares } from './pressure-shares.js'

/** What a task waits for, in words. */
const WAITS: Readonly<Record<WaitReason, string>> = {
  [WaitReason.NONE]: 'sleeps',
  [WaitReason.READ]: 'waits for a page to be read',
  [WaitReason.QUEUE]: 'waits for room in the queue of the disk',
  [WaitReason.WRITE]: 'waits for something to be written',
  [WaitReason.DIRTY]: 'is held back: too much is dirty',
  [WaitReason.JOURNAL]: 'waits for the journal',
  [WaitReason.THROTTLE]: 'is made to wait by reclaim',
  [WaitReason.LOCK]: 'waits for a lock, or another task',
}

/** What has a counter, and whether it grows by time, ns, so that its share of each interval is drawn. */
const COUNTERS = [
  ...PAGE_SERIES.map((name) => ({ name, isPressure: false })),
  ...PRESSURE_SERIES.map((name) => ({ name, isPressure: true })),
]

/** @param timeline of the run that the result is of */
export function machineTrace(result: SimulationResult, timeline: Timeline): Uint8Array {
  const { cpus } = timeline
  const trace = new TrackEventTrace()
  const machine = trace.track({
    name: `${result.machine} under ${result.policy}, seed ${result.seed}`,
    process: true,
  })
  const rows = Array.from({ length: cpus }, (_, cpu) =>
    trace.track({ name: `CPU ${cpu}`, parent: machine, rank: cpu }),
  )
  const disk = trace.track({ name: 'disk', parent: machine, rank: cpus })
  addCounters(trace, result, machine, cpus + 1)
  const tasks = trace.track({ name: 'tasks', process: true })
  const ofTask = taskTracks(trace, timeline, tasks)
  for (const { task, cpu, from, to } of timeline.runs) {
    const row = rows[cpu]
    if (row !== undefined) trace.slice({ track: row, name: task, from, to })
    trace.slice({ track: ofTask.get(task) ?? tasks, name: `runs on CPU ${cpu}`, from, to })
  }
  for (const { task, reason, from, to } of timeline.waits) {
    trace.slice({ track: ofTask.get(task) ?? tasks, name: WAITS[reason], from, to })
  }
  for (const { write, bytes, from, to } of timeline.disk) {
    trace.slice({ track: disk, name: `${write ? 'write' : 'read'} ${bytes / 1024} KiB`, from, to })
  }
  addReclaims(trace, timeline, ofTask)
  const last = Math.max(0, ...result.series.at)
  if (timeline.fullAt < last) {
    const name = 'from here on only counters were kept'
    trace.slice({ track: machine, name, from: timeline.fullAt, to: last })
  }
  return trace.bytes()
}

/** A track for each task that did anything, in the order in which they first did. */
function taskTracks(
  trace: TrackEventTrace,
  { runs, waits }: Timeline,
  parent: number,
): ReadonlyMap<string, number> {
  const names = [...new Set([...runs, ...waits].map(({ task }) => task))]
  return new Map(names.map((name, rank) => [name, trace.track({ name, parent, rank })]))
}

/** Reclaim goes over what a task runs and waits for: it has a track of its own below the task's. */
function addReclaims(
  trace: TrackEventTrace,
  { reclaims }: Timeline,
  ofTask: ReadonlyMap<string, number>,
): void {
  const tracks = new Map<string, number>()
  for (const { task, gfp, reclaimed, from, to } of reclaims) {
    const parent = ofTask.get(task)
    if (parent === undefined) continue
    let track = tracks.get(task)
    if (track === undefined) {
      track = trace.track({ name: 'direct reclaim', parent, rank: 0 })
      tracks.set(task, track)
    }
    trace.slice({
      track,
      name: reclaimed === 0 ? 'reclaims in vain' : 'reclaims',
      from,
      to,
      notes: { pages: String(reclaimed), gfp: formatGfp(linux6_1, gfp) },
    })
  }
}

function addCounters(
  trace: TrackEventTrace,
  { series }: SimulationResult,
  parent: number,
  firstRank: number,
): void {
  const { at, columns } = series
  for (const [index, { name, isPressure }] of COUNTERS.entries()) {
    const values = columns[name]
    if (values.every((value) => value === 0)) continue
    const track = trace.counter({
      name: isPressure ? `${name}, % of the time` : name,
      parent,
      rank: firstRank + index,
    })
    const shown = isPressure ? pressureShares(at, values) : values
    for (const [row, value] of shown.entries()) trace.count(track, at[row] ?? 0, value)
  }
}
