/** Programs: workloads over memory of their own. */
import { type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Os } from './os.js'

/** Maps memory, and touches random pages of it from time to time. */
export interface WorkingSetOptions {
  readonly pages: number
  /** Pages each time. */
  readonly touches: number
  /** ns that it sleeps in between. */
  readonly pace: number
  readonly stop: number
}

/** A page that is there costs no fault: one instruction a touch, and the loop around it (no line of the table of costs). */
const TOUCH = 23

export function* workingSet(os: Os, options: WorkingSetOptions): LiveSteps {
  os.phase()
  const place = os.map(options.pages)
  for (let i = 0; i < options.pages; i++) {
    if (!os.touchNow(place + i) && !(yield* os.touchSlowly(place + i))) return
  }
  const phase = os.phase()
  while (os.now < options.stop && !os.killed) {
    const began = os.now
    for (let i = 0; i < options.touches; i++) {
      const page = place + os.random(options.pages)
      if (!os.touchNow(page)) yield* os.touchSlowly(page)
    }
    const time = options.touches * TOUCH
    if (!os.passes(time)) yield time
    phase.ops++
    phase.bytes += options.touches * 4096
    phase.latency.add(os.now - began)
    if (os.sleeps(options.pace)) yield WAIT
  }
}

/** Takes more and more memory. */
export interface HogOptions {
  readonly pages: number
  /** Pages a step, and ns between two. */
  readonly step: number
  readonly pace: number
  readonly start: number
  readonly stop: number
}

export function* hog(os: Os, options: HogOptions): LiveSteps {
  yield* os.sleepUntil(options.start)
  os.phase()
  const place = os.map(options.pages)
  for (let from = 0; from < options.pages; from += options.step) {
    for (let i = from; i < Math.min(from + options.step, options.pages); i++) {
      const there = os.touchNow(place + i) || (yield* os.touchSlowly(place + i))
      if (!there || os.now >= options.stop) {
        yield* os.unmap()
        return
      }
    }
    os.log.lastOk = { pages: from + options.step, at: os.now }
    if (os.sleeps(options.pace)) yield WAIT
  }
}

/** Maps, touches and unmaps memory from time to time. */
export interface BurstOptions {
  readonly pages: number
  readonly period: number
  readonly start: number
  readonly stop: number
}

export function* bursts(os: Os, options: BurstOptions): LiveSteps {
  yield* os.sleepUntil(options.start)
  const phase = os.phase()
  for (let next = options.start; ; ) {
    if (os.now > options.stop) return
    const began = os.now
    const place = os.map(options.pages)
    for (let i = 0; i < options.pages; i++) {
      const before = os.now
      if (!os.touchNow(place + i) && !(yield* os.touchSlowly(place + i))) break
      phase.latency.add(os.now - before)
    }
    os.log.bursts.push(os.now - began)
    yield* os.unmap()
    if (os.killed) return
    phase.ops++
    phase.bytes += options.pages * 4096
    next += options.period
    yield* os.sleepUntil(next)
  }
}
