import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Misuse } from '../src/machine/errors.js'
import { Field, fitting, Layout, MAX_VALUE, Overflow } from '../src/machine/layout.js'
import { StateTable } from '../src/search/state-table.js'

describe('a layout', () => {
  it('holds every value of every field, however often it has to make room', () => {
    const writes = fc.array(fc.tuple(fc.nat(9), fc.nat(0x3fffffff)), { maxLength: 40 })
    fc.assert(
      fc.property(writes, (sequence) => {
        const layout = new Layout()
        const fields = Array.from({ length: 10 }, (_, at) =>
          layout.add(new Field(`f${at}`, at % 3, false)),
        )
        layout.arrange()
        let row = layout.initialRow()
        const model = fields.map(({ initial }) => initial)
        for (const [at, value] of sequence) {
          const field = fields[at] as Field
          try {
            field.set(row, value)
          } catch (thrown) {
            if (!(thrown instanceof Overflow)) throw thrown
            const { arrangement } = layout
            layout.widen(thrown)
            const wider = new Int32Array(layout.words)
            layout.since(arrangement)(row, 1, wider)
            row = wider
            field.set(row, value)
          }
          model[at] = value
          expect(fields.map((each) => each.get(row))).toEqual(model)
        }
      }),
    )
  })

  it('knows a row of any arrangement before, but not of one that there never was', () => {
    const layout = new Layout()
    const fields = [0, 1, 2].map((initial) => layout.add(new Field('f', initial, false)))
    layout.arrange()
    const first = layout.initialRow()
    for (const value of [3, 70, 70, 90_000]) {
      layout.widen(new Overflow(fields[0] as Field, value))
      layout.widen(new Overflow(fields[2] as Field, value))
      const row = new Int32Array(layout.words)
      layout.since(0)(first, 1, row)
      expect(fields.map((field) => field.get(row))).toEqual([0, 1, 2])
    }
    // Room that is there already is not made again.
    expect(layout.arrangement).toBe(5)
    expect(() => layout.since(9)).toThrow(RangeError)
  })

  it('gets as narrow as some rows allow, and wide again for those that hold more', () => {
    const values = fc.array(fc.array(fc.nat(300), { minLength: 3, maxLength: 3 }), {
      minLength: 1,
      maxLength: 20,
    })
    fc.assert(
      fc.property(values, fc.array(fc.nat(3000), { minLength: 3, maxLength: 3 }), (held, more) => {
        const layout = new Layout()
        const fields = [0, 1, 2].map((at) => layout.add(new Field(`f${at}`, 0, false)))
        layout.loosen(() => 4000)
        const pack = (each: readonly number[]): Int32Array => {
          const row = new Int32Array(layout.words)
          for (const [at, field] of fields.entries()) field.set(row, each[at] as number)
          return row
        }
        const rows = Int32Array.from(held.flatMap((each) => [...pack(each)]))
        const other = pack(more)
        layout.tighten(rows, held.length)
        for (const [at, { limit }] of fields.entries()) {
          const largest = Math.max(...held.map((each) => each[at] as number))
          expect(limit).toBeGreaterThanOrEqual(largest)
          expect(limit).toBeLessThan(2 * largest + 1)
        }
        const out = new Int32Array(held.length * layout.words)
        layout.since(0)(rows, held.length, out)
        for (const [at, each] of held.entries()) {
          const row = out.subarray(at * layout.words, (at + 1) * layout.words)
          expect(fields.map((field) => field.get(row))).toEqual(each)
        }
        const row = fitting(
          () => {
            const wider = new Int32Array(layout.words)
            layout.since(0)(other, 1, wider)
            return wider
          },
          (overflow) => layout.widen(overflow),
        )
        expect(fields.map((field) => field.get(row))).toEqual(more)
      }),
    )
  })

  it('takes no bit for what never changes, and refuses what is no small number', () => {
    const layout = new Layout()
    const field = layout.add(new Field('f', 0, false))
    layout.arrange()
    expect(field.limit).toBe(0)
    expect(() => field.set(layout.initialRow(), 1)).toThrow(Overflow)
    for (const value of [-1, MAX_VALUE + 1, 2 ** 32, 2 ** 40, Number.NaN]) {
      expect(() => field.set(layout.initialRow(), value)).toThrow(Overflow)
      expect(() => layout.widen(new Overflow(field, value))).toThrow(Misuse)
      expect(() => new Field('f', value, false)).toThrow(Misuse)
    }
  })
})

describe('a state table', () => {
  it('keeps each row once, in the order of discovery, as a map does', () => {
    const word = fc.oneof(fc.nat(20), fc.integer())
    const rows = fc.array(fc.tuple(fc.nat(40), word), { maxLength: 2_000 })
    fc.assert(
      fc.property(rows, (sequence) => {
        const model = new Map<string, number>()
        const found: number[] = []
        const table = new StateTable(2, (state, index) => {
          found[index] = state
        })
        for (const [index, row] of sequence.entries()) table.stage(Int32Array.from(row), index)
        table.flush()
        const expected = sequence.map((row) => {
          const key = row.join()
          if (!model.has(key)) model.set(key, model.size)
          return model.get(key)
        })
        expect(found).toEqual(expected)
        expect(table.size).toBe(model.size)
        const copy = new Int32Array(2)
        for (const [key, state] of model) {
          table.read(state, copy)
          expect(copy.join()).toBe(key)
          expect(table.find(copy)).toBe(state)
        }
      }),
      { numRuns: 30 },
    )
  })
})
