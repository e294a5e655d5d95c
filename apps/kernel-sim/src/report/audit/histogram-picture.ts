/** Histogram picture: how long things took, a bar for each class of twice the length. A class without any has no bar. */
import type { Histogram } from '../../audit/histogram.js'
import { type Html, html } from '../form/html.js'
import { number, plural } from '../form/numbers.js'
import { LETTER, n, type Picture, svg } from '../form/picture.js'
import { durationText } from './duration.js'

const BAR = 26
const LEFT = 46
const TOP = 20
const HIGH = 74

/** What was timed. */
export interface Timed {
  readonly name: string
  /** What one of them is: `entry`. */
  readonly what: string
  readonly histogram: Histogram
  /** How many there are whose end was not seen: of these nobody knows. */
  readonly unknown: number
}

/** The classes that any of several histograms has, so that pictures side by side have the same axis. */
export function classesOf(all: readonly Timed[]): { readonly from: number; readonly to: number } {
  const used = all.flatMap(({ histogram }) =>
    histogram.flatMap((count, at) => (count > 0 ? [at] : [])),
  )
  return { from: Math.min(...used), to: Math.max(...used) + 1 }
}

/**
 * @param id of the picture, one of a kind on the page.
 * @param clock of the recording.
 */
export function histogramPicture(
  id: string,
  { name, what, histogram, unknown }: Timed,
  { from, to }: { readonly from: number; readonly to: number },
  clock: 'seconds' | 'ticks' | 'several',
): Picture {
  const most = Math.max(1, ...histogram)
  const count = histogram.reduce((sum, each) => sum + each, 0)
  const width = LEFT + (to - from) * BAR + 34
  const height = TOP + HIGH + 34
  const lost = unknown === 0 ? '' : `, of ${number(unknown)} more the end is not known`
  return {
    caption: `${name}: ${plural(count, what, what === 'entry' ? 'entries' : undefined)}${lost}`,
    svg: svg(
      id,
      { width: Math.max(width, 220), height },
      {
        title: `How long: ${name}`,
        description: histogram
          .flatMap((each, at) => (each === 0 ? [] : [`${classText(at, clock)}: ${number(each)}`]))
          .join(', '),
      },
      [
        html`<path class="thread" d="M${LEFT} ${TOP}V${TOP + HIGH}H${LEFT + (to - from) * BAR}"/>
<text x="${LEFT - 4}" y="${TOP + 8}" text-anchor="end">${number(most)}</text><text x="${LEFT - 4}" y="${TOP + HIGH}" text-anchor="end">0</text>
`,
        Array.from({ length: to - from }, (_, i) => {
          const each = histogram[from + i] ?? 0
          const x = LEFT + i * BAR
          const high = (each / most) * HIGH
          const y = TOP + HIGH - Math.max(1, high)
          const axis = i % APART === 0 && to - from - i >= APART ? mark(x, from + i, clock) : ''
          if (each === 0) return axis
          const count = number(each)
          const said =
            count.length * LETTER > BAR + 4
              ? ''
              : html`<text x="${x + BAR / 2}" y="${n(y - 3)}" text-anchor="middle">${count}</text>`
          return html`<g class="k0"><title>${classText(from + i, clock)}: ${count}</title><rect class="bar-box" x="${x + 1}" y="${n(y)}" width="${BAR - 2}" height="${n(Math.max(1, high))}"/>${said}</g>${axis}`
        }),
        mark(LEFT + (to - from) * BAR, to, clock),
      ],
    ),
  }
}

/** Between two marks of the axis, in classes. */
const APART = 3

/** A mark of the axis, where a class begins. */
function mark(x: number, at: number, clock: 'seconds' | 'ticks' | 'several'): Html {
  return html`<text x="${x}" y="${TOP + HIGH + 14}" text-anchor="middle">${durationText(lower(at), clock)}</text><path class="thread" d="M${x} ${TOP + HIGH}v4"/>`
}

/** The first class begins at nothing. */
function lower(at: number): number {
  return at === 0 ? 0 : 2 ** at
}

function classText(at: number, clock: 'seconds' | 'ticks' | 'several'): string {
  return `${durationText(lower(at), clock)} to ${durationText(2 ** (at + 1), clock)}`
}
