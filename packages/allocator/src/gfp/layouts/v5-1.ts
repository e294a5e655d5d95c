/**
 * Linux 5.1 to 5.17: include/linux/gfp.h, include/trace/events/mmflags.h. 5.1 numbered the flags anew, so that those of
 * frequent requests are close together; they have stayed where they are.
 */
import {
  configName,
  type GfpConfig,
  type GfpLayout,
  kernelVersion,
  versionName,
} from '../layout.js'
import { BITS, COMPOUNDS, masksOf, ORDER_4_6, table } from './common.js'

/** The layout of a version from 5.1 on, before 5.18. */
export function layout5_1(version: number, config: GfpConfig): GfpLayout {
  const { lockdep = false } = config
  // 013bb59dbb7c, c275c5c6d50a: 5.14. The second had its bit in every configuration, and user pages carry it.
  const kasan = version >= kernelVersion(5, 14)
  const skipPoison = kasan ? 0x1000000 : 0
  const nolockdep = lockdep ? (kasan ? 0x2000000 : 0x800000) : 0
  const atomic = 0x200
  const flags = {
    ...BITS,
    __GFP_ATOMIC: atomic,
    ...(kasan ? { __GFP_ZEROTAGS: 0x800000, __GFP_SKIP_KASAN_POISON: skipPoison } : {}),
    __GFP_NOLOCKDEP: nolockdep,
    ...COMPOUNDS,
    GFP_ATOMIC: BITS.__GFP_HIGH | atomic | BITS.__GFP_KSWAPD_RECLAIM,
    GFP_NOWAIT: BITS.__GFP_KSWAPD_RECLAIM,
    GFP_HIGHUSER_MOVABLE: COMPOUNDS.GFP_HIGHUSER_MOVABLE | skipPoison,
    GFP_TRANSHUGE_LIGHT: COMPOUNDS.GFP_TRANSHUGE_LIGHT | skipPoison,
    GFP_TRANSHUGE: COMPOUNDS.GFP_TRANSHUGE | skipPoison,
  }
  const names = table(flags, [...ORDER_4_6, '__GFP_SKIP_KASAN_POISON'])
  return {
    kernel: `${versionName(version)}${configName(config)}`,
    flags,
    masks: masksOf(
      flags,
      (kasan ? 25 : 23) + (lockdep ? 1 : 0),
      flags.__GFP_RETRY_MAYFAIL | atomic | nolockdep,
    ),
    printk: names,
    trace: names,
    none: 'none',
  }
}
