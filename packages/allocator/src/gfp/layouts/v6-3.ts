/**
 * Linux 6.3 to 6.9: include/linux/gfp_types.h, include/trace/events/mmflags.h. There is no `__GFP_ATOMIC` any more
 * (2973d8229b78), so that GFP_ATOMIC has another number.
 */
import {
  configName,
  type GfpConfig,
  type GfpLayout,
  kernelVersion,
  versionName,
} from '../layout.js'
import { BITS, COMPOUNDS, masksOf, ORDER_4_6, table } from './common.js'

/** The layout of a version from 6.3 on, before 6.10. */
export function layout6_3(version: number, config: GfpConfig): GfpLayout {
  const { lockdep = false, kasanHwTags = false } = config
  // 0a54864f8dfb: one flag for both directions, and NOLOCKDEP moves down.
  const one = version >= kernelVersion(6, 4)
  const nolockdep = lockdep ? (one ? 0x4000000 : 0x8000000) : 0
  const kasan: Readonly<Record<string, number>> = one
    ? { __GFP_SKIP_KASAN: 0x2000000 }
    : { __GFP_SKIP_KASAN_POISON: 0x4000000, __GFP_SKIP_KASAN_UNPOISON: 0x2000000 }
  const skip = kasanHwTags ? (one ? 0x2000000 : 0x6000000) : 0
  // 16f5dfbc851b
  const quiet = version >= kernelVersion(6, 8) ? BITS.__GFP_NOWARN : 0
  const flags = {
    ...BITS,
    __GFP_ZEROTAGS: 0x800000,
    __GFP_NOLOCKDEP: nolockdep,
    ...COMPOUNDS,
    GFP_ATOMIC: BITS.__GFP_HIGH | BITS.__GFP_KSWAPD_RECLAIM,
    GFP_NOWAIT: BITS.__GFP_KSWAPD_RECLAIM | quiet,
    GFP_HIGHUSER_MOVABLE: COMPOUNDS.GFP_HIGHUSER_MOVABLE | skip,
    GFP_TRANSHUGE_LIGHT: COMPOUNDS.GFP_TRANSHUGE_LIGHT | skip,
    GFP_TRANSHUGE: COMPOUNDS.GFP_TRANSHUGE | skip,
  }
  const hardware = { __GFP_SKIP_ZERO: 0x1000000, ...kasan }
  const configured = kasanHwTags ? hardware : {}
  const printk = table(flags, ORDER_4_6)
  return {
    kernel: `${versionName(version)}${configName(config)}`,
    flags: {
      ...Object.fromEntries(Object.keys(hardware).map((name) => [name, 0])),
      ...configured,
      ...flags,
    },
    masks: masksOf(
      flags,
      (one ? 26 : 27) + (lockdep ? 1 : 0),
      flags.__GFP_RETRY_MAYFAIL | nolockdep,
    ),
    printk,
    trace: [...printk, ...table(configured, Object.keys(configured))],
    none: 'none',
  }
}
