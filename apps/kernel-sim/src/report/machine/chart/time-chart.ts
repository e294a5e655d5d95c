/** Time chart: how numbers went over virtual time, as lines, with levels that mean something and moments at which something happened. */
import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { html } from '../../form/html.js'
import { n, type Picture, type Size, svg } from '../../form/picture.js'
import { bottomAxis, CHART, compact, endLabels, frameOf, leftAxis, rowsOf } from './plot.js'

export interface ChartLine {
  readonly name: string
  readonly values: readonly number[]
}

/** A height that means something, such as a watermark. */
export interface Level {
  readonly name: string
  readonly value: number
}

/** A moment at which something happened, ns. */
export interface Moment {
  readonly name: string
  readonly at: number
}

export interface TimeChart {
  readonly title: string
  /** What is drawn, for who does not see it. */
  readonly description: string
  /** What the numbers on the left are: `pages`, `%`. */
  readonly unit: string
  /** Small numbers matter as much as large ones: the scale is logarithmic. */
  readonly log?: boolean
  readonly size?: Size
  /** Where the axis of time ends, ns, if that is later than the last row. */
  readonly until?: number
  /** The bottom of a logarithmic scale, and the top of any, where the numbers themselves do not say it. */
  readonly least?: number
  readonly most?: number
  /** ns, as many as each line has values. */
  readonly at: readonly number[]
  readonly lines: readonly ChartLine[]
  readonly levels?: readonly Level[]
  readonly moments?: readonly Moment[]
}

const SECOND = 1e9
/** What a letter of the name of a moment takes at most, and the height of a row of names. */
const LETTER = 7
const ROW = 10
/** More points than that are not seen. */
const POINTS = 320

/** @param id of the picture, one of a kind on the page */
export function timeChart(id: string, chart: TimeChart): Picture {
  const { title, description, unit, at, lines, levels = [], moments = [] } = chart
  const { log = false, size = CHART, until = 0 } = chart
  const frame = frameOf(
    size,
    [...lines, ...levels].map(({ name }) => name),
  )
  const values = [...lines.flatMap((each) => each.values), ...levels.map(({ value }) => value)]
  const most = Math.max(chart.most ?? 0, ...values, 1)
  const lowest = Math.min(chart.least ?? most, ...values.filter((value) => value > 0), most)
  const least = Math.max(1, lowest)
  const x = scaleLinear([0, Math.max(until, at.at(-1) ?? SECOND)], [frame.left, frame.right])
  const y = log
    ? scaleLog([least * 0.8, most * 1.1], [frame.bottom, frame.top]).clamp(true)
    : scaleLinear([0, most * 1.04], [frame.bottom, frame.top])
  const ticks = y.ticks(5).filter((tick) => !log || /^[125]0*$/.test(String(tick)))
  const path = line<readonly [number, number]>(
    ([time]) => round(x(time)),
    ([, value]) => round(y(log ? Math.max(value, least) : value)),
  )
  const drawn = lines.map(({ name, values: all }, index) => {
    const d = path(thinned(at, all)) ?? ''
    return html`<path class="series k${index % 8} dash${index % 4}" d="${d}"><title>${name}: ${compact(Math.min(...all))} to ${compact(Math.max(...all))} ${unit}</title></path>
`
  })
  // A name stands before its moment, so it is its own length that has to fit.
  const inOrder = [...moments].sort((a, b) => a.at - b.at)
  const rows = rowsOf(
    inOrder.map(({ at: time }) => x(time)),
    (index) => (inOrder[index]?.name.length ?? 0) * LETTER,
  )
  const deepest = Math.floor((frame.bottom - frame.top) / ROW) - 1
  const svgText = svg(
    id,
    size,
    { title, description },
    html`${leftAxis(
      frame,
      ticks.map((tick) => ({ at: y(tick), text: compact(tick) })),
    )}${bottomAxis(
      frame,
      x.ticks(size.width / 80).map((tick) => ({ at: x(tick), text: String(tick / SECOND) })),
      'virtual seconds',
    )}${levels.map(
      ({ name, value }) =>
        html`<path class="level" d="M${n(frame.left)} ${n(y(value))}H${n(frame.right)}"><title>${name}: ${compact(value)} ${unit}</title></path>
`,
    )}${inOrder.map(
      ({ name, at: time }, index) =>
        html`<g class="moment"><path d="M${n(x(time))} ${n(frame.top)}V${n(frame.bottom)}"/><text x="${n(x(time) - 4)}" y="${n(frame.top + 9 + Math.min(rows[index] ?? 0, deepest) * ROW)}" text-anchor="end">${name}</text><title>${name}, at ${(time / SECOND).toFixed(2)} s</title></g>
`,
    )}${drawn}${endLabels(frame, [
      ...lines.map(({ name, values: all }, index) => ({
        name,
        at: y(log ? Math.max(all.at(-1) ?? 0, least) : (all.at(-1) ?? 0)),
        kind: `k${index % 8}`,
      })),
      ...levels.map(({ name, value }) => ({ name, at: y(value), kind: 'level-name' })),
    ])}`,
  )
  return { caption: `${title} (${unit})`, svg: svgText }
}

/** As many points as are seen: each is the mean of some. */
function thinned(at: readonly number[], values: readonly number[]): [number, number][] {
  const per = Math.max(1, Math.ceil(values.length / POINTS))
  const points: [number, number][] = []
  for (let from = 0; from < values.length; from += per) {
    const some = values.slice(from, from + per)
    points.push([at[from] ?? 0, some.reduce((sum, value) => sum + value, 0) / some.length])
  }
  return points
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
