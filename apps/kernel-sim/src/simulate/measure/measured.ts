/** Measured: what a run has shown beside its figures, as data: pressure, latencies of allocations, delays, and how all of it went over time. */
import type { Pressure, PressureResource } from '../sched/psi.js'
import type { Simulation } from '../simulation.js'
import type { Task } from '../task.js'
import { GFP_CLASSES, type GfpClass } from './alloc-latency.js'
import { DELAY_CAUSES, type DelayCause } from './delays.js'
import type { TimeSeriesName } from './time-series.js'

/** The requests of a task for memory, of one class. Times are ns. */
export interface AllocLatencies {
  readonly task: string
  readonly gfpClass: GfpClass
  readonly requests: number
  /** Of them, those that found a page on the free lists at once; they count as 0 ns. */
  readonly fast: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly p9999: number
  readonly max: number
}

/** For how long a task was kept from going on by one cause. Times are ns. */
export interface TaskDelay {
  readonly task: string
  readonly cause: DelayCause
  readonly times: number
  readonly total: number
  readonly longest: number
}

export interface SeriesData {
  /** ns between two rows. */
  readonly interval: number
  /** The times of the rows, ns since the run began. */
  readonly at: readonly number[]
  /** Pages, and ns of pressure since the run began, row by row. */
  readonly columns: Readonly<Record<TimeSeriesName, readonly number[]>>
}

/** Pages of a zone. */
export interface ZoneWatermarks {
  readonly zone: string
  readonly min: number
  readonly low: number
  readonly high: number
}

export interface Measured {
  readonly pressure: Readonly<Record<PressureResource, Pressure>>
  readonly allocLatencies: readonly AllocLatencies[]
  readonly delays: readonly TaskDelay[]
  readonly series: SeriesData
  readonly watermarks: readonly ZoneWatermarks[]
}

export function measuredOf(simulation: Simulation): Measured {
  const { psi, vm, timeSeries } = simulation
  const { series } = timeSeries
  const tasks = simulation.measuredTasks
  return {
    pressure: {
      cpu: psi.pressure('cpu'),
      memory: psi.pressure('memory'),
      io: psi.pressure('io'),
    },
    allocLatencies: tasks.flatMap(latenciesOf),
    delays: tasks.flatMap(delaysOf),
    series: {
      interval: series.interval,
      at: [...series.at],
      columns: Object.fromEntries(
        series.names.map((name) => [name, [...series.column(name)]]),
      ) as Record<TimeSeriesName, number[]>,
    },
    watermarks: vm.memory.zones.all.map(({ name, node, watermarks: { min, low, high } }) => ({
      zone: vm.memory.zones.nodes === 1 ? name : `${name} of node ${node}`,
      min,
      low,
      high,
    })),
  }
}

function latenciesOf({ name, allocLatency }: Task): AllocLatencies[] {
  return GFP_CLASSES.flatMap((gfpClass) => {
    const latency = allocLatency.of(gfpClass)
    if (latency.count === 0) return []
    return [
      {
        task: name,
        gfpClass,
        requests: latency.count,
        fast: latency.fast,
        p50: latency.quantile(0.5),
        p90: latency.quantile(0.9),
        p99: latency.quantile(0.99),
        p999: latency.quantile(0.999),
        p9999: latency.quantile(0.9999),
        max: latency.max,
      },
    ]
  })
}

function delaysOf({ name, delays }: Task): TaskDelay[] {
  return DELAY_CAUSES.flatMap((cause) => {
    const { times, total, longest } = delays.of(cause)
    return times === 0 ? [] : [{ task: name, cause, times, total, longest }]
  })
}
