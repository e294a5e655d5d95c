/** Time: virtual, in nanoseconds. */
export const US = 1_000
export const MS = 1_000_000
export const SECOND = 1_000_000_000
/** CONFIG_HZ of Debian's kernels: timers of the kernel's own count in jiffies. */
export const HZ = 250
export const JIFFY = SECOND / HZ

/** The timer wheel's first level takes timers of less than so many jiffies; each other level takes 8 times as long ones (LVL_START). */
const FIRST_LEVEL = 63
const LEVELS = 9

/**
 * When a timer of so many jiffies goes off: at a tick, and not before they have passed. Of one that is far off the wheel knows the time
 * less exactly: to 8 jiffies from 63 on, to 64 from 504 on, and so forth (kernel/time/timer.c, calc_wheel_index, 6.1).
 */
export function jiffiesFrom(now: number, jiffies: number): number {
  let granularity = 1
  for (
    let level = 1, least = FIRST_LEVEL;
    level < LEVELS && jiffies >= least;
    level++, least *= 8
  ) {
    granularity *= 8
  }
  const expires = Math.floor(now / JIFFY) + jiffies
  return (Math.floor(expires / granularity) + 1) * granularity * JIFFY
}
