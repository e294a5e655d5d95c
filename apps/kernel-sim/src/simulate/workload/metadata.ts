/** Metadata: workloads over many small files. */
import { type LiveSteps, WAIT } from '@scopemask/checker/live'
import { US } from '../time.js'
import type { Os } from './os.js'

/** Stats random ones of many files. */
export interface StatOptions {
  readonly directories: number
  readonly filesEach: number
  readonly pace: number
  readonly stop: number
}

/** A stat that takes longer has had to wait for the disk. */
const MISS = 300 * US

export function* randomStat(os: Os, options: StatOptions): LiveSteps {
  const phase = os.phase()
  while (os.now < options.stop && !os.killed) {
    const file = os.random(options.directories * options.filesEach)
    const began = os.now
    if (!os.passes(os.statTime)) yield os.statTime
    if (!os.statNow(file)) yield* os.statSlowly(file, Math.floor(file / options.filesEach))
    const latency = os.now - began
    phase.ops++
    phase.latency.add(latency)
    if (latency > MISS) phase.misses++
    if (os.sleeps(options.pace)) yield WAIT
  }
}

/** Creates small files, and unlinks old ones. */
export interface CreateOptions {
  readonly directories: number
  /** How many files there are at most: the oldest is unlinked. */
  readonly keep: number
  readonly pages: number
  readonly pace: number
  readonly stop: number
}

export function* createAndUnlink(os: Os, options: CreateOptions): LiveSteps {
  const phase = os.phase()
  const kept: number[] = []
  for (let i = 0; os.now < options.stop && !os.killed; i++) {
    const began = os.now
    kept.push(yield* os.createFile(i % options.directories, options.pages))
    if (kept.length > options.keep) {
      const oldest = kept.shift() as number
      yield* os.unlink(oldest, (i - options.keep) % options.directories)
    }
    phase.ops++
    phase.bytes += options.pages * 4096
    phase.latency.add(os.now - began)
    if (os.sleeps(options.pace)) yield WAIT
  }
}
