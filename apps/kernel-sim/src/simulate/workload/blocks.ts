/**
 * Blocks: a part of the kernel that has blocks of pages of its own, such as buffers of a network card or page tables: pages that stay where they are. Of order 0, many of
 * them come and go and leave pages that stay everywhere; of a high order, they are what that makes hard to get.
 */
import {
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  linux6_1,
} from '@scopemask/allocator'
import { type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Os } from './os.js'

const { GFP_ATOMIC, GFP_NOWAIT } = linux6_1.flags

/** How it asks. */
export const BLOCK_GFPS = {
  GFP_KERNEL,
  'GFP_KERNEL|__GFP_NORETRY': GFP_KERNEL | __GFP_NORETRY,
  'GFP_KERNEL|__GFP_RETRY_MAYFAIL': GFP_KERNEL | __GFP_RETRY_MAYFAIL,
  GFP_NOWAIT,
  GFP_ATOMIC,
} as const

export interface BlocksOptions {
  /** A block has 2 to this power pages. */
  readonly order: number
  /** How many it has at most: then a random one goes for each that comes. */
  readonly keep: number
  /** How many it asks for each time. */
  readonly each: number
  readonly gfp: keyof typeof BLOCK_GFPS
  /** ns that it sleeps in between. */
  readonly pace: number
  readonly start: number
  readonly stop: number
}

export function* blocks(os: Os, options: BlocksOptions): LiveSteps {
  yield* os.sleepUntil(options.start)
  const { order, keep, each, pace, stop } = options
  // It does without, and says nothing of it.
  const gfp = (BLOCK_GFPS[options.gfp] | __GFP_NOWARN) >>> 0
  const phase = os.phase()
  const kept: number[] = []
  while (os.now < stop) {
    for (let i = 0; i < each; i++) {
      const began = os.now
      const page = yield* os.allocPages(gfp, order)
      if (page < 0) {
        phase.misses++
        continue
      }
      phase.ops++
      phase.bytes += 4096 << order
      phase.latency.add(os.now - began)
      kept.push(page)
      if (kept.length > keep) {
        // The last takes the place of the one that goes.
        const at = os.random(keep)
        const gone = kept[at] as number
        kept[at] = kept.pop() as number
        os.freePages(gone, order)
      }
    }
    if (os.sleeps(pace)) yield WAIT
  }
  for (const page of kept) os.freePages(page, order)
}
