/**
 * Layout: what one kernel calls its gfp bits, and in which order it tries the names when it prints
 * them. Layouts are data: another kernel is another file in layouts/.
 */

/** A name and the bits it stands for. */
export type FlagName = readonly [name: string, mask: number]

/** The gfp bits of one kernel in one configuration. */
export interface GfpLayout {
  /** The kernel version and, where it matters, the configuration. */
  readonly kernel: string
  /** Every name of the kernel's headers, bits and combinations, by value. 0 is a flag that is configured out. */
  readonly flags: Readonly<Record<string, number>>
  /** What `%pGg` tries, first to last (mm/debug.c, gfpflag_names). */
  readonly printk: readonly FlagName[]
  /** What the tracepoints try, first to last (include/trace/events/mmflags.h, show_gfp_flags). */
  readonly trace: readonly FlagName[]
  /** `__GFP_NOLOCKDEP`: 0 without CONFIG_LOCKDEP. */
  readonly nolockdep: number
}
