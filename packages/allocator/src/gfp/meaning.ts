/** Meaning: what a request may do to get memory, said of the flags of any kernel from 3.0 to 6.18. */
import type { TaskFlags } from '../task/flags.js'
import { type GfpClass, gfpClass } from './class.js'
import { currentGfpContext } from './context.js'
import { __GFP_FS, __GFP_HIGH, __GFP_IO } from './flags.js'
import type { GfpLayout } from './layout.js'

/** Which memory a request may use that others must leave alone. */
export type GfpReserves = 'none' | 'half of min' | 'most of min' | 'all'

/** How long the page allocator tries. */
export type GfpEffort = 'never sleeps' | 'one round' | 'hard' | 'normal' | 'for ever'

/** What a request may do to get memory. */
export interface GfpMeaning {
  /** The request as the scope leaves it. */
  readonly gfp: number
  /** Its class by what its own reclaim may do. */
  readonly class: GfpClass
  /** The task may reclaim itself, and so may sleep. */
  readonly directReclaim: boolean
  /** kswapd is woken where the low watermark does not hold. */
  readonly wakesKswapd: boolean
  /** Its own reclaim may start I/O. */
  readonly io: boolean
  /** Its own reclaim may enter the filesystem. */
  readonly fs: boolean
  /** Which memory it may use that others must leave alone. */
  readonly reserves: GfpReserves
  /** How long it is tried. */
  readonly effort: GfpEffort
  /** A failure is logged. */
  readonly warns: boolean
}

/**
 * What a request may do, as the scope of its task leaves it.
 * @param taskFlags of the task: its scopes count
 */
export function gfpMeaning(
  layout: GfpLayout,
  gfp: number,
  taskFlags: TaskFlags = 0 as TaskFlags,
): GfpMeaning {
  const effective = currentGfpContext(taskFlags, gfp)
  const has = (name: string) => (effective & (layout.flags[name] ?? 0)) !== 0
  const directReclaim = has('__GFP_DIRECT_RECLAIM')
  return {
    gfp: effective,
    class: gfpClass(effective, layout),
    directReclaim,
    // Before 4.4 kswapd is woken unless the request says no.
    wakesKswapd:
      layout.flags.__GFP_KSWAPD_RECLAIM === 0
        ? !has('__GFP_NO_KSWAPD')
        : has('__GFP_KSWAPD_RECLAIM'),
    io: directReclaim && (effective & __GFP_IO) !== 0,
    fs: directReclaim && (effective & __GFP_FS) !== 0,
    reserves: reservesOf(effective, directReclaim, has),
    effort: effortOf(directReclaim, has),
    warns: !has('__GFP_NOWARN'),
  }
}

/** __zone_watermark_ok and __gfp_pfmemalloc_flags: what goes below the min watermark. */
function reservesOf(
  gfp: number,
  directReclaim: boolean,
  has: (name: string) => boolean,
): GfpReserves {
  if (has('__GFP_NOMEMALLOC')) return (gfp & __GFP_HIGH) !== 0 ? 'half of min' : 'none'
  if (has('__GFP_MEMALLOC')) return 'all'
  if ((gfp & __GFP_HIGH) === 0) return 'none'
  return directReclaim ? 'half of min' : 'most of min'
}

function effortOf(directReclaim: boolean, has: (name: string) => boolean): GfpEffort {
  if (!directReclaim) return 'never sleeps'
  if (has('__GFP_NOFAIL')) return 'for ever'
  if (has('__GFP_NORETRY')) return 'one round'
  return has('__GFP_RETRY_MAYFAIL') || has('__GFP_REPEAT') ? 'hard' : 'normal'
}
