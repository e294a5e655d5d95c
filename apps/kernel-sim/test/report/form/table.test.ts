import { describe, expect, it } from 'vitest'
import { numeric, table, tableInParts, text } from '../../../src/report/form/table.js'

describe('a table', () => {
  it('loses the ends of its widest cells where it is too wide', () => {
    const lines = table([text('name'), numeric('n')], [['x'.repeat(200), '7']]).split('\n')
    expect(lines.every((line) => line.length <= 100)).toBe(true)
    expect(lines[2]).toMatch(/^ {2}x+… {2}7$/)
  })

  it('is broken into parts where nothing may be lost, each with the columns that lead', () => {
    const wide = ['a', 'b', 'c'].map((letter) => letter.repeat(40))
    const columns = [text('case'), ...wide.map((_, at) => text(`column ${at}`)), numeric('last')]
    const parts = tableInParts(columns, [['1', ...wide, '9']], 1).split('\n\n')
    expect(parts).toHaveLength(2)
    for (const line of parts.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(parts[0]).toMatch(/case {2}column 0 +column 1\n/)
    expect(parts[1]).toMatch(/case {2}column 2 +last\n/)
    for (const cell of wide) expect(parts.join('')).toContain(cell)
    expect(parts.every((part) => / {2}1 {5}[abc]{40}/.test(part))).toBe(true)
  })

  it('stays whole where it fits', () => {
    const columns = [text('case'), text('x'), text('y')]
    expect(tableInParts(columns, [['1', '2', '3']], 1)).toBe(table(columns, [['1', '2', '3']]))
  })
})
