/**
 * Linux 3.0 to 4.3: include/linux/gfp.h. One bit, __GFP_WAIT, says that the request may sleep; kswapd is woken unless
 * __GFP_NO_KSWAPD says no. These kernels print the number of a request and no names; the tracepoints spell their flags
 * without the underscores (include/trace/events/gfpflags.h).
 */
import {
  configName,
  type GfpConfig,
  type GfpLayout,
  kernelVersion,
  versionName,
} from '../layout.js'
import { masksOf, table } from './common.js'

/** Tried first to last, in the spelling of the headers. */
const NAMES = [
  'GFP_TRANSHUGE',
  'GFP_HIGHUSER_MOVABLE',
  'GFP_HIGHUSER',
  'GFP_USER',
  'GFP_TEMPORARY',
  'GFP_KERNEL',
  'GFP_NOFS',
  'GFP_ATOMIC',
  'GFP_NOIO',
  '__GFP_HIGH',
  '__GFP_WAIT',
  '__GFP_IO',
  '__GFP_FS',
  '__GFP_COLD',
  '__GFP_NOWARN',
  '__GFP_REPEAT',
  '__GFP_NOFAIL',
  '__GFP_NORETRY',
  '__GFP_COMP',
  '__GFP_ZERO',
  '__GFP_NOMEMALLOC',
  '__GFP_MEMALLOC',
  '__GFP_HARDWALL',
  '__GFP_THISNODE',
  '__GFP_RECLAIMABLE',
  '__GFP_KMEMCG',
  '__GFP_NOACCOUNT',
  '__GFP_MOVABLE',
  '__GFP_NOTRACK',
  '__GFP_NO_KSWAPD',
  '__GFP_OTHER_NODE',
  '__GFP_WRITE',
  'GFP_DMA',
  '__GFP_HIGHMEM',
  'GFP_DMA32',
] as const

/** What the tracepoints leave out: they print these in hex. */
const NOT_TRACED: ReadonlySet<string> = new Set([
  '__GFP_FS',
  '__GFP_NOACCOUNT',
  '__GFP_WRITE',
  'GFP_DMA',
  '__GFP_HIGHMEM',
  'GFP_DMA32',
])

/** The layout of a version from 3.0 on, before 4.4. */
export function layout3_0(version: number, config: GfpConfig): GfpLayout {
  const since = (major: number, minor: number, mask: number) =>
    version >= kernelVersion(major, minor) ? mask : 0
  const wait = 0x10
  const kernel = wait | 0x40 | 0x80
  const highuserMovable = kernel | 0x20000 | 0x2 | 0x8
  const flags = {
    __GFP_DMA: 0x1,
    __GFP_HIGHMEM: 0x2,
    __GFP_DMA32: 0x4,
    __GFP_MOVABLE: 0x8,
    __GFP_WAIT: wait,
    __GFP_HIGH: 0x20,
    __GFP_IO: 0x40,
    __GFP_FS: 0x80,
    __GFP_COLD: 0x100,
    __GFP_NOWARN: 0x200,
    __GFP_REPEAT: 0x400,
    __GFP_NOFAIL: 0x800,
    __GFP_NORETRY: 0x1000,
    // b37f1dd0f543
    __GFP_MEMALLOC: since(3, 6, 0x2000),
    __GFP_COMP: 0x4000,
    __GFP_ZERO: 0x8000,
    __GFP_NOMEMALLOC: 0x10000,
    __GFP_HARDWALL: 0x20000,
    __GFP_THISNODE: 0x40000,
    __GFP_RECLAIMABLE: 0x80000,
    // "mm: add a __GFP_KMEMCG flag" in 3.8, until 52383431b37c.
    __GFP_KMEMCG: version < kernelVersion(3, 16) ? since(3, 8, 0x100000) : 0,
    // 8f4fc071b192
    __GFP_NOACCOUNT: since(4, 1, 0x100000),
    // Means something with CONFIG_KMEMCHECK only.
    __GFP_NOTRACK: 0x200000,
    __GFP_NO_KSWAPD: 0x400000,
    __GFP_OTHER_NODE: 0x800000,
    // a756cf590853
    __GFP_WRITE: since(3, 3, 0x1000000),
    __GFP_DIRECT_RECLAIM: wait,
    __GFP_KSWAPD_RECLAIM: 0,
    __GFP_RECLAIM: wait,
    __GFP_ACCOUNT: 0,
    __GFP_NOLOCKDEP: 0,
    GFP_NOWAIT: 0,
    GFP_ATOMIC: 0x20,
    GFP_NOIO: wait,
    GFP_NOFS: wait | 0x40,
    GFP_KERNEL: kernel,
    GFP_KERNEL_ACCOUNT: kernel,
    GFP_TEMPORARY: kernel | 0x80000,
    GFP_USER: kernel | 0x20000,
    GFP_HIGHUSER: kernel | 0x20000 | 0x2,
    GFP_HIGHUSER_MOVABLE: highuserMovable,
    GFP_TRANSHUGE: highuserMovable | 0x4000 | 0x10000 | 0x1000 | 0x200 | 0x400000,
    GFP_IOFS: 0xc0,
    GFP_DMA: 0x1,
    GFP_DMA32: 0x4,
  }
  const traced = table(
    flags,
    NAMES.filter((name) => !NOT_TRACED.has(name)),
  ).map(([name, mask]) => [name.replace(/^__/, ''), mask] as const)
  return {
    kernel: `${versionName(version)}${configName(config)}`,
    // What a trace says is understood as well.
    flags: { ...Object.fromEntries(traced), ...flags },
    masks: masksOf(flags, version < kernelVersion(3, 3) ? 24 : 25, flags.__GFP_REPEAT),
    printk: table(flags, NAMES),
    trace: traced,
    none: 'GFP_NOWAIT',
  }
}
