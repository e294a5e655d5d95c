/**
 * Linux 6.10 to 6.12.10: the bits of 6.18 (772dd0342727), printed in the order that kernels have had since 4.6. The order of
 * 6.18 came with 60295b944ff6, in 6.13 and 6.12.11.
 */
import type { GfpConfig, GfpLayout } from '../layout.js'
import { ORDER_4_6, table } from './common.js'
import { layout6_18 } from './v6-18.js'

/** The layout of a version from 6.10 on, before 6.12.11. */
export function layout6_10(version: number, config: GfpConfig): GfpLayout {
  const layout = layout6_18(config, version)
  const printk = table(layout.flags, ORDER_4_6)
  return {
    ...layout,
    printk,
    trace: [...printk, ...table(layout.flags, ['__GFP_SKIP_ZERO', '__GFP_SKIP_KASAN'])],
  }
}
