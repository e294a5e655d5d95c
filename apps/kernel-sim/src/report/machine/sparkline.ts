/** Sparkline: how a number went, on one line. */
const LEVELS = '▁▂▃▄▅▆▇█'

/** @param width characters at most: where there are more values, each stands for the mean of some */
export function sparkline(values: readonly number[], width: number): string {
  const per = Math.max(1, Math.ceil(values.length / width))
  const means: number[] = []
  for (let from = 0; from < values.length; from += per) {
    const some = values.slice(from, from + per)
    means.push(some.reduce((sum, value) => sum + value, 0) / some.length)
  }
  const least = Math.min(...means)
  const range = Math.max(...means) - least
  return means
    .map((mean) => LEVELS[range === 0 ? 0 : Math.round(((mean - least) / range) * 7)])
    .join('')
}
