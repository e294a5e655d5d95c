/**
 * Linux 6.18 (6.18.44, x86_64): read off a running kernel, the bits from its BTF and the order of the names from the
 * format of kmem:mm_page_alloc. Since 6.3 there is no `__GFP_ATOMIC`, and `GFP_NOWAIT` does not warn since 6.17.
 */
import type { FlagName, GfpLayout } from '../layout.js'
import { BITS, COMPOUNDS } from './common.js'

const flags = {
  ...BITS,
  __GFP_NO_OBJ_EXT: 0x1000000,
  __GFP_NOLOCKDEP: 0,
  ...COMPOUNDS,
  GFP_ATOMIC: 0x820,
  GFP_NOWAIT: 0x2800,
} as const

/** One table serves `%pGg` and the tracepoints. */
const names: readonly FlagName[] = (
  [
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
    '__GFP_NO_OBJ_EXT',
  ] as const
).map((name) => [name, flags[name]])

/** The layout of Linux 6.18, without CONFIG_LOCKDEP and CONFIG_KASAN_HW_TAGS. */
export const linux6_18: GfpLayout = {
  kernel: '6.18',
  flags,
  printk: names,
  trace: names,
  nolockdep: 0,
}
