/**
 * Mempool: a few elements set aside, so that an allocation that may sleep never fails (mm/mempool.c, mempool_alloc,
 * 6.1). Its steps are those of a generator: the caller decides how an element is made and how long a sleep takes.
 */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_IO,
  __GFP_NOMEMALLOC,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_ZERO,
} from '../gfp/flags.js'

/** What the pool needs next. */
export type MempoolStep =
  | {
      /** `__GFP_ZERO` was asked for: an element that was set aside is not zeroed (VM_WARN_ON_ONCE). The answer does not matter. */
      readonly kind: 'warn'
    }
  | {
      /** Make an element. The answer says if that succeeded. */
      readonly kind: 'alloc'
      /** The flags to make it with: the first try does not reclaim. */
      readonly gfp: number
    }
  | {
      /** Take one that is set aside. The answer says if there was one. */
      readonly kind: 'take'
    }
  | {
      /** Sleep until one is freed. */
      readonly kind: 'sleep'
      /** For how long at most: five seconds, in jiffies. */
      readonly jiffies: number
    }

/** How an allocation succeeded: null when it may not sleep and there was nothing. */
export type MempoolResult = 'allocated' | 'taken' | null

/** Allocates from a mempool. With `__GFP_DIRECT_RECLAIM` it never returns null. */
export function* mempoolAlloc(
  gfp: number,
  hz = 250,
): Generator<MempoolStep, MempoolResult, boolean> {
  if ((gfp & __GFP_ZERO) !== 0) yield { kind: 'warn' }
  // The pool is the reserve: the allocator's own need not be touched, and that it fails is nothing to report.
  const full = (gfp | __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN) >>> 0
  // The first try does not reclaim: what is set aside comes sooner.
  let flags = (full & ~(__GFP_DIRECT_RECLAIM | __GFP_IO)) >>> 0
  for (;;) {
    if (yield { kind: 'alloc', gfp: flags }) return 'allocated'
    if (yield { kind: 'take' }) return 'taken'
    if (flags !== full) {
      flags = full
      continue
    }
    if ((full & __GFP_DIRECT_RECLAIM) === 0) return null
    yield { kind: 'sleep', jiffies: 5 * hz }
  }
}
