/**
 * Markdown: a page for a pull request or the summary of a job on a code host. Names come from recordings, which anybody can
 * have written: whatever could be markup or HTML is escaped.
 */
import { number } from './numbers.js'
import type { Mark, Page, Part, Section } from './page.js'
import { printable } from './printable.js'
import { shareText, type Table, type Value } from './table.js'

/** A page. */
export function pageMarkdown({ title, lead, marks, sections }: Page): string {
  const parts = [
    `# ${escaped(title)}`,
    lead.map((line) => `- ${escaped(line)}`).join('\n'),
    marks.map(markMarkdown).join(' · '),
    ...sections.map(sectionMarkdown),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function markMarkdown({ good, text }: Mark): string {
  return `${good === undefined ? '?' : good ? '✓' : '✗'} ${escaped(text)}`
}

function sectionMarkdown({ title, parts }: Section): string {
  const written = parts.map(partMarkdown).filter((part) => part !== '')
  return [`## ${escaped(title)}`, ...written].join('\n\n')
}

/** A part of a section. */
export function partMarkdown(part: Part): string {
  if (typeof part === 'string') return escaped(part)
  if ('columns' in part) return tableMarkdown(part)
  if ('drawing' in part) return ['~~~text', ...part.drawing.map(printable), '~~~'].join('\n')
  if ('heading' in part) return `### ${escaped(part.heading)}`
  // A table beside them says the same.
  if ('pictures' in part) return ''
  return part.items.map((item) => `- ${escaped(item)}`).join('\n')
}

/** All rows of a table, without the stacks behind them. */
export function tableMarkdown({ columns, rows }: Table): string {
  return [
    line(columns.map(({ heading }) => escaped(heading))),
    `|${columns.map(({ align }) => (align === 'right' ? '--:' : '---')).join('|')}|`,
    ...rows.map(({ values }) => line(values.map(valueMarkdown))),
  ].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function valueMarkdown(value: Value): string {
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return escaped(value)
  if ('part' in value) return shareText(value)
  if ('lines' in value) return value.lines.map(escaped).join('<br>')
  if ('name' in value) return escaped(value.name)
  return value.tone === 'bad' ? `**${escaped(value.text)}**` : escaped(value.text)
}

/** Text that Markdown shows as it is. An underscore inside of a word is no markup, and names are full of them. */
function escaped(text: string): string {
  return printable(text)
    .replace(/[\\`*[\]<>&|#~]/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
}
