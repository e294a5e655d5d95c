/** Database: transactions that read and change pages of a table, and are durable once a log says so. */
import { type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Os } from './os.js'

/** Times are ns since the run began, or lengths in ns. */
export interface DatabaseOptions {
  /** The file of the table, and its pages, of which the first are hot. */
  readonly table: string
  readonly pages: number
  readonly hotPages: number
  /** How many of 100 pages are of the hot part. */
  readonly hotPercent: number
  /** Pages that a transaction reads, and how many of them it changes. */
  readonly reads: number
  readonly writes: number
  /** Pages that it writes to the log, and those that the log has before it begins anew. */
  readonly logWrite: number
  readonly logPages: number
  readonly pace: number
  readonly stop: number
}

export function* database(os: Os, options: DatabaseOptions): LiveSteps {
  const table = os.open(options.table, options.pages)
  table.ra.random = true
  const log = os.create(`${os.log.name}.log`)
  let at = 0
  const phase = os.phase()
  while (os.now < options.stop && !os.killed) {
    const began = os.now
    for (let i = 0; i < options.reads; i++) {
      const within = os.random(100) < options.hotPercent ? options.hotPages : options.pages
      const place = os.random(within)
      if (!os.isCached(table, place)) phase.misses++
      if (!(yield* os.readPage(table, place))) return
      if (i < options.writes) yield* os.write(table, place, 1)
    }
    if (options.writes > 0) {
      if (at + options.logWrite > options.logPages) at = 0
      yield* os.write(log, at, options.logWrite)
      yield* os.fsync(log)
      at += options.logWrite
    }
    phase.ops++
    phase.bytes += (options.reads + options.writes + options.logWrite) * 4096
    phase.latency.add(os.now - began)
    if (os.sleeps(options.pace)) yield WAIT
  }
}
