import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter, MAX_LINE } from '../../src/audit/read/lines.js'

/** Cuts bytes into lines, chunk by chunk: `[number, text]`, or `[number, length]` for one that is too long. */
function split(chunks: readonly Buffer[]): [number, string | number][] {
  const found: [number, string | number][] = []
  const splitter = new LineSplitter({
    line: (bytes, start, end, number) => {
      found.push([number, bytes.toString('latin1', start, end)])
    },
    oversize: (length, number) => {
      found.push([number, length])
    },
  })
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  expect(splitter.lines).toBe(found.length)
  return found
}

/** Bytes in which line breaks are frequent, cut at random places. */
const chunked = fc
  .tuple(
    fc.array(fc.oneof(fc.constant(10), fc.constant(13), fc.integer({ min: 0, max: 255 })), {
      maxLength: 200,
    }),
    fc.array(fc.nat(200), { maxLength: 10 }),
  )
  .map(([bytes, cuts]) => {
    const all = Buffer.from(bytes)
    const places = [
      0,
      ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b),
      all.length,
    ]
    return { all, chunks: places.slice(1).map((end, i) => all.subarray(places[i], end)) }
  })

describe('lines', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(chunked, ({ all, chunks }) => {
        const lines = all.toString('latin1').split('\n')
        if (lines.at(-1) === '') lines.pop()
        expect(split(chunks)).toEqual(lines.map((line, i) => [i + 1, line.replace(/\r$/, '')]))
      }),
    )
  })

  it('that are too long are measured, not kept, and the next line is read', () => {
    const long = Buffer.alloc(MAX_LINE + 1, 'x')
    const longest = Buffer.alloc(MAX_LINE, 'y')
    const bytes = Buffer.concat([long, Buffer.from('\nok\n'), longest, Buffer.from('\n'), long])
    const chunks = []
    for (let at = 0; at < bytes.length; at += 100_003) chunks.push(bytes.subarray(at, at + 100_003))
    const expected = [
      [1, MAX_LINE + 1],
      [2, 'ok'],
      [3, longest.toString()],
      [4, MAX_LINE + 1],
    ]
    expect(split(chunks)).toEqual(expected)
    expect(split([bytes])).toEqual(expected)
  })
})
