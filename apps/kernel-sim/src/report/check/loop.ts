/** Loop: a livelock as the loop that it is. The steps that lead to it come first; those that are repeated for ever run in a track that ends where it begins. */
import type { Exhibit } from '../../matrix/exhibit.js'
import { html } from '../form/html.js'
import { LETTER, label, link, n, type Picture, patterns, svg } from '../form/picture.js'
import { said } from './rails.js'

const ROW = 22
const LEFT = 44
const RADIUS = 16

/** @param id of the picture. Null where nothing is repeated. */
export function loopPicture(id: string, { story, address }: Exhibit): Picture | null {
  const { loop, steps } = story
  if (loop === null) return null
  const texts = steps.map((_, at) => said(story, at + 1))
  const widest = Math.max(...texts.map((text) => text.length)) * LETTER
  const right = LEFT + widest + 50
  const y = (step: number): number => 14 + (step - 1) * ROW + (step >= loop ? 24 : 0)
  const [top, bottom] = [y(loop) + 8, y(steps.length) + 8]
  const height = bottom + 40
  const track = `M${n(LEFT)} ${n(top)}V${n(bottom)}a${RADIUS} ${RADIUS} 0 0 0 ${RADIUS} ${RADIUS}H${n(right - RADIUS)}a${RADIUS} ${RADIUS} 0 0 0 ${RADIUS} ${-RADIUS}V${n(top)}a${RADIUS} ${RADIUS} 0 0 0 ${-RADIUS} ${-RADIUS}H${n(LEFT + RADIUS)}a${RADIUS} ${RADIUS} 0 0 0 ${-RADIUS} ${RADIUS}`
  const rows = steps.map(({ operation }, at) => {
    const step = at + 1
    return html`<g class="rail-row" data-step="${step}"><title>step ${step}: ${texts[at] ?? operation}</title><rect class="cursor" x="2" y="${n(y(step) - 4)}" width="${n(right)}" height="${ROW}"/><circle class="dot" cx="${LEFT}" cy="${n(y(step) + 8)}" r="3.5"/>${link(
      `${address}/step-${step}`,
      `step ${step}`,
      html`<text class="step-number" x="30" y="${n(y(step) + 12)}" text-anchor="end">${step}</text>`,
    )}${label(texts[at] ?? '', { x: LEFT + 12, y: y(step) + 12, room: widest + LETTER, kind: 'step' })}</g>
`
  })
  return {
    caption: 'The loop: these steps are repeated for ever',
    svg: svg(
      id,
      { width: right + 14, height },
      {
        title: 'The steps that are repeated for ever',
        description: `After ${loop - 1} steps, steps ${loop} to ${steps.length} lead back to the same state: ${texts.slice(loop - 1).join('; ')}.`,
      },
      [
        patterns(id, []),
        loop > 1
          ? html`<path class="thread" d="M${LEFT} ${n(y(1) + 8)}V${n(top - RADIUS)}"><title>These steps lead to the loop</title></path>
`
          : '',
        html`<g class="arc"><title>From step ${steps.length} it goes back to before step ${loop}, and so on for ever</title><path d="${track}" marker-end="url(#${id}-strong)"/></g>
`,
        rows,
        html`<text class="end-text" x="${n(LEFT + RADIUS + 6)}" y="${n(bottom + 32)}"><title>the loop has no end</title>and again from step ${loop}, for ever</text>
`,
      ],
    ),
  }
}
