/** Streams and random reads: workloads over files that are there already. */
import { type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Phase } from '../measure/work-log.js'
import type { Os } from './os.js'

/** Reads a file from end to end, again and again. */
export interface ReadOptions {
  readonly file: string
  readonly pages: number
  /** Pages a read. */
  readonly chunk: number
  /** How often; 0 for until it is over. */
  readonly passes: number
  /** ns that it sleeps after each read. */
  readonly pace?: number
  /** ns since the run began. */
  readonly start: number
  readonly stop: number
}

export function* streamRead(os: Os, options: ReadOptions): LiveSteps {
  yield* os.sleepUntil(options.start)
  const { pace = 0 } = options
  const phase = os.phase()
  const open = os.open(options.file, options.pages)
  for (let pass = 0; options.passes === 0 || pass < options.passes; pass++) {
    for (let at = 0; at < options.pages; at += options.chunk) {
      if (os.now >= options.stop || os.killed) return
      const began = os.now
      yield* os.read(open, at, options.chunk)
      done(phase, os.now - began, options.chunk)
      if (os.sleeps(pace)) yield WAIT
    }
  }
}

/** Writes a new file from its beginning to its end. */
export interface WriteOptions {
  readonly file: string
  readonly pages: number
  /** Pages a write. */
  readonly chunk: number
  /** ns that it sleeps after each write. */
  readonly pace?: number
  readonly start: number
  readonly stop: number
  /** An fsync after so many writes; 0 for none. */
  readonly fsyncEvery: number
}

export function* streamWrite(os: Os, options: WriteOptions): LiveSteps {
  yield* os.sleepUntil(options.start)
  const { pace = 0 } = options
  const phase = os.phase()
  const open = os.create(options.file)
  for (let at = 0; at < options.pages; at += options.chunk) {
    if (os.now >= options.stop || os.killed) return
    const began = os.now
    yield* os.write(open, at, options.chunk)
    done(phase, os.now - began, options.chunk)
    if (options.fsyncEvery > 0 && phase.ops % options.fsyncEvery === 0) yield* os.fsync(open)
    if (os.sleeps(pace)) yield WAIT
  }
}

/** Appends to a file, and waits each time until it is on the disk: a log. */
export interface AppendOptions {
  readonly file: string
  /** Pages each time. */
  readonly pages: number
  /** ns that it sleeps after each fsync. */
  readonly pace: number
  readonly stop: number
}

export function* appendAndSync(os: Os, options: AppendOptions): LiveSteps {
  const phase = os.phase()
  const open = os.create(options.file)
  for (let at = 0; os.now < options.stop && !os.killed; at += options.pages) {
    const began = os.now
    yield* os.write(open, at, options.pages)
    yield* os.fsync(open)
    done(phase, os.now - began, options.pages)
    if (os.sleeps(options.pace)) yield WAIT
  }
}

/** Reads a file sequentially to warm it up, and then pages of it at random. */
export interface RandomReadOptions {
  readonly file: string
  readonly pages: number
  /** How often it is read sequentially first, 64 KiB at a time. */
  readonly warm: number
  /** ns that it sleeps after each read. */
  readonly pace: number
  /** ns since the run began: where phases of the random reads end. */
  readonly cuts: readonly number[]
  readonly stop: number
}

export function* randomRead(os: Os, options: RandomReadOptions): LiveSteps {
  const open = os.open(options.file, options.pages)
  os.phase()
  for (let pass = 0; pass < options.warm; pass++) {
    for (let at = 0; at < options.pages; at += 16) yield* os.read(open, at, 16)
  }
  open.ra.random = true
  for (const end of [...options.cuts, options.stop]) {
    const phase = os.phase()
    while (os.now < end && !os.killed) {
      const place = os.random(options.pages)
      const began = os.now
      if (!os.isCached(open, place)) phase.misses++
      yield* os.readPage(open, place)
      done(phase, os.now - began, 1)
      if (os.sleeps(options.pace)) yield WAIT
    }
  }
}

function done(phase: Phase, latency: number, pages: number): void {
  phase.ops++
  phase.bytes += pages * 4096
  phase.latency.add(latency)
}
