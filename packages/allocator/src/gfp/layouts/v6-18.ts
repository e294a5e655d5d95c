/**
 * Linux 6.12.11 to 6.18, checked against 6.18.44: the bits and the order of the names were read off a running x86_64 kernel, from its BTF and the
 * format of kmem:mm_page_alloc; what LOCKDEP and KASAN_HW_TAGS change is in include/linux/gfp_types.h and
 * include/trace/events/mmflags.h. Since 6.3 there is no `__GFP_ATOMIC`; since 6.8 GFP_NOWAIT does not warn; since 6.10
 * the last bits are numbered one after the other, so that one that is configured out leaves no gap.
 */
import {
  configName,
  type GfpConfig,
  type GfpLayout,
  kernelVersion,
  versionName,
} from '../layout.js'
import { BITS, COMPOUNDS, masksOf, table } from './common.js'

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
  'GFP_DMA32',
  '__GFP_RECLAIM',
  '__GFP_DMA',
  '__GFP_HIGHMEM',
  '__GFP_DMA32',
  '__GFP_MOVABLE',
  '__GFP_RECLAIMABLE',
  '__GFP_HIGH',
  '__GFP_IO',
  '__GFP_FS',
  '__GFP_ZERO',
  '__GFP_DIRECT_RECLAIM',
  '__GFP_KSWAPD_RECLAIM',
  '__GFP_WRITE',
  '__GFP_NOWARN',
  '__GFP_RETRY_MAYFAIL',
  '__GFP_NOFAIL',
  '__GFP_NORETRY',
  '__GFP_MEMALLOC',
  '__GFP_COMP',
  '__GFP_NOMEMALLOC',
  '__GFP_HARDWALL',
  '__GFP_THISNODE',
  '__GFP_ACCOUNT',
  '__GFP_ZEROTAGS',
  '__GFP_SKIP_ZERO',
  '__GFP_SKIP_KASAN',
  '__GFP_NOLOCKDEP',
  '__GFP_NO_OBJ_EXT',
] as const

/** The layout of Linux 6.18, and of a version from 6.12.11 on: the same. */
export function layout6_18(config: GfpConfig, version = kernelVersion(6, 18)) {
  const { lockdep = false, kasanHwTags = false } = config
  let bits = 24
  const next = (configured: boolean): number => (configured ? 1 << bits++ : 0)
  const skipZero = next(kasanHwTags)
  const skipKasan = next(kasanHwTags)
  const nolockdep = next(lockdep)
  const noObjExt = next(true)
  const flags = {
    ...BITS,
    __GFP_ZEROTAGS: 0x800000,
    __GFP_SKIP_ZERO: skipZero,
    __GFP_SKIP_KASAN: skipKasan,
    __GFP_NOLOCKDEP: nolockdep,
    __GFP_NO_OBJ_EXT: noObjExt,
    ...COMPOUNDS,
    GFP_ATOMIC: BITS.__GFP_HIGH | BITS.__GFP_KSWAPD_RECLAIM,
    GFP_NOWAIT: BITS.__GFP_KSWAPD_RECLAIM | BITS.__GFP_NOWARN,
    GFP_HIGHUSER_MOVABLE: COMPOUNDS.GFP_HIGHUSER_MOVABLE | skipKasan,
    GFP_TRANSHUGE_LIGHT: COMPOUNDS.GFP_TRANSHUGE_LIGHT | skipKasan,
    GFP_TRANSHUGE: COMPOUNDS.GFP_TRANSHUGE | skipKasan,
  }
  // One table serves printk and the tracepoints.
  const names = table(flags, NAMES)
  return {
    kernel: `${versionName(version)}${configName(config)}`,
    flags,
    masks: masksOf(flags, bits, flags.__GFP_RETRY_MAYFAIL | nolockdep),
    printk: names,
    trace: names,
    none: 'none',
  } satisfies GfpLayout
}
