/** Table: rows and columns as text that fits a terminal. */

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
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)))
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

/** Breaks a sentence into lines that fit. */
export function wrap(sentence: string, indent = INDENT, first = indent): string {
  const lines: string[] = []
  let line = first
  let empty = true
  for (const word of sentence.split(' ')) {
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
  const cut = content.length > width ? `${content.slice(0, Math.max(0, width - 1))}…` : content
  return align === 'left' ? cut.padEnd(width) : cut.padStart(width)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
