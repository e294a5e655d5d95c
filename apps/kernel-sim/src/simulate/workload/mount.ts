/**
 * Mount: an image that is mounted, whose files are all looked up, as a backup or an indexer does, and that is unmounted after a while; its filesystem is a module,
 * which is unloaded then. What its files are takes memory in slabs of reclaimable pages, all of which come back at the end.
 */
import type { LiveSteps } from '@scopemask/checker/live'
import type { Os } from './os.js'

/** Inodes in a block of the image. */
const INODES_PER_BLOCK = 16

export interface MountOptions {
  /** The name of its module. */
  readonly module: string
  /** The file that is mounted, and how many files it has. */
  readonly image: string
  readonly files: number
  /** For how long it is mounted once all have been looked up, and from one time to the next, ns. */
  readonly hold: number
  readonly period: number
  readonly start: number
  readonly stop: number
}

/** It has no memory of its own: the OOM killer never chooses it. */
export function* mount(os: Os, options: MountOptions): LiveSteps {
  yield* os.sleepUntil(options.start)
  const { module, files, stop } = options
  const phase = os.phase()
  const image = os.open(options.image, Math.ceil(files / INODES_PER_BLOCK))
  for (let next = options.start; os.now < stop; ) {
    const mounted = os.mount(module)
    for (let file = 0; file < files && os.now < stop; file++) {
      const began = os.now
      if (file % INODES_PER_BLOCK === 0) yield* os.readPage(image, file / INODES_PER_BLOCK)
      if (!os.passes(os.statTime)) yield os.statTime
      if (yield* mounted.lookup(file)) phase.ops++
      else phase.misses++
      phase.latency.add(os.now - began)
    }
    yield* os.sleepUntil(Math.min(os.now + options.hold, stop))
    yield* mounted.unmount()
    next = Math.max(next + options.period, os.now)
    yield* os.sleepUntil(next)
  }
}
