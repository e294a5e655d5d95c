/**
 * Plot: what all charts are made of: a frame with axes, and labels at the ends of lines that do not lie on each other. Static SVG:
 * lines are told apart by colour, by how they are broken, and by the name at their end.
 */
import { type Html, html } from '../../form/html.js'
import { LETTER, n, type Size } from '../../form/picture.js'

/** The inner part of a chart, in pixels. */
export interface Frame {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Two beside each other on a wide page, and three. */
export const CHART: Size = { width: 590, height: 250 }
export const SMALL_CHART: Size = { width: 388, height: 220 }

/** Room for numbers on the left, for names on the right, and for the axis below. */
export function frameOf({ width, height }: Size, names: readonly string[]): Frame {
  const longest = Math.max(0, ...names.map((name) => name.length))
  return { left: 58, top: 12, right: width - 14 - longest * LETTER, bottom: height - 34 }
}

/** Something at a value, with the text that stands beside it. */
export interface Tick {
  readonly at: number
  readonly text: string
}

/** A line at each tick, and its text on the left. */
export function leftAxis({ left, right }: Frame, ticks: readonly Tick[]): Html {
  return html`${ticks.map(
    ({ at, text }) =>
      html`<path class="grid" d="M${n(left)} ${n(at)}H${n(right)}"/><text class="axis" x="${n(left - 6)}" y="${n(at + 4)}" text-anchor="end">${text}</text>`,
  )}
`
}

/** A mark at each tick, its text below it, and what is counted. */
export function bottomAxis(
  { left, right, bottom }: Frame,
  ticks: readonly Tick[],
  what: string,
): Html {
  return html`<path class="rule" d="M${n(left)} ${n(bottom)}H${n(right)}"/>${ticks.map(
    ({ at, text }) =>
      html`<path class="rule" d="M${n(at)} ${n(bottom)}v4"/><text class="axis" x="${n(at)}" y="${n(bottom + 16)}" text-anchor="${at > right - 20 ? 'end' : 'middle'}">${text}</text>`,
  )}<text class="axis" x="${n((left + right) / 2)}" y="${n(bottom + 30)}" text-anchor="middle">${what}</text>
`
}

/** A name that is to stand at a height. */
export interface EndLabel {
  readonly name: string
  readonly at: number
  readonly kind: string
}

const APART = 13

/** Names on the right, each as near to its height as the others let it. */
export function endLabels({ right, top, bottom }: Frame, labels: readonly EndLabel[]): Html {
  const placed = [...labels].sort((a, b) => a.at - b.at).map((each) => ({ ...each, y: each.at }))
  for (const [index, each] of placed.entries()) {
    const above = placed[index - 1]
    each.y = Math.max(each.y, above === undefined ? top : above.y + APART)
  }
  for (let index = placed.length - 1; index >= 0; index--) {
    const each = placed[index]
    const below = placed[index + 1]
    if (each !== undefined)
      each.y = Math.min(each.y, below === undefined ? bottom : below.y - APART)
  }
  return html`${placed.map(
    ({ name, at, y, kind }) =>
      html`<g class="${kind}"><path class="leader" d="M${n(right)} ${n(at)}L${n(right + 6)} ${n(y)}"/><text class="series-name" x="${n(right + 9)}" y="${n(y + 4)}">${name}</text></g>`,
  )}
`
}

/**
 * The row of each name, from the top: one that stands near the one before it goes below that.
 * @param places from left to right
 * @param near how far apart a name has to be from the one before it to stand beside it
 */
export function rowsOf(places: readonly number[], near: (index: number) => number): number[] {
  const rows: number[] = []
  for (const [index, at] of places.entries()) {
    const before = places[index - 1]
    rows.push(before !== undefined && at - before < near(index) ? (rows[index - 1] ?? 0) + 1 : 0)
  }
  return rows
}

/** `1.2 k`, `16 k`, `350`: a number that has little room. */
export function compact(value: number): string {
  if (value >= 1e6) return `${trimmed(value / 1e6)}M`
  if (value >= 1e3) return `${trimmed(value / 1e3)}k`
  return trimmed(value)
}

/** `5 us`, `1.2 ms`, `3 s`. @param time ns */
export function shortTime(time: number): string {
  if (time >= 1e9) return `${trimmed(time / 1e9)} s`
  if (time >= 1e6) return `${trimmed(time / 1e6)} ms`
  if (time >= 1e3) return `${trimmed(time / 1e3)} us`
  return `${trimmed(time)} ns`
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)))
}
