/** Byte table: finds what a run of bytes stands for, wherever the run lies and however many there are. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteTable, fromText, viewOf } from '../../src/trace/read/byte-table.js'

describe('a byte table', () => {
  it('finds what each run stands for, at any place', () => {
    const table = new ByteTable(fromText((text) => ({ text })))
    const known = new Map<string, { text: string }>()
    const runs = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 }),
      fc
        .tuple(fc.constantFrom('x', 'y'), fc.integer({ min: 100, max: 700 }))
        .map(([c, n]) => c.repeat(n)),
    )
    fc.assert(
      fc.property(runs, fc.nat(7), (text, before) => {
        const bytes = Buffer.from(`${'#'.repeat(before)}${text}@@`)
        const found = table.get(viewOf(bytes), before, bytes.length - 2)
        expect(found.text).toBe(text)
        expect(known.get(text) ?? found).toBe(found)
        known.set(text, found)
      }),
      { numRuns: 3000 },
    )
  })

  it('starts over when it is full, and goes on finding', () => {
    let made = 0
    const table = new ByteTable(
      fromText((text) => {
        made++
        return text
      }),
    )
    const get = (text: string) => table.get(viewOf(Buffer.from(text)), 0, text.length)
    for (let i = 0; i < 100_000; i++) expect(get(`run ${i}`)).toBe(`run ${i}`)
    expect(made).toBe(100_000)
    expect(get('run 99999')).toBe('run 99999')
    expect(made).toBe(100_000)
    expect(get('run 0')).toBe('run 0')
    expect(made).toBe(100_001)
  })

  it('takes runs that are too long to be kept', () => {
    const table = new ByteTable(fromText((text) => text.length))
    const bytes = Buffer.alloc(20_000_000, 'x')
    expect(table.get(viewOf(bytes), 0, bytes.length)).toBe(20_000_000)
    expect(table.get(viewOf(bytes), 0, 10_000_001)).toBe(10_000_001)
    expect(table.get(viewOf(bytes), 0, 10_000_003)).toBe(10_000_003)
  })
})
