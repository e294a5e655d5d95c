/**
 * HTML table: rows and columns for a page. It is complete without scripts; html-script.ts makes it sortable and adds a
 * filter. Cells with numbers carry them as `data-value`.
 */
import { type Html, type HtmlValue, html } from './html.js'
import { number } from './numbers.js'

/** A column, and what its cell shows of a row: a number, the name of something in the kernel, or anything else. */
export type HtmlColumn<R> = {
  readonly heading: string
} & (
  | { readonly count: (row: R) => number }
  | { readonly name: (row: R) => string }
  | { readonly show: (row: R) => HtmlValue }
)

/** The first column names the row. */
export function htmlTable<R>(
  id: string,
  caption: string,
  columns: readonly HtmlColumn<R>[],
  rows: readonly R[],
): Html {
  const headings = columns.map((column) =>
    'count' in column
      ? html`<th scope="col" class="number">${column.heading}</th>`
      : html`<th scope="col">${column.heading}</th>`,
  )
  const body = rows.map(
    (row) => html`<tr>${columns.map((column, i) => cell(column, row, i === 0))}</tr>\n`,
  )
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
<table>
<caption id="${id}">${caption}</caption>
<thead><tr>${headings}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
`
}

function cell<R>(column: HtmlColumn<R>, row: R, first: boolean): Html {
  if ('count' in column) {
    const count = column.count(row)
    return html`<td class="number" data-value="${count}">${number(count)}</td>`
  }
  const content = 'name' in column ? html`<code>${column.name(row)}</code>` : column.show(row)
  return first ? html`<th scope="row">${content}</th>` : html`<td>${content}</td>`
}
