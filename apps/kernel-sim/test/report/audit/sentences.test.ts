/** Sentences: every number that a report says stands in the facts that it is made of, shares are shares, and parts add up. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { auditPage } from '../../../src/report/audit/page.js'
import { type AuditReport, auditReport } from '../../../src/report/audit/report.js'
import { pageText } from '../../../src/report/form/text.js'
import { auditOf, GFP_NOFS, NOFS, NOIO, Trace } from '../../audit/trace.js'
import { type Expected, SAID } from './said.js'

const data = (name: string) => readFileSync(new URL(`../../data/${name}`, import.meta.url))

async function reportOf(bytes: Uint8Array | string): Promise<AuditReport> {
  const { reading, facts, stacks } = await auditOf(bytes)
  return auditReport([reading], facts, stacks)
}

/** A recording in which the same things are in several rows: two call sites a work item, pages in two scopes, waits. */
function entangled(): string {
  const trace = new Trace()
  for (let i = 0; i < 34; i++) {
    const pid = 100 + (i % 6)
    trace
      .queue('0x1', 'push', { fl: NOFS, pid, st: '__queue_work+1;queue_work_on+2;user+5;sys+9' })
      .event('sched_switch', {
        fl: NOFS,
        pid,
        prev_state: 2,
        st: '__schedule+1;schedule+2;user+50;sys+9',
      })
      .start('0x1', 'push')
      .kmalloc({ pid: 7, st: '__kmalloc_noprof+1;a+2;push+3' })
      .kmalloc({ pid: 7, st: '__kmalloc_noprof+1;b+2;push+3' })
      .end('0x1', 'push')
      .slabPage({ fl: NOFS | NOIO, gfp: 0x52c00 })
      .kmalloc({ gfp: GFP_NOFS, fl: i % 3 === 0 ? NOFS : 0 })
      .kmalloc({ gfp: GFP_NOFS, st: '__kmalloc_noprof+1;i+2;handle_softirqs+3' })
      .kmalloc({ gfp: GFP_NOFS, st: `__kmalloc_noprof+1;always+2;caller${i % 2}+3`, fl: NOFS })
      .kmalloc({ fl: NOFS, st: '__kmalloc_noprof+1;relies+2;sys+3' })
      // Predicted, but for a flag that no scope decides.
      .slabPage({ gfp: i % 5 === 0 ? 0x52cc0 : 0x152cc0 })
      .cacheAlloc()
      // Queued from a scope, and never seen to run.
      .queue(`0x2${i}`, 'later', { fl: NOFS, pid, st: '__queue_work+1;queue_work_on+2;user+5' })
  }
  // One that was slept for by chance and allocated nothing, and one that was not seen to run.
  const queued = { fl: NOFS, pid: 200, st: '__queue_work+1;queue_work_on+2;user+5;sys+9' }
  const elsewhere = '__schedule+1;schedule+2;elsewhere+50;sys+9'
  trace
    .queue('0x1', 'push', queued)
    .event('sched_switch', { fl: NOFS, pid: 200, prev_state: 2, st: elsewhere })
    .start('0x1', 'push')
    .end('0x1', 'push')
    .queue('0x1', 'push', queued)
  return trace.text
}

const TEXT_LOST = `CPU:0 [LOST 9599 EVENTS]\nCPU:1 [EVENTS DROPPED]\n          wl-a-1     [000] ..... 1.000001: kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NOFS\n`

const RECORDINGS: [name: string, bytes: () => Uint8Array | string][] = [
  ['XFS in a memory cgroup', () => data('reclaim.ndjson.gz')],
  ['ftrace text', () => data('ftrace.txt.gz')],
  ['perf text', () => data('perf.txt.gz')],
  ['trace.dat with gaps', () => data('trace-v7-lost.dat')],
  ['text with gaps', () => TEXT_LOST],
  ['rows that have the same in common', entangled],
]

/** `12,345`, `7.7` and `81.2 %`; names have digits too, and are none: `jbd2`, `a.isra.0`. */
const NUMBER = /(?<![\w.,/-])(\d[\d,]*(?:\.\d+)?)(?![\w.]*\w)/g

/** Everything that a report says in sentences. */
function sentencesOf(report: AuditReport): string[] {
  const { lead, sections } = auditPage(report)
  const said = sections.flatMap(({ parts }) =>
    parts.flatMap((part) => {
      if (typeof part === 'string') return [part]
      return 'rows' in part ? part.rows.flatMap((row) => row.said) : []
    }),
  )
  return [...lead, ...report.meaning, ...said]
}

function isSaid(text: string, expected: Expected): boolean {
  const value = Number(text.replaceAll(',', ''))
  if (typeof expected === 'number') return value === expected
  const { about } = expected
  // To the nearest tenth; a share that only rounds to nothing, or to the whole, is said to be beyond the last tenth.
  const edge = (about > 0 && about < 0.05) || (about >= 99.95 && about < 100)
  return Math.abs(value - about) <= (edge ? 0.1 : 0.0501)
}

describe.each(RECORDINGS)('the sentences about %s', (_, bytes) => {
  it('say the numbers that follow from the facts, each in its place', async () => {
    const report = await reportOf(bytes())
    for (const sentence of sentencesOf(report)) {
      const numbers = [...sentence.matchAll(NUMBER)].map(([, text = '']) => text)
      if (numbers.length === 0) continue
      const [, rows] = SAID.find(([words]) => words.test(sentence)) ?? []
      expect(rows, `nobody says what the numbers have to be in: ${sentence}`).toBeDefined()
      const fits = rows?.(report).some(
        (row) =>
          row.length === numbers.length &&
          row.every((expected, at) => isSaid(numbers[at] ?? '', expected)),
      )
      expect(fits, `${sentence}\n${JSON.stringify(rows?.(report))}`).toBe(true)
    }
  })

  it('say shares from 0 to 100 %', async () => {
    for (const sentence of sentencesOf(await reportOf(bytes()))) {
      for (const [, share = ''] of sentence.matchAll(/([\d.,]+) %/g)) {
        expect(Number(share.replaceAll(',', '')), sentence).toBeLessThanOrEqual(100)
      }
    }
  })

  it('come from parts that add up', async () => {
    const { callSites, pages, reading, requests, work } = await reportOf(bytes())
    const { requests: all, ...parts } = callSites.requests
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(all)
    const verdicts = Object.values(callSites.coverage)
    expect(verdicts.reduce((sum, each) => sum + each.requests, 0)).toBe(all)
    expect(Object.values(requests.flagsFrom).reduce((sum, part) => sum + part, 0)).toBe(
      requests.total,
    )
    expect(pages.inScopes.checked).toBeLessThanOrEqual(pages.total)
    expect(reading.lostByCpu.reduce((sum, { events }) => sum + events, 0)).toBe(
      reading.lostByCpu.length === 0 ? 0 : reading.lost,
    )
    for (const lost of work.lostFunctions) {
      const of = work.functions.find(({ fn }) => fn === lost.fn)
      expect(lost.executions).toBeLessThanOrEqual(of?.executions ?? 0)
      expect(lost.allocations).toBeLessThanOrEqual(of?.allocations ?? 0)
      expect(lost.waiters).toBeLessThanOrEqual(lost.waited)
    }
    for (const {
      covered,
      memalloc,
      uncovered,
      interrupt,
      unknown,
      requests,
    } of callSites.explicit) {
      expect(covered + memalloc + uncovered + interrupt + unknown).toBe(requests)
    }
  })
})

describe('what is lost', () => {
  it('is said first, in what it means, and in the verdict', async () => {
    const report = await reportOf(TEXT_LOST)
    const { lead, marks } = auditPage(report)
    expect(lead[0]).toMatch(
      /nothing damaged, but 9,599 events LOST, and more in 1 place without a number$/,
    )
    expect(report.meaning[0]).toMatch(
      /^9,599 events LOST.* \(CPU 0 9,599, CPU 1 0 and 1 gap without a number\)/,
    )
    expect(marks).toContainEqual({ good: false, text: 'events lost' })
    expect(report.verdict.lost).toBe(true)
  })

  it('of one work function is counted once, and tasks are told from times', async () => {
    const { meaning } = await reportOf(entangled())
    expect(meaning).toContainEqual(
      expect.stringMatching(
        /^push lost the scope .* 68 times in 34 executions that a task in a NOFS scope had queued\. .*; 6 tasks were seen to wait, 34 times for it\.$/,
      ),
    )
  })
})

it('no heading of a text stands without something below it', async () => {
  const text = pageText(auditPage(await reportOf(entangled())))
  expect(text).toContain('From the queue to the end: one execution of each work function')
  const lines = text.split('\n')
  const bare = lines.filter((line, at) => {
    const below = lines.slice(at + 1).find((next) => next !== '')
    return /^-{3,}$/.test(line) && (below === undefined || /^\S/.test(below))
  })
  expect(bare).toEqual([])
})
