/**
 * Work times: how long items of each function waited for a worker, how long they ran, and how often somebody was seen to wait for one. It
 * needs the events of the workqueues alone, so that a recording without allocations says at least this.
 */
import type { ExecuteWorkEvent, QueueWorkEvent } from '../trace/event.js'
import { countDuration, type Histogram, newHistogram } from './histogram.js'
import { Recent } from './recent.js'
import { Rows } from './rows.js'

/** How long something took, in microseconds. */
export interface Durations {
  /** How many of which both ends were seen. */
  readonly count: number
  readonly totalUs: number
  readonly maxUs: number
  readonly histogram: Histogram
}

/** The items of one work function. */
export interface WorkTimesFact {
  readonly fn: string
  readonly queued: number
  readonly executions: number
  /** From the queueing of an item to the beginning of its execution. */
  readonly delay: Durations
  /** From the beginning to the end of an execution. */
  readonly run: Durations
  /** After how many executions the worker told somebody who had called flush_work(): see FLUSH. */
  readonly flushed: number
}

/**
 * What flush_work() queues right behind an item, to be executed by the same worker: it wakes whoever waits (insert_wq_barrier() in
 * kernel/workqueue.c). What flushes a whole queue leaves no such mark.
 */
export const FLUSH = 'wq_barrier_func'

/** Stands for the function of an item that no event names. */
const UNNAMED = '(not recorded)'

interface Sums {
  count: number
  totalUs: number
  maxUs: number
  readonly histogram: number[]
}

interface Row {
  readonly fn: string
  queued: number
  executions: number
  flushed: number
  readonly delay: Sums
  readonly run: Sums
}

/** What a worker does. */
interface Worker {
  /** The item that it executes, and since when, in ns; undefined between two. */
  running: { readonly row: Row; readonly started: number } | undefined
  /** The item that it executed last. */
  last: Row | undefined
}

/** How many items, and how many workers, are followed at the same time. */
const LIMIT = 1 << 16

export class WorkTimes {
  readonly #rows = new Rows(
    1,
    (fn: string): Row => ({
      fn,
      queued: 0,
      executions: 0,
      flushed: 0,
      delay: noTime(),
      run: noTime(),
    }),
  )
  /** When each item was queued, in ns. */
  readonly #queued = new Recent<string, { readonly time: number; readonly isCounted: boolean }>(
    LIMIT,
  )
  readonly #workers = new Recent<number, Worker>(LIMIT)

  /** Where the event does not name the function, the item is counted when it is executed. */
  queue({ work, fn, time }: QueueWorkEvent): void {
    this.#queued.set(work, { time, isCounted: fn !== '' })
    if (fn !== '') this.#rows.of(fn).queued++
  }

  start({ work, fn, pid, time }: ExecuteWorkEvent): void {
    const worker = this.#workers.get(pid) ?? { running: undefined, last: undefined }
    this.#workers.set(pid, worker)
    const row = this.#rows.of(fn === '' ? UNNAMED : fn)
    row.executions++
    const queued = this.#queued.take(work)
    if (queued !== undefined) {
      if (!queued.isCounted) row.queued++
      add(row.delay, time - queued.time)
    }
    if (fn === FLUSH && worker.last !== undefined) worker.last.flushed++
    worker.running = { row, started: time }
  }

  end({ pid, time }: ExecuteWorkEvent): void {
    const worker = this.#workers.get(pid)
    if (worker?.running === undefined) return
    const { row, started } = worker.running
    add(row.run, time - started)
    worker.last = row
    worker.running = undefined
  }

  /** A new recording begins: nothing is under way. */
  restart(): void {
    this.#queued.clear()
    this.#workers.clear()
  }

  /** Those with the most executions first. */
  facts(): WorkTimesFact[] {
    return this.#rows.values().sort((a, b) => b.executions - a.executions || b.queued - a.queued)
  }
}

function noTime(): Sums {
  return { count: 0, totalUs: 0, maxUs: 0, histogram: newHistogram() }
}

/** An event that stands before an earlier one took no time. */
function add(sums: Sums, ns: number): void {
  const us = Math.max(0, ns) / 1000
  sums.count++
  sums.totalUs += us
  sums.maxUs = Math.max(sums.maxUs, us)
  countDuration(sums.histogram, us)
}
