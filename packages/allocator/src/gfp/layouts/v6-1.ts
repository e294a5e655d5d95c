/**
 * Linux 5.18 to 6.2, checked against 6.1.192: include/linux/gfp_types.h (gfp.h before 6.0), include/trace/events/mmflags.h.
 * `___GFP_ATOMIC` still exists here, beside the newer meaning of `__GFP_HIGH`.
 */
import {
  configName,
  type GfpConfig,
  type GfpLayout,
  kernelVersion,
  versionName,
} from '../layout.js'
import { BITS, COMPOUNDS, masksOf, ORDER_4_6, table } from './common.js'

const GFP_ATOMIC_BIT = 0x200

/** The layout of a version from 5.18 on, before 6.3. */
export function layout6_1(config: GfpConfig, version = kernelVersion(6, 1)) {
  const { lockdep = false, kasanHwTags = false } = config
  const nolockdep = lockdep ? 0x8000000 : 0
  const skipUnpoison = kasanHwTags ? 0x2000000 : 0
  const skipPoison = kasanHwTags ? 0x4000000 : 0
  const movable = skipUnpoison | skipPoison
  const flags = {
    ...BITS,
    __GFP_ZEROTAGS: 0x800000,
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
  const printk = table(flags, ORDER_4_6)
  return {
    kernel: `${versionName(version)}${configName(config)}`,
    flags,
    masks: masksOf(
      flags,
      lockdep ? 28 : 27,
      flags.__GFP_RETRY_MAYFAIL | GFP_ATOMIC_BIT | nolockdep,
    ),
    printk,
    // printk does not know KASAN's bits, nor either of them lockdep's.
    trace: [
      ...printk,
      ...table(flags, ['__GFP_SKIP_ZERO', '__GFP_SKIP_KASAN_POISON', '__GFP_SKIP_KASAN_UNPOISON']),
    ],
    none: 'none',
  } satisfies GfpLayout
}
