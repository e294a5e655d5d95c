/** Table: rows and columns as text that fits a terminal. */
import { printable } from './printable.js'

/** The widest line of a report. */
const WIDTH = 100

/** A column: its heading, and which side its cells stand on. */
export interface Column {
  readonly heading: string
  readonly align: 'left' | 'right'
}

/** A column of text. */
export function text(heading: string): Column {
  return { heading, align: 'left' }
}

/** A column of numbers. */
export function numeric(heading: string): Column {
  return { heading, align: 'right' }
}

const INDENT = '  '
const GAP = '  '

/**
 * The rows below their headings, as wide as WIDTH at most: where they are wider, the widest columns of text lose
 * the ends of their cells.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ heading }) => heading), ...rows]
  const widths = widthsOf(columns, rows)
  const fixed = INDENT.length + GAP.length * (columns.length - 1)
  while (fixed + sum(widths) > WIDTH) {
    const widest = columns.reduce((best, { align }, i) => {
      const width = align === 'left' ? (widths[i] ?? 0) : 0
      return width > (widths[best] ?? 0) || columns[best]?.align === 'right' ? i : best
    }, 0)
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  const render = (cells: readonly string[]): string =>
    `${INDENT}${columns
      .map(({ align }, i) => cell(cells[i] ?? '', widths[i] ?? 0, align))
      .join(GAP)}`.trimEnd()
  const [headings = [], ...body] = lines
  return [render(headings), render(widths.map((width) => '-'.repeat(width))), ...body.map(render)]
    .map((line) => `${line}\n`)
    .join('')
}

/**
 * The same for a table whose cells must stay whole: it is broken into parts that fit, one below the other, and each part
 * begins with the first `lead` columns.
 */
export function tableInParts(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  lead: number,
): string {
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
      table(
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

function cell(content: string, width: number, align: Column['align']): string {
  const shown = printable(content)
  const cut = shown.length > width ? `${shown.slice(0, Math.max(0, width - 1))}…` : shown
  return align === 'left' ? cut.padEnd(width) : cut.padStart(width)
}

function widthsOf(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map(({ heading }, i) =>
    Math.max(heading.length, ...rows.map((cells) => cells[i]?.length ?? 0)),
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** A part of a text, under its title. */
export function section(title: string, body: string): string {
  return `${title}\n${'='.repeat(title.length)}\n${body}`
}
