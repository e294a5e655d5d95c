/** Histogram: how long things took, in classes of twice the length each, so that the few long ones can be seen beside the many. */

/** How many took from 2^i to 2^(i+1) microseconds; the first class holds what took less than one, too. */
export type Histogram = readonly number[]

/** 2^39 us are six days. */
const CLASSES = 40

export function newHistogram(): number[] {
  return []
}

/** Counts one that took so many microseconds. */
export function countDuration(histogram: number[], us: number): void {
  const index = us < 2 ? 0 : Math.min(CLASSES - 1, Math.floor(Math.log2(us)))
  while (histogram.length <= index) histogram.push(0)
  histogram[index] = (histogram[index] ?? 0) + 1
}
