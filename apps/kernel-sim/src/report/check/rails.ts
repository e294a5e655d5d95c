/**
 * Rails: one schedule under two policies, side by side. Two rails run beside each other as long as the tasks do the same, and part
 * where they do not; one ends in red, the other comes to its end.
 */
import type { Exhibit } from '../../matrix/exhibit.js'
import type { Story } from '../../matrix/story.js'
import { type Html, html } from '../form/html.js'
import { LETTER, label, link, n, type Picture, svg } from '../form/picture.js'

const ROW = 20
const HEAD = 54
const GAP = 34
const MOST = 470

/** @param id of the picture. */
export function railsPicture(id: string, exhibit: Exhibit): Picture | null {
  const { parting, story, policy, address } = exhibit
  if (parting === null) return null
  const { rows, parts, story: holds } = parting
  const leftText = (at: number): string => said(story, rows[at]?.left ?? null)
  const rightText = (at: number): string => said(holds, rows[at]?.right ?? null)
  const widest = (text: (at: number) => string): number =>
    Math.min(MOST, Math.max(22, ...rows.map((_, at) => text(at).length)) * LETTER + 12)
  const ends = endingOf(exhibit)
  const left = 34 + Math.max(widest(leftText), ends.length * LETTER)
  const right = left + GAP
  const width = right + widest(rightText) + 20
  const height = HEAD + (rows.length + 3) * ROW
  // The line at which they part has a row of its own.
  const y = (row: number): number => HEAD + (row < parts ? row : row + 1) * ROW
  const lastLeft = rows.reduce((last, row, at) => (row.left === null ? last : at), 0)
  const drawn = rows.map((row, at): Html => {
    const kind =
      at === parts
        ? 'parts'
        : row.left !== null && row.right !== null && at < parts
          ? 'same'
          : 'own'
    return html`<g class="rail-row ${kind}" data-step="${row.left ?? ''}"><title>${rowTitle(kind, leftText(at), rightText(at))}</title><rect class="cursor" x="2" y="${n(y(at))}" width="${n(width - 4)}" height="${ROW}"/>${
      kind === 'same' ? html`<path class="tie" d="M${n(left)} ${n(y(at) + 10)}H${n(right)}"/>` : ''
    }${
      row.left === null
        ? ''
        : html`${link(
            `${address}/step-${row.left}`,
            `step ${row.left}`,
            html`<text class="step-number" x="26" y="${n(y(at) + 14)}" text-anchor="end">${row.left}</text>`,
          )}${label(leftText(at), { x: 34, y: y(at) + 14, room: left - 44, kind: 'step' })}<circle class="dot" cx="${n(left)}" cy="${n(y(at) + 10)}" r="3.5"/>`
    }${
      row.right === null
        ? ''
        : html`<circle class="dot" cx="${n(right)}" cy="${n(y(at) + 10)}" r="3.5"/>${label(rightText(at), { x: right + 12, y: y(at) + 14, room: width - right - 18, kind: 'step' })}`
    }</g>
`
  })
  const at = Math.min(parts, rows.length)
  return {
    caption: `Where they part: the same schedule under ${policy} and under ${parting.policy}`,
    svg: svg(
      id,
      { width, height },
      {
        title: `One schedule under ${policy} and under ${parting.policy}`,
        description: `They do the same for ${parts} rows. Then ${policy}: ${leftText(parts) || ends}; ${parting.policy}: ${rightText(parts)}. Under ${parting.policy} all come to their end.`,
      },
      [
        html`<text class="lane-name" x="${n(left)}" y="24" text-anchor="end"><title>the left rail</title>${policy}: ${exhibit.verdict}</text><text class="lane-name" x="${n(right)}" y="24"><title>the right rail</title>${parting.policy}: safe</text>
<path class="rail bad-rail" d="M${n(left)} ${HEAD - 12}V${n(y(lastLeft + 1))}"><title>under ${policy}</title></path>
<path class="rail good-rail" d="M${n(right)} ${HEAD - 12}V${n(y(rows.length))}"><title>under ${parting.policy}</title></path>
`,
        at < rows.length
          ? html`<g class="lost"><title>From here on they do not do the same.</title><path d="M2 ${n(y(at) - 17)}H${n(width - 2)}"/><text x="4" y="${n(y(at) - 5)}">from here on they do not do the same</text></g>
`
          : '',
        drawn,
        html`<g class="end"><title>Under ${policy}: ${ends}</title><text class="end-text" x="${n(left)}" y="${n(y(lastLeft + 1) + 16)}" text-anchor="end">${ends}</text></g><g class="good-end"><title>Under ${parting.policy} all come to their end</title><text x="${n(right)}" y="${n(y(rows.length) + 16)}">all come to their end</text></g>
`,
      ],
    ),
  }
}

function rowTitle(kind: string, left: string, right: string): string {
  if (kind === 'same') return `both: ${left}`
  return [left === '' ? '' : `only left: ${left}`, right === '' ? '' : `only right: ${right}`]
    .filter((side) => side !== '')
    .join('; ')
}

function endingOf({ story }: Exhibit): string {
  const asleep = story.waiting.filter(({ blocked }) => blocked).map(({ task }) => story.tasks[task])
  return asleep.length === 0
    ? 'goes round for ever'
    : `${asleep.join(' and ')} sleep${asleep.length === 1 ? 's' : ''} for ever`
}

/** A step in words; empty for none. */
export function said({ steps, tasks }: Story, step: number | null): string {
  const found = step === null ? undefined : steps[step - 1]
  if (found === undefined) return ''
  const { task, operation, result } = found
  return `${tasks[task]}: ${operation}${result === '' ? '' : `: ${result}`}`
}
