/**
 * Linux 4.4 to 5.0: include/linux/gfp.h, include/trace/events/mmflags.h. Since 4.4 (d0164adc89f6) a request says apart
 * whether it may reclaim itself and whether it wakes kswapd. Bits above 0x200000 moved down twice, into gaps that
 * removed flags had left: in 4.10 (41b6167e8f74) and in 4.19.
 */
import {
  configName,
  type FlagName,
  type GfpConfig,
  type GfpLayout,
  kernelVersion,
  versionName,
} from '../layout.js'
import { masksOf, ORDER_4_6, table } from './common.js'

/** Where the bits are that moved. */
function moved(version: number) {
  if (version < kernelVersion(4, 10)) {
    return { direct: 0x400000, kswapd: 0x2000000, write: 0x1000000, nolockdep: 0, bits: 26 }
  }
  if (version < kernelVersion(4, 19)) {
    // 7e7844226f10: 4.12.
    const nolockdep = version < kernelVersion(4, 12) ? 0 : 0x2000000
    return { direct: 0x400000, kswapd: 0x1000000, write: 0x800000, nolockdep, bits: 25 }
  }
  return { direct: 0x200000, kswapd: 0x400000, write: 0x100, nolockdep: 0x800000, bits: 23 }
}

/** GFP_TRANSHUGE and GFP_TRANSHUGE_LIGHT, which is 0 before 4.8. */
function transhuge(version: number, highuserMovable: number, direct: number, kswapd: number) {
  // COMP, NOMEMALLOC, NOWARN.
  const huge = highuserMovable | 0x4000 | 0x10000 | 0x200
  const noretry = 0x1000
  // 444eb2a449ef: 4.6.
  if (version < kernelVersion(4, 6)) return { GFP_TRANSHUGE: (huge | noretry) & ~kswapd }
  const light = huge & ~(direct | kswapd)
  // 2516035499b9: 4.8.
  if (version < kernelVersion(4, 8)) return { GFP_TRANSHUGE: light | noretry }
  return { GFP_TRANSHUGE: light | direct, GFP_TRANSHUGE_LIGHT: light }
}

/** The layout of a version from 4.4 on, before 5.1. */
export function layout4_4(version: number, config: GfpConfig): GfpLayout {
  const before = (major: number, minor: number) => version < kernelVersion(major, minor)
  const { direct, kswapd, write, nolockdep, bits } = moved(version)
  const reclaim = direct | kswapd
  const kernel = reclaim | 0x40 | 0x80
  const highuserMovable = kernel | 0x20000 | 0x2 | 0x8
  const retry = 0x400
  // a9bb7e620efd: the meaning was the opposite in 4.4.
  const account = before(4, 5) ? 0 : 0x100000
  const lockdep = config.lockdep ? nolockdep : 0
  const flags = {
    __GFP_DMA: 0x1,
    __GFP_HIGHMEM: 0x2,
    __GFP_DMA32: 0x4,
    __GFP_MOVABLE: 0x8,
    __GFP_RECLAIMABLE: 0x10,
    __GFP_HIGH: 0x20,
    __GFP_IO: 0x40,
    __GFP_FS: 0x80,
    // 4.15: 453f85d43fa9 took the first, "kmemcheck: remove whats left of NOTRACK flags" the second.
    ...(before(4, 15) ? { __GFP_COLD: 0x100, __GFP_NOTRACK: 0x200000 } : {}),
    __GFP_NOWARN: 0x200,
    // dcda9b04713c
    ...(before(4, 13) ? { __GFP_REPEAT: retry } : { __GFP_RETRY_MAYFAIL: retry }),
    __GFP_NOFAIL: 0x800,
    __GFP_NORETRY: 0x1000,
    __GFP_MEMALLOC: 0x2000,
    __GFP_COMP: 0x4000,
    __GFP_ZERO: 0x8000,
    __GFP_NOMEMALLOC: 0x10000,
    __GFP_HARDWALL: 0x20000,
    __GFP_THISNODE: 0x40000,
    __GFP_ATOMIC: 0x80000,
    ...(before(4, 5) ? { __GFP_NOACCOUNT: 0x100000 } : {}),
    __GFP_ACCOUNT: account,
    ...(before(4, 10) ? { __GFP_OTHER_NODE: 0x800000 } : {}),
    __GFP_DIRECT_RECLAIM: direct,
    __GFP_KSWAPD_RECLAIM: kswapd,
    __GFP_RECLAIM: reclaim,
    __GFP_WRITE: write,
    __GFP_NOLOCKDEP: lockdep,
    GFP_NOWAIT: kswapd,
    GFP_ATOMIC: 0x20 | 0x80000 | kswapd,
    GFP_NOIO: reclaim,
    GFP_NOFS: reclaim | 0x40,
    GFP_KERNEL: kernel,
    GFP_KERNEL_ACCOUNT: kernel | account,
    // 0ee931c4e31a
    ...(before(4, 14) ? { GFP_TEMPORARY: kernel | 0x10 } : {}),
    GFP_USER: kernel | 0x20000,
    GFP_HIGHUSER: kernel | 0x20000 | 0x2,
    GFP_HIGHUSER_MOVABLE: highuserMovable,
    ...transhuge(version, highuserMovable, direct, kswapd),
    GFP_DMA: 0x1,
    GFP_DMA32: 0x4,
  }
  const printk = table(
    flags,
    // There is none of its own in 4.4: the names would be the same bits twice.
    before(4, 5) ? ORDER_4_6.filter((name) => name !== 'GFP_KERNEL_ACCOUNT') : ORDER_4_6,
  )
  return {
    kernel: `${versionName(version)}${configName(config)}`,
    // What a trace says is understood as well.
    flags: before(4, 6) ? { ...Object.fromEntries(traced4_4(flags)), ...flags } : flags,
    masks: masksOf(flags, bits + (lockdep === 0 ? 0 : 1), retry | flags.__GFP_ATOMIC | lockdep),
    printk,
    trace: before(4, 6) ? traced4_4(flags) : printk,
    none: before(4, 6) ? 'GFP_NOWAIT' : 'none',
  }
}

/** What the tracepoints of 4.4 and 4.5 leave out: they print these in hex. */
const NOT_TRACED: ReadonlySet<string> = new Set([
  'GFP_KERNEL_ACCOUNT',
  'GFP_NOWAIT',
  'GFP_DMA',
  'GFP_DMA32',
  '__GFP_HIGHMEM',
  '__GFP_FS',
  '__GFP_ACCOUNT',
  '__GFP_WRITE',
  '__GFP_RECLAIM',
])

/** Flags are spelled without the underscores there, so that __GFP_ATOMIC cannot be told from GFP_ATOMIC. */
function traced4_4(flags: Readonly<Record<string, number>>): FlagName[] {
  return table(
    flags,
    ORDER_4_6.filter((name) => !NOT_TRACED.has(name)),
  ).map(([name, mask]) => [name.replace(/^__/, ''), mask])
}
