/** Histogram chart: how often which latency occurred. Both scales are logarithmic: the few that take long are what it is for. */
import { scaleLog } from 'd3-scale'
import { html } from '../../form/html.js'
import { plural } from '../../form/numbers.js'
import { n, type Picture, type Size, svg } from '../../form/picture.js'
import { bottomAxis, compact, frameOf, leftAxis, rowsOf, shortTime } from './plot.js'

/** A bucket: its middle, ns, and how many values it has. */
export interface Bucket {
  readonly value: number
  readonly count: number
}

export interface HistogramChart {
  readonly title: string
  readonly buckets: readonly Bucket[]
  /** Levels of time that have a name: p50, p99, ns. The least first. */
  readonly quantiles: readonly { readonly name: string; readonly value: number }[]
  /** ns: from the least to the most of all that it stands beside. */
  readonly domain: readonly [number, number]
}

const SIZE: Size = { width: 388, height: 190 }
const STEP = 2 ** (1 / 4)
/** Names of quantiles that are nearer to each other than this would be on each other in one row. */
const NEAR = 44

/** @param id of the picture, one of a kind on the page */
export function histogramChart(id: string, chart: HistogramChart): Picture {
  const { title, buckets, quantiles, domain } = chart
  const frame = { ...frameOf(SIZE, []), left: 44, right: SIZE.width - 14, top: 24 }
  const [least, most] = domain
  const x = scaleLog([least / STEP, most * STEP], [frame.left, frame.right]).clamp(true)
  const bars = merged(buckets)
  const highest = Math.max(1, ...bars.map(({ count }) => count))
  const y = scaleLog([0.7, highest * 1.3], [frame.bottom, frame.top])
  const all = buckets.reduce((sum, { count }) => sum + count, 0)
  const times = x.ticks(6).filter((tick) => /^10*$/.test(String(Math.round(tick))))
  const counts = y.ticks(4).filter((tick) => /^10*$/.test(String(tick)))
  const rows = rowsOf(
    quantiles.map(({ value }) => x(value)),
    () => NEAR,
  )
  const picture = svg(
    id,
    SIZE,
    {
      title,
      description: `How often which latency occurred, ${plural(all, 'operation')} in all, on logarithmic scales.`,
    },
    html`${leftAxis(
      frame,
      counts.map((tick) => ({ at: y(tick), text: compact(tick) })),
    )}${bottomAxis(
      frame,
      times.map((tick) => ({ at: x(tick), text: shortTime(tick) })),
      'latency',
    )}${bars.map(({ value, count }) => {
      const from = x(value / Math.sqrt(STEP))
      const width = Math.max(1, x(value * Math.sqrt(STEP)) - from - 0.5)
      return html`<rect class="bar-of k0" x="${n(from)}" y="${n(y(count))}" width="${n(width)}" height="${n(frame.bottom - y(count))}"><title>about ${shortTime(value)}: ${plural(count, 'operation')}</title></rect>
`
    })}${quantiles.map(({ name, value }, index) => {
      const at = x(value)
      const y = frame.top - 4 + (rows[index] ?? 0) * 10
      // At the right edge there is no room behind it.
      const isLast = at > frame.right - 30
      return html`<g class="quantile"><path d="M${n(at)} ${n(y - 4)}V${n(frame.bottom)}"/><text x="${n(isLast ? at - 3 : at + 3)}" y="${n(y)}" text-anchor="${isLast ? 'end' : 'start'}">${name}</text><title>${name}: ${shortTime(value)}</title></g>
`
    })}`,
  )
  return { caption: title, svg: picture }
}

/** Buckets of a quarter of an octave. */
function merged(buckets: readonly Bucket[]): Bucket[] {
  const counts = new Map<number, number>()
  for (const { value, count } of buckets) {
    const at = Math.floor(Math.log2(Math.max(1, value)) * 4)
    counts.set(at, (counts.get(at) ?? 0) + count)
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([at, count]) => ({ value: 2 ** ((at + 0.5) / 4), count }))
}
