/** What cannot be read: nothing crashes, nothing hangs, nothing is dropped in silence. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/input-error.js'
import { auditOf, read, Trace } from '../audit/trace.js'

const trace = new Trace()
  .cacheAlloc()
  .slabPage({ fl: 0x40000 })
  .kmalloc({ fl: 0x40000 })
  .queue('0xffff', 'work_fn', { fl: 0x40000 })
  .start('0xffff', 'work_fn')
  .kmalloc({ pid: 7 })
  .end('0xffff', 'work_fn')
const bytes = Buffer.from(trace.text)

/** Whether a line is one of the trace's: what the reader has to find, told without it. */
const intact = new Set(trace.lines)

describe('a recording that is cut at any byte', () => {
  it('loses the event that was cut, and counts it', async () => {
    for (let end = 1; end <= bytes.length; end++) {
      const cut = bytes.subarray(0, end)
      const lines = cut.toString().split('\n')
      const rest = lines.pop() ?? ''
      const events = lines.length + (intact.has(rest) ? 1 : 0)
      const damaged = rest === '' || intact.has(rest) ? 0 : 1
      if (events === 0) await expect(read(cut)).rejects.toThrow(InputError)
      else {
        const { reading } = await read(cut)
        expect(reading, `cut at ${end}`).toMatchObject({ events, damaged })
        if (damaged) expect(reading.damage[0]?.kind).toBe('truncated')
      }
    }
  })

  it('loses the event that the beginning was cut off', async () => {
    for (let start = 1; start < bytes.length - (trace.lines.at(-1)?.length ?? 0) - 1; start++) {
      const cut = bytes.subarray(start)
      const lines = cut.toString().split('\n').slice(0, -1)
      const events = lines.filter((line) => intact.has(line)).length
      const { reading } = await read(cut)
      expect(reading, `cut at ${start}`).toMatchObject({
        events,
        damaged: lines.length - events - (lines[0] === '' ? 1 : 0),
      })
    }
  })

  it('is audited as far as its compressed data goes', async () => {
    const long = new Trace()
    for (let i = 0; i < 2000; i++) long.kmalloc({ req: (i * 7919) % 10_007, pid: i })
    const packed = gzipSync(long.text)
    for (const end of [1000, packed.length >> 1, packed.length - 8, packed.length - 1]) {
      const { reading } = await auditOf(packed.subarray(0, end))
      expect(reading.events).toBeGreaterThan(0)
      expect(
        reading.damage.at(-1)?.kind === 'compression' || reading.damage[0]?.kind === 'compression',
      ).toBe(true)
      expect(reading.events + reading.damaged).toBe(reading.lines + 1)
    }
    const whole = await auditOf(packed)
    expect(whole.reading).toMatchObject({ events: 2000, damaged: 0, compression: 'gzip' })
  })
})

describe('a recording with bits flipped', () => {
  it('loses at most the lines that they are in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 5 }),
        async (flips) => {
          const damaged = Buffer.from(bytes)
          for (const bit of flips) damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          const lines = damaged.toString('latin1').split('\n')
          if (lines.at(-1) === '') lines.pop()
          const untouched = lines.filter((line) => intact.has(line)).length
          const { reading, facts } = await auditOf(damaged)
          expect(reading.events + reading.damaged + reading.blank).toBe(lines.length)
          expect(reading.events).toBeGreaterThanOrEqual(untouched)
          expect(reading.damaged).toBeLessThanOrEqual(lines.length - untouched)
          expect(Object.values(facts.events).reduce((sum, count) => sum + count, 0)).toBe(
            reading.events,
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('does not hide damaged compressed data', async () => {
    const packed = gzipSync(`${trace.text}`.repeat(200))
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length * 8 - 1), async (bit) => {
        const damaged = Buffer.from(packed)
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const outcome = await auditOf(damaged).then(
          ({ reading }) => reading.damaged > 0 || reading.events === 200 * trace.lines.length,
          (error: unknown) => error instanceof InputError,
        )
        expect(outcome).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

describe('other damage', () => {
  it('NUL bytes in place of text are counted', async () => {
    const { reading } = await read(
      Buffer.concat([bytes, Buffer.alloc(5000), Buffer.from('\n'), bytes]),
    )
    expect(reading).toMatchObject({ events: 2 * trace.lines.length, damaged: 1 })
  })

  it('lines of a megabyte are counted and skipped', async () => {
    const long = Buffer.concat([
      Buffer.from('{"ts":1,"comm":"'),
      Buffer.alloc(1 << 20, 'x'),
      Buffer.from('"}\n'),
    ])
    const { reading } = await read(Buffer.concat([long, bytes, long]))
    expect(reading).toMatchObject({ events: trace.lines.length, damaged: 2 })
    expect(reading.damage).toMatchObject([{ kind: 'oversize', count: 2 }])
  })

  it('lines that two writers interleaved are counted once each', async () => {
    const [first = '', second = ''] = trace.lines
    const mixed = `${first.slice(0, 40)}${second}${first.slice(40)}\n`
    const { reading } = await read(`${mixed}${trace.text}`)
    expect(reading).toMatchObject({ events: trace.lines.length, damaged: 1 })
    expect(reading.damage[0]?.kind).toBe('interleaved')
  })

  it('two recordings one after the other are two: what is under way ends with the first', async () => {
    const first = new Trace().at(9e9).queue('0x1', 'fn', { fl: 0x40000 })
    const second = new Trace().start('0x1', 'fn').kmalloc({ pid: 7 })
    const { reading, facts } = await auditOf(first.text + second.text)
    expect(reading.damaged).toBe(0)
    expect(facts.time).toMatchObject({ recordings: 2, outOfOrder: 0 })
    expect(facts.work.delegations).toMatchObject([{ queued: 1, executed: 0 }])
    expect(facts.work.functions).toMatchObject([{ executions: 1, withoutQueueing: 1 }])
  })

  it('an event that stands a little after later ones is no second recording', async () => {
    const { facts } = await auditOf(
      new Trace().at(5e9).queue('0x1', 'fn', { fl: 0x40000 }).at(4.9e9).start('0x1', 'fn').text,
    )
    expect(facts.time).toMatchObject({ recordings: 1, outOfOrder: 1 })
    expect(facts.work.delegations).toMatchObject([{ queued: 1, executed: 1 }])
  })
})

describe('what is no recording', () => {
  it.each([
    ['nothing', '', /^test\.ndjson is empty$/],
    ['empty lines', '\n\n\n', /none of its first 3 lines is an event \(they are empty\)/],
    ['text', 'hello\nworld\n', /is not a recording .* \(line 1: hello\)$/],
    ['other JSON', '{"a":1}\n', /\(line 1: "ev" is undefined: a string is needed\)/],
    [
      'the first bytes of zstd',
      Buffer.from('28b52ffd00', 'hex'),
      /is not a recording.*zstd data is damaged/,
    ],
    ['xz', Buffer.from('fd377a585a0000', 'hex'), /xz -dc FILE \| kernel-sim audit -$/],
    ['perf.data', 'PERFILE2\0\0', /is the binary data of perf/],
    ['trace.dat', '\x17\x08Dtracing', /is a damaged trace.dat: its head ends before its end$/],
    ['gzip of nothing', gzipSync(''), /is empty$/],
    ['gzip of text', gzipSync('hello\n'), /is not a recording/],
    [
      'the first bytes of gzip',
      Buffer.from('1f8b08', 'hex'),
      /is not a recording.*gzip data ends before its end/,
    ],
  ])('%s gets one sentence', async (_, input, message) => {
    const error = await read(input).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).message).toMatch(message)
    expect((error as InputError).message).not.toContain('\n')
  })

  it('is given up after 64 MB without a line, however long it is', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x')
    const endless = Buffer.concat([
      ...Array(66).fill(chunk),
      Buffer.from(`\n${new Trace().kmalloc().text}`),
    ])
    await expect(read(endless, 1 << 20)).rejects.toThrow(/is not a recording/)
  })

  it('is given up after ten thousand lines, however long it is', async () => {
    const endless = `${'not an event\n'.repeat(200_000)}${new Trace().kmalloc().text}`
    await expect(read(endless)).rejects.toThrow(/none of its first \d+ lines is an event/)
  })
})

describe('a recording compressed with zstd', () => {
  // The first 400 events of the bundled recording, compressed by the zstd command.
  const packed = readFileSync(new URL('../data/small.ndjson.zst', import.meta.url))

  it('is read', async () => {
    const { reading } = await auditOf(packed)
    expect(reading).toMatchObject({ compression: 'zstd', events: 400, damaged: 0 })
    const twice = await auditOf(Buffer.concat([packed, packed]))
    expect(twice.reading).toMatchObject({ events: 800, damaged: 0 })
  })

  it('is never read in part without saying so', async () => {
    for (const end of [5, 100, packed.length >> 1, packed.length - 1]) {
      const outcome = await auditOf(packed.subarray(0, end)).then(
        ({ reading }) => reading.damaged > 0,
        (error: unknown) => error instanceof InputError,
      )
      expect(outcome, `cut at ${end}`).toBe(true)
    }
  })
})
