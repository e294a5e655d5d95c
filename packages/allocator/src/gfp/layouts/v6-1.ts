/**
 * Linux 6.1 (6.1.192, x86_64): include/linux/gfp_types.h and include/trace/events/mmflags.h. `___GFP_ATOMIC` still
 * exists here, beside the newer meaning of `__GFP_HIGH`.
 */
import type { FlagName, GfpLayout } from '../layout.js'
import { BITS, COMPOUNDS } from './common.js'

/** Options of the kernel configuration that change gfp bits. */
export interface GfpConfig {
  /** CONFIG_LOCKDEP: `__GFP_NOLOCKDEP` has a bit. */
  readonly lockdep?: boolean
  /** CONFIG_KASAN_HW_TAGS: three more bits, and user pages that are movable skip poisoning. */
  readonly kasanHwTags?: boolean
}

/** The layout of Linux 6.1. */
export function linux6_1({ lockdep = false, kasanHwTags = false }: GfpConfig = {}): GfpLayout {
  const skipZero = kasanHwTags ? 0x1000000 : 0
  const skipUnpoison = kasanHwTags ? 0x2000000 : 0
  const skipPoison = kasanHwTags ? 0x4000000 : 0
  const nolockdep = lockdep ? 0x8000000 : 0
  const movable = skipUnpoison | skipPoison
  const flags: Record<string, number> = {
    ...BITS,
    __GFP_ATOMIC: 0x200,
    __GFP_SKIP_ZERO: skipZero,
    __GFP_SKIP_KASAN_UNPOISON: skipUnpoison,
    __GFP_SKIP_KASAN_POISON: skipPoison,
    __GFP_NOLOCKDEP: nolockdep,
    ...COMPOUNDS,
    GFP_ATOMIC: 0xa20,
    GFP_NOWAIT: 0x800,
    GFP_HIGHUSER_MOVABLE: COMPOUNDS.GFP_HIGHUSER_MOVABLE | movable,
    GFP_TRANSHUGE_LIGHT: COMPOUNDS.GFP_TRANSHUGE_LIGHT | movable,
    GFP_TRANSHUGE: COMPOUNDS.GFP_TRANSHUGE | movable,
  }
  const named = (names: string): FlagName[] =>
    names.split(' ').map((name) => [name, flags[name] ?? 0] as const)
  const printk = named(
    'GFP_TRANSHUGE GFP_TRANSHUGE_LIGHT GFP_HIGHUSER_MOVABLE GFP_HIGHUSER GFP_USER GFP_KERNEL_ACCOUNT ' +
      'GFP_KERNEL GFP_NOFS GFP_ATOMIC GFP_NOIO GFP_NOWAIT GFP_DMA __GFP_HIGHMEM GFP_DMA32 __GFP_HIGH ' +
      '__GFP_ATOMIC __GFP_IO __GFP_FS __GFP_NOWARN __GFP_RETRY_MAYFAIL __GFP_NOFAIL __GFP_NORETRY ' +
      '__GFP_COMP __GFP_ZERO __GFP_NOMEMALLOC __GFP_MEMALLOC __GFP_HARDWALL __GFP_THISNODE ' +
      '__GFP_RECLAIMABLE __GFP_MOVABLE __GFP_ACCOUNT __GFP_WRITE __GFP_RECLAIM __GFP_DIRECT_RECLAIM ' +
      '__GFP_KSWAPD_RECLAIM __GFP_ZEROTAGS',
  )
  const kasan = kasanHwTags
    ? named('__GFP_SKIP_ZERO __GFP_SKIP_KASAN_POISON __GFP_SKIP_KASAN_UNPOISON')
    : []
  const options = `${lockdep ? ' LOCKDEP' : ''}${kasanHwTags ? ' KASAN_HW_TAGS' : ''}`
  return { kernel: `6.1${options}`, flags, printk, trace: [...printk, ...kasan], nolockdep }
}
