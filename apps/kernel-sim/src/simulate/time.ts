/** Time: virtual, in nanoseconds. */
export const US = 1_000
export const MS = 1_000_000
export const SECOND = 1_000_000_000
/** CONFIG_HZ of Debian's kernels: timers of the kernel's own count in jiffies. */
export const HZ = 250
export const JIFFY = SECOND / HZ

/** When a timer of so many jiffies goes off: at a tick, and not before they have passed (kernel/time/timer.c). */
export function jiffiesFrom(now: number, jiffies: number): number {
  return (Math.floor(now / JIFFY) + jiffies + 1) * JIFFY
}
