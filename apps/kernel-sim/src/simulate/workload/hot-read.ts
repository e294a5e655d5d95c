/** Hot read: reads of single pages of a file at random, most of them in a part of it that is hot. */
import { type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Os } from './os.js'

/** Times are ns since the run began, or lengths in ns. */
export interface HotReadOptions {
  readonly file: string
  readonly pages: number
  /** The first pages of the file. */
  readonly hotPages: number
  /** How many of 100 reads are of the hot part. */
  readonly hotPercent: number
  /** How often the hot part is read from end to end first. */
  readonly warm: number
  /** The sleep after each read. */
  readonly pace: number
  readonly stop: number
}

/** Pages of a sequential read. */
const CHUNK = 16

export function* hotRead(os: Os, options: HotReadOptions): LiveSteps {
  const open = os.open(options.file, options.pages)
  for (let pass = 0; pass < options.warm; pass++) {
    for (let at = 0; at < options.hotPages && os.now < options.stop && !os.killed; at += CHUNK) {
      yield* os.read(open, at, Math.min(CHUNK, options.hotPages - at))
    }
  }
  open.ra.random = true
  const phase = os.phase()
  while (os.now < options.stop && !os.killed) {
    const within = os.random(100) < options.hotPercent ? options.hotPages : options.pages
    const place = os.random(within)
    const began = os.now
    if (!os.isCached(open, place)) phase.misses++
    yield* os.readPage(open, place)
    phase.ops++
    phase.bytes += 4096
    phase.latency.add(os.now - began)
    if (os.sleeps(options.pace)) yield WAIT
  }
}
