/** Damaged logs: cut, mixed, changed. What is left is explained, nothing is lost in silence, and nothing breaks. */
import { describe, expect, it } from 'vitest'
import { KIND_NAMES, VERDICTS } from '../../src/log/judge/explained.js'
import { Finder } from '../../src/log/report/finder.js'
import { logJson } from '../../src/report/log/json.js'
import { explained, LOGS, linesOf, log } from './logs.js'

/** A small generator of numbers, the same each time. */
function generator(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** What is wrong with an explanation, of whatever bytes; undefined for nothing. */
function fault(text: string | Buffer): string | undefined {
  for (const report of explained(text).reports) {
    const { kind, verdict, lines, reasons, decides, first, last } = report
    if (!Object.hasOwn(KIND_NAMES, kind)) return `kind ${kind}`
    if (!Object.hasOwn(VERDICTS, verdict)) return `verdict ${verdict}`
    if (lines.length === 0) return `${kind} rests on no lines`
    if (reasons.length === 0) return `${kind} without a reason`
    if (last < first) return `${kind} ends before it begins`
    if (verdict === 'cannot-tell' && kind.startsWith('lockdep') && decides.length === 0) {
      return `${kind} says not what would decide it`
    }
  }
  return undefined
}

const texts = LOGS.map(log)

describe('a log that is cut', () => {
  it('at any byte is explained as far as it goes', () => {
    for (const [i, text] of texts.entries()) {
      const bytes = Buffer.from(text)
      // Every byte of one log, and of the others one in so many.
      const step = i === 8 ? 1 : 61
      for (let end = 0; end < bytes.length; end += step) {
        const found = fault(bytes.subarray(0, end))
        if (found !== undefined) expect([LOGS[i], end, found]).toEqual([])
      }
    }
  })

  it('at its beginning too', () => {
    for (const text of texts) {
      const bytes = Buffer.from(text)
      for (let start = 0; start < bytes.length; start += 97) {
        expect(fault(bytes.subarray(start))).toBeUndefined()
      }
    }
  })

  it('says what is missing', () => {
    const lines = log('l01').split('\n')
    const missing = (count: number) =>
      explained(lines.slice(0, count).join('\n')).reports[0]?.missing
    expect(missing(12)).toContain('links of the chain')
    expect(missing(40)).toContain('the list of held locks')
    expect(missing(66)).toEqual(['the stack at the end'])
    expect(missing(93)).toEqual([])
    expect(explained(lines.slice(3).join('\n')).reports[0]?.missing).toContain('the title')
    const [cut] = explained(log('l22').split('\n').slice(0, 20).join('\n')).reports
    expect(cut).toMatchObject({ verdict: 'cannot-tell', missing: ['the zones'] })
  })
})

describe('10,000 damaged logs', () => {
  it('break nothing', () => {
    const random = generator(20_260_626)
    const pick = () => texts[random(texts.length)] ?? ''
    for (let round = 0; round < 10_000; round++) {
      // A part of a log: most reports are found by their first lines.
      const lines = pick().split('\n')
      const from = random(lines.length)
      const part = lines.slice(random(3) === 0 ? from : 0, from + 1 + random(12))
      for (let changes = random(4); changes > 0; changes--) {
        const at = random(part.length)
        const line = part[at] ?? ''
        const other = pick().split('\n')
        switch (random(6)) {
          case 0:
            part.splice(at, 1)
            break
          case 1:
            part.splice(at, 0, ...other.slice(random(other.length)).slice(0, 3))
            break
          case 2:
            part[at] = line.slice(0, random(line.length + 1))
            break
          case 3:
            part[at] = line.slice(0, random(line.length + 1)) + (other[random(other.length)] ?? '')
            break
          case 4:
            part[at] =
              `${line.slice(0, random(line.length + 1))}${String.fromCharCode(random(0x300))}${line}`
            break
          default:
            part[at] = line.replace(/\d+/, String(random(2 ** 31)))
        }
      }
      const found = fault(part.join('\n'))
      if (found !== undefined) expect([round, found, ...part]).toEqual([])
    }
  })
})

describe('nothing is lost in silence', () => {
  it('each line is in a report, or counted', () => {
    const random = generator(7)
    for (let round = 0; round < 200; round++) {
      const a = (texts[random(texts.length)] ?? '').split('\n')
      const b = (texts[random(texts.length)] ?? '').split('\n')
      const mixed: string[] = []
      while (a.length + b.length > 0) mixed.push(...(random(2) ? a : b).splice(0, 1 + random(5)))
      const lines = linesOf(mixed.join('\n'))
      let taken = 0
      let others = 0
      const finder = new Finder({
        report: () => taken++,
        other: () => others++,
        lines: (count) => {
          taken += count - 1
        },
      })
      for (const line of lines) finder.add(line)
      finder.end()
      expect(taken + others).toBe(lines.length)
    }
  })

  it('lines that are too long are counted', async () => {
    const { LogReader } = await import('../../src/log/read/log-reader.js')
    const reader = new LogReader(() => {})
    reader.push(Buffer.from(`short\n${'x'.repeat((1 << 20) + 1)}\nshort\n`))
    reader.end()
    expect([reader.lines, reader.oversize]).toEqual([3, 1])
  })

  it('names are kept from whatever shows them', () => {
    const hostile = log('l06').replaceAll('kswapd0', '<b>\u202e$(x)')
    const json = logJson([
      { name: '<x>', lines: 1, oversize: 0, cut: undefined, ...explained(hostile) },
    ])
    expect(JSON.parse(json)).toMatchObject({ reports: [{ kind: 'hung-task' }] })
  })
})

describe('memory', () => {
  it('does not grow with a log', () => {
    const many = texts.map((text) => text.replace(/\d{4,}/g, '4242')).join('\n')
    // Each report is found again and again, and kept once.
    const once = explained(many).reports.length
    const { reports, found } = explained(many.repeat(20))
    expect(reports.length).toBeLessThanOrEqual(once + 2)
    expect(found).toBeGreaterThan(19 * once)
  })
})
