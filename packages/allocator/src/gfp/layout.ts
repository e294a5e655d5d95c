/**
 * Layout: what one kernel calls its gfp bits, and in which order it tries the names when it prints
 * them. Layouts are data: another kernel is another file in layouts/, and a line in kernels.ts.
 */

/** A name and the bits it stands for; never none. */
export type FlagName = readonly [name: string, mask: number]

/**
 * The names that every layout has, whatever bits they stand for. A kernel from before a name has what it meant under
 * its own: __GFP_DIRECT_RECLAIM is the bit of __GFP_WAIT before 4.4; what it did not have at all is 0.
 */
export type CommonFlag =
  | '__GFP_DMA'
  | '__GFP_HIGHMEM'
  | '__GFP_DMA32'
  | '__GFP_MOVABLE'
  | '__GFP_RECLAIMABLE'
  | '__GFP_HIGH'
  | '__GFP_IO'
  | '__GFP_FS'
  | '__GFP_ZERO'
  | '__GFP_DIRECT_RECLAIM'
  | '__GFP_KSWAPD_RECLAIM'
  | '__GFP_RECLAIM'
  | '__GFP_WRITE'
  | '__GFP_NOWARN'
  | '__GFP_NOFAIL'
  | '__GFP_NORETRY'
  | '__GFP_MEMALLOC'
  | '__GFP_COMP'
  | '__GFP_NOMEMALLOC'
  | '__GFP_HARDWALL'
  | '__GFP_THISNODE'
  | '__GFP_ACCOUNT'
  | '__GFP_NOLOCKDEP'
  | 'GFP_ATOMIC'
  | 'GFP_NOWAIT'
  | 'GFP_NOIO'
  | 'GFP_NOFS'
  | 'GFP_KERNEL'
  | 'GFP_KERNEL_ACCOUNT'
  | 'GFP_USER'
  | 'GFP_DMA'
  | 'GFP_DMA32'
  | 'GFP_HIGHUSER'
  | 'GFP_HIGHUSER_MOVABLE'
  | 'GFP_TRANSHUGE'

/** Sets of flags that are not requests themselves (mm/internal.h, include/linux/gfp_types.h). */
export interface GfpMasks {
  /** Every bit that has a meaning. */
  readonly __GFP_BITS_MASK: number
  /** What says how a page may be found, not which: passed on from slab to the page allocator. */
  readonly GFP_RECLAIM_MASK: number
  /** Where the page may be: the cpuset and the node. */
  readonly GFP_CONSTRAINT_MASK: number
  /** What a slab allocation must not ask for. */
  readonly GFP_SLAB_BUG_MASK: number
  /** What is allowed before the scheduler runs. */
  readonly GFP_BOOT_MASK: number
}

/** The gfp bits of one kernel in one configuration. */
export interface GfpLayout {
  /** The kernel version and, where it matters, the configuration. */
  readonly kernel: string
  /** Every name of the kernel's headers, bits and combinations, by value. 0 is a flag that is configured out. */
  readonly flags: Readonly<Record<CommonFlag, number>> & Readonly<Record<string, number>>
  /** Sets of flags that are not requests themselves. */
  readonly masks: GfpMasks
  /**
   * What `%pGg` tries, first to last (mm/debug.c, gfpflag_names). A kernel before 4.6 prints the number only: here are the
   * names of its headers, in the order of its tracepoints.
   */
  readonly printk: readonly FlagName[]
  /** What the tracepoints try, first to last (show_gfp_flags: include/trace/events/mmflags.h, gfpflags.h before 4.6). */
  readonly trace: readonly FlagName[]
  /** What the tracepoints print for no flags at all. */
  readonly none: 'none' | 'GFP_NOWAIT'
}

/** The layout of a kernel whose flags are known by name: another name does not compile. */
export interface KernelLayout<F extends string> extends Omit<GfpLayout, 'flags'> {
  /** Every name of the kernel's headers, bits and combinations, by value. 0 is a flag that is configured out. */
  readonly flags: Readonly<Record<F, number>>
}

/** Options of the kernel configuration that change gfp bits. Both are off in what distributions ship for amd64. */
export interface GfpConfig {
  /** CONFIG_LOCKDEP: `__GFP_NOLOCKDEP` has a bit. */
  readonly lockdep?: boolean
  /** CONFIG_KASAN_HW_TAGS (arm64): more bits, and user pages that are movable skip poisoning. */
  readonly kasanHwTags?: boolean
}

/** A kernel version as one number that compares as versions do (KERNEL_VERSION of the kernel's Makefile). */
export function kernelVersion(major: number, minor: number, patch = 0): number {
  return major * 0x10000 + minor * 0x100 + Math.min(patch, 0xff)
}

/** `6.12`: the version without the patch level. */
export function versionName(version: number): string {
  return `${Math.floor(version / 0x10000)}.${Math.floor(version / 0x100) % 0x100}`
}

/** How the configuration is named in a layout's `kernel`. */
export function configName({ lockdep = false, kasanHwTags = false }: GfpConfig): string {
  return `${lockdep ? ' LOCKDEP' : ''}${kasanHwTags ? ' KASAN_HW_TAGS' : ''}`
}
