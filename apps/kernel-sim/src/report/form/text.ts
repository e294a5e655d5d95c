/** Text: a page for a terminal, in lines of 100 columns. */
import { number, plural } from './numbers.js'
import type { Page, Part, Section } from './page.js'
import { printable } from './printable.js'
import { type Row, type Stack, shareText, type Table, type Value } from './table.js'

/** The widest line of a report. */
const WIDTH = 100
const INDENT = '  '
const GAP = '  '

/** How much of long tables is shown. */
export interface Extent {
  /** So many rows of each table; 0 stands for all. */
  readonly rows: number
  /** What the reader can do to see the others. */
  readonly hint: string
}

const ALL: Extent = { rows: 0, hint: '' }

/** A page. Its gravest sections come last, where a terminal stands still. */
export function pageText({ title, lead, sections }: Page, extent: Extent = ALL): string {
  const head = [`${printable(title)}\n`, ...lead.map((line) => wrap(line))].join('')
  return [head, ...[...sections].reverse().map((section) => sectionText(section, extent))].join(
    '\n',
  )
}

/** A section under its title. */
export function sectionText({ title, parts }: Section, extent: Extent = ALL): string {
  return `${title}\n${'='.repeat(title.length)}\n${parts
    .map((part, at) => (needsRoom(part, parts[at - 1]) ? '\n' : '') + partText(part, extent))
    .join('')}`
}

/** Returns true if an empty line has to stand between two parts: tables and drawings have one above them. */
function needsRoom(part: Part, before: Part | undefined): boolean {
  if (typeof part === 'string' || before === undefined) return false
  return 'columns' in part || 'drawing' in part
}

/** A part of a section. */
export function partText(part: Part, extent: Extent = ALL): string {
  if (typeof part === 'string') return wrap(part)
  if ('drawing' in part) return `${part.drawing.map(printable).join('\n')}\n`
  if ('items' in part) return part.items.map((item) => wrap(item, '    ', '  - ')).join('')
  if ('heading' in part) return `\n${part.heading}\n${'-'.repeat(part.heading.length)}\n`
  // A table beside them says the same.
  if ('pictures' in part) return ''
  return tableText(part, extent)
}

/**
 * The rows below their headings, as wide as a terminal at most: where they are wider, the widest columns of text lose the
 * ends of their cells, or the table is broken into parts, or its rows are said in sentences.
 */
export function tableText(table: Table, extent: Extent = ALL): string {
  const rows = extent.rows === 0 ? table.rows : table.rows.slice(0, extent.rows)
  const hidden = table.rows.length - rows.length
  const rest = hidden > 0 ? wrap(`... and ${number(hidden)} more: ${extent.hint}.`) : ''
  const said = rows.filter(({ said }) => said.length > 0).map(rowInSentences)
  if (table.sentencesOnly) return said.join('') + rest
  const columns = table.columns
    .map(({ heading, align, wide }, at) => ({ heading, align, wide, at }))
    .filter(({ wide }) => wide !== true)
  const cells = rows.map(({ values }) => columns.map(({ at }) => valueText(values[at] ?? '')))
  const lead = table.lead ?? (numbersFit(columns, cells) ? undefined : 1)
  const grid = lead === undefined ? gridText(columns, cells) : inParts(columns, cells, lead)
  return grid + rest + said.map((row) => `\n${row}`).join('')
}

function rowInSentences({ said: [first = '', ...more], stacks }: Row): string {
  return [
    wrap(first),
    ...more.map((sentence) => wrap(sentence, '      ', '    ')),
    ...stacks
      // The most frequent one of each kind.
      .filter(({ what }, at) => stacks.findIndex((other) => other.what === what) === at)
      .map(stackText),
  ].join('')
}

function stackText({ what, count, functions, first }: Stack): string {
  return wrap(
    `${what} (${plural(count, 'time')}, first at ${first}): ${functions.join(' < ')}`,
    '      ',
    '    ',
  )
}

function valueText(value: Value): string {
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return printable(value)
  if ('part' in value) return shareText(value)
  if ('lines' in value) return printable(value.lines.join('; '))
  return printable('name' in value ? value.name : value.text)
}

/** What the layout needs of a column. */
interface Layout {
  readonly heading: string
  readonly align: 'left' | 'right'
}

type Cells = readonly string[]

/** Of columns of text at least so much has to be left. */
const LEAST_TEXT = 8

/** Returns true if a line has room for all columns of numbers, which lose nothing, and for some of each column of text. */
function numbersFit(columns: readonly Layout[], rows: readonly Cells[]): boolean {
  const widths = widthsOf(columns, rows)
  const least = columns.map(({ align }, i) => {
    const width = widths[i] ?? 0
    return align === 'left' ? Math.min(width, LEAST_TEXT) : width
  })
  return INDENT.length + GAP.length * (columns.length - 1) + sum(least) <= WIDTH
}

function gridText(columns: readonly Layout[], rows: readonly Cells[]): string {
  const widths = widthsOf(columns, rows)
  const fixed = INDENT.length + GAP.length * (columns.length - 1)
  while (fixed + sum(widths) > WIDTH) {
    const widest = columns.reduce((best, { align }, i) => {
      const width = align === 'left' ? (widths[i] ?? 0) : 0
      return width > (widths[best] ?? 0) || columns[best]?.align === 'right' ? i : best
    }, 0)
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  const render = (cells: Cells): string =>
    `${INDENT}${columns
      .map(({ align }, i) => cell(cells[i] ?? '', widths[i] ?? 0, align))
      .join(GAP)}`.trimEnd()
  return [
    render(columns.map(({ heading }) => heading)),
    render(widths.map((width) => '-'.repeat(width))),
    ...rows.map(render),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

/** A table whose cells stay whole: parts that fit, one below the other, each of which begins with the first columns. */
function inParts(columns: readonly Layout[], rows: readonly Cells[], lead: number): string {
  const leading = columns.slice(0, lead).map((_, i) => i)
  const needs = widthsOf(columns, rows).map((width) => GAP.length + width)
  const room = WIDTH - INDENT.length + GAP.length - sum(needs.slice(0, lead))
  const parts: number[][] = []
  let left = 0
  for (let i = lead; i < columns.length; i++) {
    const need = needs[i] ?? 0
    if (parts.length === 0 || need > left) {
      parts.push([...leading])
      left = room
    }
    parts.at(-1)?.push(i)
    left -= need
  }
  return parts
    .map((part) =>
      gridText(
        columns.filter((_, i) => part.includes(i)),
        rows.map((cells) => part.map((i) => cells[i] ?? '')),
      ),
    )
    .join('\n')
}

/** Breaks a sentence into lines that fit. */
export function wrap(sentence: string, indent = INDENT, first = indent): string {
  const lines: string[] = []
  let line = first
  let empty = true
  for (const word of printable(sentence).split(' ')) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = indent
      empty = true
    }
    line += empty ? word : ` ${word}`
    empty = false
  }
  return [...lines, line].map((each) => `${each}\n`).join('')
}

function cell(shown: string, width: number, align: Layout['align']): string {
  const cut = shown.length > width ? `${shown.slice(0, Math.max(0, width - 1))}…` : shown
  return align === 'left' ? cut.padEnd(width) : cut.padStart(width)
}

function widthsOf(columns: readonly Layout[], rows: readonly Cells[]): number[] {
  return columns.map(({ heading }, i) =>
    Math.max(heading.length, ...rows.map((cells) => cells[i]?.length ?? 0)),
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
