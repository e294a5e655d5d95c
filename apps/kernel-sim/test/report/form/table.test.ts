/** One description of a table, and what its three forms make of it. */
import { describe, expect, it } from 'vitest'
import { pageHtml } from '../../../src/report/form/html-page.js'
import { pageMarkdown, tableMarkdown } from '../../../src/report/form/markdown.js'
import type { Page } from '../../../src/report/form/page.js'
import { names, numbers, type Table, table, text } from '../../../src/report/form/table.js'
import { pageText, tableText } from '../../../src/report/form/text.js'

/** Rows of strings below such headings. */
function plain(headings: readonly string[], rows: readonly string[][], lead?: number): Table {
  return table(rows, {
    caption: 'plain',
    columns: headings.map((heading, at) => text(heading, (row: string[]) => row[at] ?? '')),
    ...(lead === undefined ? {} : { lead }),
  })
}

describe('a table as text', () => {
  it('loses the ends of its widest cells where it is too wide', () => {
    const rows = [{ name: 'x'.repeat(200), n: 7 }]
    const lines = tableText(
      table(rows, {
        caption: '',
        columns: [names('name', ({ name }) => name), numbers('n', ({ n }) => n)],
      }),
    ).split('\n')
    expect(lines.every((line) => line.length <= 100)).toBe(true)
    expect(lines[2]).toMatch(/^ {2}x+… {2}7$/)
  })

  it('is broken into parts where its numbers alone are too wide', () => {
    const wide = ['1', '2', '3'].map((digit) => digit.repeat(40))
    const lines = tableText(
      table([{ name: 'a name', wide }], {
        caption: '',
        columns: [
          names('name', ({ name }) => name),
          ...[0, 1, 2].map((at) =>
            numbers(`n${at}`, (row: { wide: string[] }) => row.wide[at] ?? ''),
          ),
        ],
      }),
    ).split('\n')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
    for (const number of wide) expect(lines.join('\n')).toContain(number)
  })

  it('is broken into parts where nothing may be lost, each with the columns that lead', () => {
    const wide = ['a', 'b', 'c'].map((letter) => letter.repeat(40))
    const headings = ['case', ...wide.map((_, at) => `column ${at}`), 'last']
    const parts = tableText(plain(headings, [['1', ...wide, '9']], 1)).split('\n\n')
    expect(parts).toHaveLength(2)
    for (const line of parts.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(parts[0]).toMatch(/case {2}column 0 +column 1\n/)
    expect(parts[1]).toMatch(/case {2}column 2 +last\n/)
    for (const cell of wide) expect(parts.join('')).toContain(cell)
    expect(parts.every((part) => / {2}1 {5}[abc]{40}/.test(part))).toBe(true)
  })

  it('stays whole where it fits', () => {
    const rows = [['1', '2', '3']]
    expect(tableText(plain(['case', 'x', 'y'], rows, 1))).toBe(
      tableText(plain(['case', 'x', 'y'], rows)),
    )
  })

  it('says how many rows it does not show, and how to see them', () => {
    const shown = tableText(plain(['n'], [['1'], ['2'], ['3']]), { rows: 2, hint: 'ask for all' })
    expect(shown).not.toContain('3')
    expect(shown).toContain('... and 1 more: ask for all.')
  })

  it('leaves out columns that are too wide for it, and says rows in sentences beside or instead', () => {
    const rows = [{ name: 'f', part: 1 }]
    const columns = [
      names('function', ({ name }: (typeof rows)[number]) => name),
      {
        ...numbers('share', ({ part }: (typeof rows)[number]) => ({ part, whole: 3 })),
        wide: true,
      },
    ]
    const stack = { what: 'seen', count: 2, first: 'line 7', functions: ['g', 'h'] }
    const of = (only: boolean): Table =>
      table(rows, {
        caption: '',
        columns,
        stacks: { heading: 'stacks', of: () => [stack, { ...stack, count: 1 }] },
        sentences: { only, of: ({ name }) => [`${name} said`] },
      })
    const said = '  f said\n    seen (2 times, first at line 7): g < h\n'
    expect(tableText(of(true))).toBe(said)
    expect(tableText(of(false))).toBe(`  function\n  --------\n  f\n\n${said}`)
  })
})

describe('a page', () => {
  const page: Page = {
    title: 'a report of <b>x</b>',
    lead: ['found *nothing*'],
    marks: [{ good: false, text: 'something is wrong' }],
    sections: [
      {
        id: 'first',
        title: 'Gravest',
        parts: [
          'A paragraph.',
          { items: ['an item'] },
          table([{ name: '__fs|_io', count: 1234, part: 1, whole: 3 }], {
            caption: 'The table',
            columns: [
              names('name', ({ name }) => name),
              numbers('count', ({ count }) => count),
              numbers('share', ({ part, whole }) => ({ part, whole })),
              text('verdict', () => ({ text: 'never', tone: 'bad' })),
              text('where', () => ({ lines: ['line 1: <x>', 'line 2: y'] })),
            ],
          }),
        ],
      },
      { id: 'second', title: 'Last', parts: ['The end.'] },
    ],
  }

  it('has the same headings, numbers and paragraphs in every form', () => {
    for (const form of [pageText(page), pageHtml(page), pageMarkdown(page)]) {
      for (const said of ['Gravest', 'Last', 'A paragraph.', 'an item', 'The end.']) {
        expect(form).toContain(said)
      }
      for (const said of ['name', 'count', 'share', 'verdict', 'where', '1,234', '33.3 %', 'never'])
        expect(form).toContain(said)
    }
  })

  it('begins with the gravest section, and in a terminal ends with it', () => {
    const order = (form: string): boolean => form.indexOf('Gravest') < form.lastIndexOf('Last')
    expect(order(pageText(page))).toBe(false)
    expect(order(pageHtml(page))).toBe(true)
    expect(order(pageMarkdown(page))).toBe(true)
  })

  it('lets no name be markup', () => {
    expect(pageHtml(page)).toContain('line 1: &lt;x&gt;')
    const markdown = pageMarkdown(page)
    expect(markdown).toContain('# a report of \\<b\\>x\\</b\\>')
    expect(markdown).toContain('- found \\*nothing\\*')
    expect(markdown).toContain('| \\_\\_fs\\|_io |'.replace('|_io', '|\\_io'))
    expect(markdown).toContain('line 1: \\<x\\><br>line 2: y')
    expect(markdown).toContain('**never**')
  })

  it('aligns numbers in Markdown', () => {
    const counts = table([7], {
      caption: '',
      columns: [numbers('n', (n) => n), text('t', () => '')],
    })
    expect(tableMarkdown(counts)).toBe('| n | t |\n|--:|---|\n| 7 |  |')
  })
})
