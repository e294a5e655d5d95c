/** What of ftrace and perf text cannot be read: nothing crashes, nothing hangs, nothing is dropped in silence. */
import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/input-error.js'
import { MAX_LINE } from '../../src/trace/read/lines.js'
import { auditOf, read } from '../audit/trace.js'

const excerpt = (format: string) =>
  gunzipSync(readFileSync(new URL(`../data/${format}.txt.gz`, import.meta.url)))

/** The first lines of an excerpt, up to an end that is the end of an event with its stack. */
function beginning(format: 'ftrace' | 'perf', events: number): Buffer {
  const text = excerpt(format).toString('latin1')
  const next = format === 'ftrace' ? /\n(?! =>)[^\n#]*: (?!<stack)/g : /\n\n/g
  let found = 0
  for (const { index } of text.matchAll(next)) {
    if (found++ === events) return Buffer.from(text.slice(0, index + 1), 'latin1')
  }
  throw new Error('the excerpt is shorter')
}

/** What the lines of a text are, told without the reader. */
function linesOf(text: Buffer): string[] {
  const lines = text.toString('latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const FRAME = { ftrace: /^ ?=> /, perf: /^\t/ }
const EVENT = { ftrace: /\d: \w+: /, perf: /\d: +\w+:\w+: / }

/** Audits bytes; what is no recording at all gets an error that says so, and is undefined. */
function outcome(bytes: Uint8Array) {
  return auditOf(bytes).catch((error: unknown) => {
    expect(error).toBeInstanceOf(InputError)
    return undefined
  })
}

describe.each(['ftrace', 'perf'] as const)('%s text', (format) => {
  const small = beginning(format, 3)
  const lines = linesOf(small)
  const isEvent = (line: string) => EVENT[format].test(line)
  const isFrame = (line: string) => FRAME[format].test(line)

  it('is what these tests take it for', async () => {
    const { reading } = await read(small)
    expect(reading).toMatchObject({
      format,
      events: lines.filter(isEvent).length,
      lines: lines.length,
      damaged: 0,
    })
    expect(lines.filter(isFrame).length).toBeGreaterThan(15)
  })

  it('that is cut at any byte has the events that are whole, and one damaged line at most', async () => {
    for (let end = 1; end < small.length; end++) {
      const cut = small.subarray(0, end)
      const whole = linesOf(cut).slice(0, -1).filter(isEvent).length
      const found = await outcome(cut)
      if (found === undefined) expect(whole, `cut at ${end}`).toBe(0)
      else {
        const { events, damaged } = found.reading
        expect(events - whole, `cut at ${end}`).toBeGreaterThanOrEqual(0)
        expect(events - whole, `cut at ${end}`).toBeLessThanOrEqual(1)
        expect(damaged, `cut at ${end}`).toBeLessThanOrEqual(1)
      }
    }
  })

  it('that any bytes are missing of at the beginning has the events that are whole', async () => {
    for (let start = 1; start < small.length; start++) {
      const cut = small.subarray(start)
      const whole = linesOf(cut).slice(1).filter(isEvent).length
      const found = await outcome(cut)
      if (found === undefined) {
        expect(whole, `from ${start}`).toBe(0)
        continue
      }
      expect(found.reading.events - whole, `from ${start}`).toBeGreaterThanOrEqual(0)
      expect(found.reading.damaged, `from ${start}`).toBeLessThanOrEqual(2)
      expect(found.reading.lines, `from ${start}`).toBe(linesOf(cut).length)
    }
  })

  it('with bits flipped loses at most the events that they are in, and those they belong to', async () => {
    const text = beginning(format, 60)
    const events = linesOf(text).filter(isEvent).length
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(text.length * 8 - 1), { minLength: 1, maxLength: 8 }),
        async (flips) => {
          const damaged = Buffer.from(text)
          for (const bit of flips) damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          const found = await outcome(damaged)
          expect(found).toBeDefined()
          if (found === undefined) return
          const { reading, facts } = found
          expect(reading.events).toBeGreaterThanOrEqual(events - 2 * flips.length)
          expect(reading.lines).toBe(linesOf(damaged).length)
          expect(Object.values(facts.events).reduce((sum, count) => sum + count, 0)).toBe(
            reading.events,
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is not led astray by any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constantFrom(...lines.map((line) => `${line}\n`)),
            fc.string({ unit: 'binary', maxLength: 40 }),
            fc.constantFrom('\n', '\n\n', '\t', ' => ', '[000]', '\0', '\r\n', ' => a [000]\n'),
          ),
          { maxLength: 60 },
        ),
        fc.integer({ min: 1, max: 300 }),
        async (parts, chunk) => {
          const bytes = Buffer.concat([small, Buffer.from(parts.join(''))])
          const whole = await read(bytes)
          expect(whole.reading.lines).toBe(linesOf(bytes).length)
          const cut = await read(bytes, chunk)
          expect(cut.reading).toEqual(whole.reading)
          expect(cut.events.map(({ line, stack }) => [line, stack?.path])).toEqual(
            whole.events.map(({ line, stack }) => [line, stack?.path]),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it('that is not UTF-8 is read all the same', async () => {
    const event = lines.findIndex(isEvent)
    const bad = Buffer.from(small)
    bad.fill(0xff, bad.indexOf('wl-'), bad.indexOf('wl-') + 2)
    const { reading, events } = await read(bad)
    expect(reading).toMatchObject({ events: lines.filter(isEvent).length, damaged: 0 })
    expect(events[0]?.line).toBe(event + 1)
    expect(events[0]?.comm).toContain('\ufffd')
  })

  it('twice is two recordings; what is under way ends with the first', async () => {
    const { reading, facts } = await auditOf(Buffer.concat([excerpt(format), small]))
    const once = await auditOf(excerpt(format))
    expect(reading.events).toBe(once.reading.events + lines.filter(isEvent).length)
    expect(reading.damaged).toBe(0)
    expect(facts.time.recordings + facts.time.outOfOrder).toBeGreaterThan(1)
  })

  it('after which another format comes says so', async () => {
    const other = format === 'ftrace' ? 'perf' : 'ftrace'
    const { reading } = await read(Buffer.concat([small, beginning(other, 3)]))
    expect(reading.events).toBe(lines.filter(isEvent).length)
    expect(reading.damaged + reading.ignored).toBeGreaterThanOrEqual(3)
  })

  it('has lines of a megabyte: they are counted, and what stands around them is read', async () => {
    const long = Buffer.concat([Buffer.alloc(MAX_LINE + 1, 'x'), Buffer.from('\n')])
    const { reading } = await read(Buffer.concat([long, small, long, small]))
    expect(reading.events).toBe(2 * lines.filter(isEvent).length)
    expect(reading.damage).toMatchObject([{ kind: 'oversize', count: 2 }])
    expect(reading.lines).toBe(2 * lines.length + 2)
  })

  it('has a line of a megabyte that seems to name a CPU everywhere: it does not take long', async () => {
    for (const begin of [' => f ', 'x ', '> ', '\t']) {
      const long = begin + '[000] '.repeat(MAX_LINE / 6 - 2)
      const { reading } = await read(Buffer.concat([small, Buffer.from(`${long}\n`), small]))
      expect(reading.events).toBe(2 * lines.filter(isEvent).length)
      expect(reading.lines).toBe(2 * lines.length + 1)
    }
  })

  it('has a stack without end: it is read in parts', async () => {
    const frame = format === 'ftrace' ? ' => f_0123456789\n' : '\tffffffff816365b7 f+0x1 ([k])\n'
    const endless = Buffer.from(frame.repeat(Math.ceil((3 * MAX_LINE) / frame.length)))
    const { reading } = await read(Buffer.concat([small, endless]))
    expect(reading.events).toBe(lines.filter(isEvent).length)
    expect(reading.lines).toBe(lines.length + linesOf(endless).length)
    expect(reading.damaged).toBeGreaterThan(0)
  })

  it('in gzip that ends early or is damaged is read as far as it goes', async () => {
    const packed = gzipSync(beginning(format, 400))
    const all = await read(packed)
    expect(all.reading).toMatchObject({ compression: 'gzip', damaged: 0 })
    for (let end = 1; end < packed.length; end += 97) {
      const found = await outcome(packed.subarray(0, end))
      if (found === undefined) continue
      expect(found.reading.damage.map(({ kind }) => kind)).toContain('compression')
      expect(found.reading.events).toBeLessThanOrEqual(all.reading.events)
    }
  })
})
