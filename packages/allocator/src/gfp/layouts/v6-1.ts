/**
 * Linux 6.1 (6.1.192): include/linux/gfp_types.h, include/trace/events/mmflags.h. `___GFP_ATOMIC` still exists here,
 * beside the newer meaning of `__GFP_HIGH`.
 */
import { configName, type GfpConfig, type GfpLayout } from '../layout.js'
import { BITS, COMPOUNDS, masksOf, table } from './common.js'

const GFP_ATOMIC_BIT = 0x200

/** Tried first to last: whoever has more bits comes first. */
const NAMES = [
  'GFP_TRANSHUGE',
  'GFP_TRANSHUGE_LIGHT',
  'GFP_HIGHUSER_MOVABLE',
  'GFP_HIGHUSER',
  'GFP_USER',
  'GFP_KERNEL_ACCOUNT',
  'GFP_KERNEL',
  'GFP_NOFS',
  'GFP_ATOMIC',
  'GFP_NOIO',
  'GFP_NOWAIT',
  'GFP_DMA',
  '__GFP_HIGHMEM',
  'GFP_DMA32',
  '__GFP_HIGH',
  '__GFP_ATOMIC',
  '__GFP_IO',
  '__GFP_FS',
  '__GFP_NOWARN',
  '__GFP_RETRY_MAYFAIL',
  '__GFP_NOFAIL',
  '__GFP_NORETRY',
  '__GFP_COMP',
  '__GFP_ZERO',
  '__GFP_NOMEMALLOC',
  '__GFP_MEMALLOC',
  '__GFP_HARDWALL',
  '__GFP_THISNODE',
  '__GFP_RECLAIMABLE',
  '__GFP_MOVABLE',
  '__GFP_ACCOUNT',
  '__GFP_WRITE',
  '__GFP_RECLAIM',
  '__GFP_DIRECT_RECLAIM',
  '__GFP_KSWAPD_RECLAIM',
  '__GFP_ZEROTAGS',
] as const

/** The layout of Linux 6.1. */
export function layout6_1(config: GfpConfig) {
  const { lockdep = false, kasanHwTags = false } = config
  const nolockdep = lockdep ? 0x8000000 : 0
  const skipUnpoison = kasanHwTags ? 0x2000000 : 0
  const skipPoison = kasanHwTags ? 0x4000000 : 0
  const movable = skipUnpoison | skipPoison
  const flags = {
    ...BITS,
    __GFP_ATOMIC: GFP_ATOMIC_BIT,
    __GFP_SKIP_ZERO: kasanHwTags ? 0x1000000 : 0,
    __GFP_SKIP_KASAN_UNPOISON: skipUnpoison,
    __GFP_SKIP_KASAN_POISON: skipPoison,
    __GFP_NOLOCKDEP: nolockdep,
    ...COMPOUNDS,
    GFP_ATOMIC: BITS.__GFP_HIGH | GFP_ATOMIC_BIT | BITS.__GFP_KSWAPD_RECLAIM,
    GFP_NOWAIT: BITS.__GFP_KSWAPD_RECLAIM,
    GFP_HIGHUSER_MOVABLE: COMPOUNDS.GFP_HIGHUSER_MOVABLE | movable,
    GFP_TRANSHUGE_LIGHT: COMPOUNDS.GFP_TRANSHUGE_LIGHT | movable,
    GFP_TRANSHUGE: COMPOUNDS.GFP_TRANSHUGE | movable,
  }
  const printk = table(flags, NAMES)
  // printk does not know KASAN's bits, nor either of them lockdep's.
  const kasan = kasanHwTags
    ? table(flags, ['__GFP_SKIP_ZERO', '__GFP_SKIP_KASAN_POISON', '__GFP_SKIP_KASAN_UNPOISON'])
    : []
  return {
    kernel: `6.1${configName(config)}`,
    flags,
    masks: masksOf(lockdep ? 28 : 27, GFP_ATOMIC_BIT | nolockdep),
    printk,
    trace: [...printk, ...kasan],
  } satisfies GfpLayout
}
