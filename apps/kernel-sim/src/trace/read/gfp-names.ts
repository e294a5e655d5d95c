/**
 * Gfp names: the flags that tracepoints print, of every kernel since 3.0; in 4.6
 * flags got the names that the source has (420adbe9fc1a).
 * Bits moved between kernels and names did not, so a name stands for the bit it has in 6.18; a flag that 6.18 does
 * not have any more and that changes nothing here stands for no bit.
 */
import { linux6_18 } from '@scopemask/allocator/gfp'

/** Names that 6.18 does not have (include/trace/events/mmflags.h of 4.6 to 6.17). */
const OLDER: Readonly<Record<string, number>> = {
  __GFP_ATOMIC: 0,
  __GFP_COLD: 0,
  __GFP_NOTRACK: 0,
  __GFP_OTHER_NODE: 0,
  __GFP_REPEAT: linux6_18.flags.__GFP_RETRY_MAYFAIL,
  GFP_TEMPORARY: linux6_18.flags.GFP_KERNEL | linux6_18.flags.__GFP_RECLAIMABLE,
  __GFP_NOLOCKDEP: 0,
  __GFP_SKIP_ZERO: 0,
  __GFP_SKIP_KASAN: 0,
  __GFP_SKIP_KASAN_POISON: 0,
  __GFP_SKIP_KASAN_UNPOISON: 0,
  ...before4_6(),
}

/**
 * The names of single flags before 4.6, without underscores (show_gfp_flags in include/trace/events/gfpflags.h of 3.0 to 4.5).
 * GFP_WAIT meant what both reclaim flags mean since 4.4.
 */
function before4_6(): Record<string, number> {
  const { flags } = linux6_18
  const same = [
    'HIGH',
    'IO',
    'FS',
    'NOWARN',
    'NOFAIL',
    'NORETRY',
    'COMP',
    'ZERO',
    'NOMEMALLOC',
  ] as const
  const also = ['MEMALLOC', 'HARDWALL', 'THISNODE', 'RECLAIMABLE', 'MOVABLE', 'ACCOUNT'] as const
  return {
    ...Object.fromEntries(
      [...same, ...also].map((name) => [`GFP_${name}`, flags[`__GFP_${name}`]]),
    ),
    GFP_WAIT: flags.__GFP_DIRECT_RECLAIM | flags.__GFP_KSWAPD_RECLAIM,
    GFP_REPEAT: flags.__GFP_RETRY_MAYFAIL,
    GFP_COLD: 0,
    GFP_NOTRACK: 0,
    GFP_NO_KSWAPD: 0,
    GFP_OTHER_NODE: 0,
    GFP_WRITE: flags.__GFP_WRITE,
  }
}

/** Every bit that has a name in 6.18. */
const NAMED = Object.values(linux6_18.flags).reduce((all, bits) => all | bits, 0)

/** What a text of flags says. */
export interface ReadGfp {
  readonly gfp: number
  /** The parts that no kernel known here has. */
  readonly unknown: readonly string[]
}

/**
 * Reads `GFP_KERNEL|__GFP_ZERO`, with or without parentheses, or `none`.
 *
 * A number beside names is what the kernel had no name for, __GFP_NOLOCKDEP for one, on whatever bit that was then. It
 * is none of the flags that have names, and kept where 6.18 has no name for its bits. A number alone is taken for 6.18's bits.
 */
export function readGfp(text: string): ReadGfp {
  let gfp = 0
  const unknown: string[] = []
  const parts = text.replace(/^\(|\)$/g, '').split('|')
  for (const part of parts) {
    const bits = bitsOf(part)
    if (bits !== undefined) gfp |= bits
    else if (!NUMBER.test(part)) unknown.push(part)
    else gfp |= Number.parseInt(part, 16) & (parts.length > 1 ? ~NAMED : -1)
  }
  return { gfp: gfp >>> 0, unknown }
}

const NUMBER = /^(0x)?[\da-f]{1,8}$/i

/** The bits of a name. */
function bitsOf(part: string): number | undefined {
  if (part === 'none' || part === '') return 0
  if (Object.hasOwn(OLDER, part)) return OLDER[part]
  const flags: Readonly<Record<string, number>> = linux6_18.flags
  return Object.hasOwn(flags, part) ? flags[part] : undefined
}
