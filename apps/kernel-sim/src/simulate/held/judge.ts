/** Judge: the simulated figures beside the recorded ones, and which are in. */
import type { Facts } from '../measure/facts.js'
import type { Band, RecordedConfig } from './recorded.js'
import { type Strictness, strictnessOf } from './strictness.js'

/** A configuration, and what came of it here: a figure for each seed. */
export interface HeldConfig {
  readonly recorded: RecordedConfig
  readonly runs: readonly Facts[]
}

export interface HeldFigure {
  readonly config: string
  readonly figure: string
  readonly strictness: Strictness
  readonly recorded: Band
  /** The median over the seeds; null when the simulation does not have the figure. */
  readonly simulated: number | null
  readonly in: boolean
}

/** How far a figure may be off: 10 %, or twice; the recorded band in any case. */
const FACTOR = { 'within 10 %': 1.1, 'within 2x': 2 } as const

/** All figures that are held against the recorded ones, in the order in which they were recorded. */
export function judge(held: readonly HeldConfig[]): HeldFigure[] {
  return held.flatMap(({ recorded, runs }) =>
    [...recorded.facts].flatMap(([figure, band]) => {
      const strictness = strictnessOf(recorded.name, figure)
      if (strictness === null) return []
      const simulated = median(runs.flatMap((facts) => facts[figure] ?? []))
      const isIn =
        simulated !== null &&
        (strictness === 'order only'
          ? inOrder(held, recorded.name, figure, simulated)
          : isClose(simulated, band, FACTOR[strictness]))
      return [{ config: recorded.name, figure, strictness, recorded: band, simulated, in: isIn }]
    }),
  )
}

/** How many figures of a group there are, and how many are in. */
export interface Score {
  readonly strictness: Strictness
  readonly figures: number
  readonly in: number
  /** The share that has to be in. */
  readonly wanted: number
}

export function scores(figures: readonly HeldFigure[]): Score[] {
  const wanted: Readonly<Record<Strictness, number>> = {
    'within 10 %': 0.9,
    'within 2x': 0.8,
    'order only': 1,
  }
  return (['within 10 %', 'within 2x', 'order only'] as const).map((strictness) => {
    const group = figures.filter((figure) => figure.strictness === strictness)
    return {
      strictness,
      figures: group.length,
      in: group.filter((figure) => figure.in).length,
      wanted: wanted[strictness],
    }
  })
}

function isClose(simulated: number, [median, min, max]: Band, factor: number): boolean {
  if (simulated >= min && simulated <= max) return true
  if (median === 0) return simulated === 0
  const ratio = simulated / median
  return ratio >= 2 - factor && ratio <= factor && (factor === 2 ? ratio >= 0.5 : true)
}

/** Returns true if the figure is on the right side of that of every other configuration whose recorded band does not meet its own. */
function inOrder(
  held: readonly HeldConfig[],
  config: string,
  figure: string,
  simulated: number,
): boolean {
  const own = held.find(({ recorded }) => recorded.name === config)?.recorded.facts.get(figure)
  if (own === undefined) return false
  return held.every(({ recorded, runs }) => {
    const band = recorded.facts.get(figure)
    const other = median(runs.flatMap((facts) => facts[figure] ?? []))
    if (band === undefined || other === null || recorded.name === config) return true
    if (own[1] > band[2]) return simulated > other
    if (own[2] < band[1]) return simulated < other
    return true
  })
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}
