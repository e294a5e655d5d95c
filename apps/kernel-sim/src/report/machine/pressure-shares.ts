/**
 * Pressure shares: how much of each interval of a time series there was pressure. Charts and traces are made of the same figures; each
 * form rounds them for itself.
 */

/**
 * In percent of each interval, 0 to 100: of the first row, before which nothing was measured, it is 0.
 * @param at times of the rows, ns
 * @param totals for how long there has been pressure up to each row, ns
 */
export function pressureShares(at: readonly number[], totals: readonly number[]): number[] {
  return totals.map((total, row) => {
    const time = (at[row] ?? 0) - (at[row - 1] ?? 0)
    if (row === 0 || time <= 0) return 0
    return Math.min(100, (100 * (total - (totals[row - 1] ?? 0))) / time)
  })
}
