/** Device: a driver that needs buffers in one piece from time to time, as a camera or a video decoder without an IOMMU does: from a CMA area, in a scope or in none. */
import {
  memallocNofsRestore,
  memallocNofsSave,
  memallocNoioRestore,
  memallocNoioSave,
} from '@scopemask/allocator'
import type { LiveSteps } from '@scopemask/checker/live'
import type { Os } from './os.js'

/** The scopes that a driver can be in when it allocates. */
export const DEVICE_SCOPES = ['none', 'nofs', 'noio'] as const

export interface DeviceOptions {
  /** The CMA area; by default the first. */
  readonly area: string | undefined
  /** Pages of a buffer, and how many buffers it needs each time. */
  readonly pages: number
  readonly buffers: number
  /** For how long it has them, and from one time to the next, ns. */
  readonly hold: number
  readonly period: number
  /** The scope that it allocates in. */
  readonly scope: (typeof DEVICE_SCOPES)[number]
  readonly start: number
  readonly stop: number
}

/** It has no memory of its own beside its buffers: the OOM killer never chooses it. */
export function* device(os: Os, options: DeviceOptions): LiveSteps {
  yield* os.sleepUntil(options.start)
  const { area, pages, buffers, stop } = options
  const phase = os.phase()
  for (let next = options.start; os.now < stop; ) {
    const held: number[] = []
    for (let i = 0; i < buffers && os.now < stop; i++) {
      const began = os.now
      const start = yield* allocated(os, options)
      if (start < 0) {
        // What it has so far is of no use to it.
        phase.misses++
        break
      }
      held.push(start)
      phase.ops++
      phase.bytes += pages * 4096
      phase.latency.add(os.now - began)
    }
    if (held.length === buffers) yield* os.sleepUntil(Math.min(os.now + options.hold, stop))
    for (const start of held) os.freeCma(area, { start, pages })
    // One that is late does not make up for it.
    next = Math.max(next + options.period, os.now)
    yield* os.sleepUntil(next)
  }
}

function* allocated(os: Os, { area, pages, scope }: DeviceOptions): LiveSteps<number> {
  const { context } = os.task
  if (scope === 'none') return yield* os.allocCma(area, pages)
  const save = scope === 'nofs' ? memallocNofsSave : memallocNoioSave
  const restore = scope === 'nofs' ? memallocNofsRestore : memallocNoioRestore
  const before = save(context)
  const page = yield* os.allocCma(area, pages)
  restore(context, before)
  return page
}
