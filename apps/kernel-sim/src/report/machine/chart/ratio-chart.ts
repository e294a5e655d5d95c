/**
 * Ratio chart: figures of policies beside those of the first, as how many times as much. A difference that is real is a full mark, one
 * that seeds explain a hollow one; the line through it is the confidence interval.
 */
import { scaleLog } from 'd3-scale'
import type { ComparedFigure } from '../../../simulate/compare.js'
import { html } from '../../form/html.js'
import { LETTER, n, type Picture, svg } from '../../form/picture.js'
import { bottomAxis } from './plot.js'

const ROW = 16
const WIDTH = 760
/** Further away than that is the edge: the table has the number. */
const FURTHEST = 100

/** Marks of policies, by their place. */
const SHAPES = [
  (x: number, y: number) => `M${n(x - 4)} ${n(y)}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z`,
  (x: number, y: number) => `M${n(x - 4)} ${n(y - 4)}h8v8h-8z`,
  (x: number, y: number) => `M${n(x)} ${n(y - 5)}l5 9h-10z`,
  (x: number, y: number) => `M${n(x)} ${n(y - 5)}l5 5l-5 5l-5 -5z`,
] as const

/** @param id of the picture @param policies their names, the one that all are compared with first */
export function ratioChart(
  id: string,
  policies: readonly string[],
  figures: readonly ComparedFigure[],
): Picture {
  const [first = '', ...others] = policies
  const rows = figures.flatMap((figure) =>
    others.map((policy, index) => ({ figure, policy, index })),
  )
  const names = Math.max(...figures.map(({ figure }) => figure.length)) * LETTER
  const frame = { left: names + 12, right: WIDTH - 14, top: 30, bottom: 34 + rows.length * ROW }
  const x = scaleLog([1 / FURTHEST, FURTHEST], [frame.left, frame.right]).clamp(true)
  const title = `What ${others.join(' and ')} ${others.length > 1 ? 'do' : 'does'} beside ${first}`
  const ticks = [0.01, 0.1, 1, 10, 100]
  const picture = svg(
    id,
    { width: WIDTH, height: frame.bottom + 36 },
    {
      title,
      description:
        'For each figure and policy: how many times as much it is as under the first policy, with its confidence interval. Full marks are real differences. The table below says the same.',
    },
    html`${others.map((policy, index) => {
      const at = frame.left + index * 150
      return html`<g class="k${index}"><path class="mark real" d="${(SHAPES[index % 4] ?? SHAPES[0])(at + 6, 12)}"/><text class="series-name" x="${n(at + 16)}" y="16">${policy}</text></g>`
    })}${bottomAxis(
      frame,
      ticks.map((tick) => ({ at: x(tick), text: tick === 1 ? 'the same' : `${tick}x` })),
      `as much as under ${first}`,
    )}<path class="rule" d="M${n(x(1))} ${n(frame.top - 4)}V${n(frame.bottom)}"/>
${rows.map(({ figure, policy, index }, at) => {
  const y = frame.top + (at + 0.5) * ROW
  const base = figure.intervals[0]?.mean ?? 0
  const { mean = 0, half = 0 } = figure.intervals[index + 1] ?? {}
  const real = figure.differs[index] === true
  const place = x(ratio(mean, base))
  const from = x(ratio(Math.max(0, mean - half), base))
  const to = x(ratio(mean + half, base))
  return html`<g class="k${index}"><title>${figure.figure}: ${ratioText(mean, base)} under ${policy}${real ? '' : ', which seeds explain'}</title>${index === 0 ? html`<text x="${n(frame.left - 8)}" y="${n(y + 4)}" text-anchor="end">${figure.figure}</text><path class="grid" d="M${n(frame.left)} ${n(y - ROW / 2)}H${n(frame.right)}"/>` : ''}<path class="whisker" d="M${n(from)} ${n(y)}H${n(to)}"/><path class="mark ${real ? 'real' : 'unreal'}" d="${(SHAPES[index % 4] ?? SHAPES[0])(place, y)}"/></g>
`
})}`,
  )
  return { caption: title, svg: picture }
}

function ratio(value: number, base: number): number {
  if (base === 0) return value === 0 ? 1 : FURTHEST
  return value === 0 ? 1 / FURTHEST : value / base
}

function ratioText(value: number, base: number): string {
  if (base === 0) return value === 0 ? 'nothing, as before' : 'something instead of nothing'
  return `${Number((value / base).toPrecision(3))} times as much`
}
