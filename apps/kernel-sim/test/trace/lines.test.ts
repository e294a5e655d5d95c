import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter, MAX_LINE } from '../../src/trace/read/lines.js'

/** Cuts bytes into lines, chunk by chunk; one that is too long is its length. */
function split(chunks: readonly Buffer[]): (string | number)[] {
  const found: (string | number)[] = []
  const splitter = new LineSplitter({
    lines: (bytes, start, end) => {
      const block = bytes.toString('latin1', start, end).split('\n')
      if (block.at(-1) === '') block.pop()
      found.push(...block)
    },
    oversize: (length) => {
      found.push(length)
    },
  })
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
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
  it('are the same however the bytes are cut, and with CRLF', () => {
    fc.assert(
      fc.property(chunked, ({ all, chunks }) => {
        const lines = all.toString('latin1').replaceAll('\r\n', '\n').split('\n')
        if (lines.at(-1) === '') lines.pop()
        expect(split(chunks)).toEqual(lines)
      }),
      {
        examples: [
          [{ all: Buffer.from('\r\n'), chunks: ['\r', '', '\n'].map((text) => Buffer.from(text)) }],
        ],
      },
    )
  })

  it('have a line break behind the last one too, whatever stood in memory', () => {
    for (const length of [1, 180, 4096, MAX_LINE]) {
      const seen: (number | undefined)[] = []
      const splitter = new LineSplitter({
        lines: (bytes, _start, end) => seen.push(bytes[end]),
        oversize: () => seen.push(-1),
      })
      // The first line leaves digits where the second, which is shorter, ends.
      splitter.push(Buffer.alloc(length + 2, '7'))
      splitter.push(Buffer.from('\n'))
      seen.length = 0
      splitter.push(Buffer.alloc(length, 'x'))
      splitter.end()
      expect(seen).toEqual([10])
    }
  })

  it('that are too long are measured, not kept, and the next line is read', () => {
    const long = Buffer.alloc(MAX_LINE + 1, 'x')
    const longest = Buffer.alloc(MAX_LINE, 'y')
    const bytes = Buffer.concat([long, Buffer.from('\nok\n'), longest, Buffer.from('\n'), long])
    const chunks = []
    for (let at = 0; at < bytes.length; at += 100_003) chunks.push(bytes.subarray(at, at + 100_003))
    const expected = [MAX_LINE + 1, 'ok', longest.toString(), MAX_LINE + 1]
    expect(split(chunks)).toEqual(expected)
    expect(split([bytes])).toEqual(expected)
  })
})
