/** Compare: policies side by side on the same machine and seeds: means with confidence intervals, and which differences are real. */
import type { Facts } from './measure/facts.js'

/** Two-sided 95% quantiles of Student's t, by degrees of freedom from 1. */
const T95 = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]

export interface Interval {
  readonly mean: number
  /** Half the width of the 95% confidence interval; 0 for a single run. */
  readonly half: number
}

export interface PolicyRuns {
  readonly policy: string
  readonly runs: readonly Facts[]
}

/** A figure under each policy, in the order of the policies. */
export interface ComparedFigure {
  readonly figure: string
  readonly intervals: readonly Interval[]
  /** Of each policy but the first: whether it differs from the first beyond what seeds do. */
  readonly differs: readonly boolean[]
}

/** Compares the figures named, as far as the runs have them. */
export function compare(
  policies: readonly PolicyRuns[],
  figures: readonly string[],
): ComparedFigure[] {
  return figures.flatMap((figure) => {
    const samples = policies.map(({ runs }) => runs.map((facts) => facts[figure] ?? 0))
    if (samples.every((values) => values.every((value) => value === 0))) return []
    const intervals = samples.map(intervalOf)
    const [first] = samples
    return [
      {
        figure,
        intervals,
        differs: samples.slice(1).map((values) => isReal(first ?? [], values)),
      },
    ]
  })
}

function intervalOf(values: readonly number[]): Interval {
  const mean = meanOf(values)
  if (values.length < 2) return { mean, half: 0 }
  const t = quantile(values.length - 1)
  const half = t * Math.sqrt(varianceOf(values) / values.length)
  // What is left of adding up equal numbers is no scatter.
  return { mean, half: half < 1e-9 * Math.abs(mean) ? 0 : half }
}

/** Welch's test at 95%: the means are further apart than their scatter explains. */
function isReal(one: readonly number[], other: readonly number[]): boolean {
  if (one.length < 2 || other.length < 2) return false
  const a = varianceOf(one) / one.length
  const b = varianceOf(other) / other.length
  const apart = Math.abs(meanOf(one) - meanOf(other))
  if (a + b === 0) return apart > 0
  const freedom = (a + b) ** 2 / (a ** 2 / (one.length - 1) + b ** 2 / (other.length - 1))
  return apart / Math.sqrt(a + b) > quantile(Math.max(1, Math.floor(freedom)))
}

function quantile(freedom: number): number {
  return T95[freedom - 1] ?? 1.96 + 2.4 / freedom
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
}
