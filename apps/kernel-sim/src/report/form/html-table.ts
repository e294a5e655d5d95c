/**
 * HTML table: a table for a page in a browser. It is complete without scripts; html-script.ts makes it sortable and adds a
 * filter. Cells with numbers carry them as `data-value`.
 */
import { type Html, html } from './html.js'
import { number, plural } from './numbers.js'
import { type Share, type Stack, shareText, type Table, type Value } from './table.js'

/**
 * The whole table. The first column names the row; the stacks behind a row are in a row of their own below it, as wide as the table.
 * @param id of its caption, one of a kind on the page.
 */
export function htmlTable(id: string, { caption, columns, rows, stacks }: Table): Html {
  const headings = columns.map(({ heading, align }) =>
    align === 'right'
      ? html`<th scope="col" class="number">${heading}</th>`
      : html`<th scope="col">${heading}</th>`,
  )
  const body = rows.map(({ values, stacks: behind, step }) => {
    const cells = values.map((value, at) => cell(value, columns[at]?.align === 'right', at === 0))
    const below =
      stacks === undefined || behind.length === 0
        ? ''
        : html`<tr class="stacks"><td colspan="${columns.length}"><span class="soft">${stacks}:</span> ${behind.map(stackHtml)}</td></tr>\n`
    return step === undefined
      ? html`<tr>${cells}</tr>\n${below}`
      : html`<tr data-step="${step}">${cells}</tr>\n${below}`
  })
  return html`<div class="scroll" role="group" aria-labelledby="${id}" tabindex="0">
<table>
<caption id="${id}">${caption}</caption>
<thead><tr>${headings}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
`
}

function cell(value: Value, right: boolean, first: boolean): Html {
  const content = valueHtml(value)
  if (first && !right) return html`<th scope="row">${content}</th>`
  if (!right) return html`<td>${content}</td>`
  const size = sizeOf(value)
  return size === undefined
    ? html`<td class="number">${content}</td>`
    : html`<td class="number" data-value="${size}">${content}</td>`
}

/** What a cell is sorted by, if that is a number. */
function sizeOf(value: Value): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'object' && 'part' in value ? value.part / value.whole : undefined
}

function valueHtml(value: Value): Html {
  if (typeof value === 'number') return html`${number(value)}`
  if (typeof value === 'string') return html`${value}`
  if ('name' in value) return html`<code>${value.name}</code>`
  if ('lines' in value) return html`${value.lines.map((line) => html`<code>${line}</code><br>`)}`
  if ('part' in value) return shareHtml(value)
  return value.to === undefined
    ? html`<span class="${value.tone}">${value.text}</span>`
    : html`<a class="${value.tone}" href="#${value.to}">${value.text}</a>`
}

/** A bar whose filled part is the share, and whose hatched part nobody knows of. The numbers stand beside it. */
function shareHtml(share: Share): Html {
  const { part, whole, unknown = 0 } = share
  const width = (of: number) => (whole === 0 ? 0 : (80 * of) / whole)
  const hatched = Array.from(
    { length: Math.floor(width(unknown) / 4) },
    (_, at) => `M${(width(part) + 4 * at).toFixed(1)} 10l4-10`,
  ).join('')
  return html`<span class="share"><svg width="80" height="10" aria-hidden="true"><rect width="${width(whole - unknown).toFixed(1)}" height="10" fill="currentColor" opacity="0.2"/><rect width="${width(part).toFixed(1)}" height="10" fill="currentColor"/>${hatched === '' ? '' : html`<path d="${hatched}" stroke="currentColor" opacity="0.5"/>`}</svg> ${shareText(share)}</span>`
}

function stackHtml({ what, count, functions, first }: Stack): Html {
  return html`<details><summary>${what}: ${plural(count, 'time')}</summary>
<p class="soft">First at ${first}; innermost function first.</p>
<ol>${functions.map((name) => html`<li><code>${name}</code></li>`)}</ol></details>
`
}
