/** Duration: times of a recording as people read them. */
import { number } from '../form/numbers.js'

/** `0.4 us`, `12 us`, `3.1 ms`, `2.4 s`: with ticks, thousands of which count as a microsecond, without a unit. */
export function durationText(
  us: number,
  clock: 'seconds' | 'ticks' | 'several' = 'seconds',
): string {
  if (clock !== 'seconds') return number(Math.round(us * 1000))
  if (us < 10) return `${us.toFixed(1)} us`
  if (us < 1000) return `${Math.round(us)} us`
  return us < 1e6 ? `${(us / 1e3).toFixed(1)} ms` : `${(us / 1e6).toFixed(1)} s`
}
