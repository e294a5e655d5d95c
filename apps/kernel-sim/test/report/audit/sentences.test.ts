/** Sentences: every number that a report says stands in the facts that it is made of, shares are shares, and parts add up. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { auditPage } from '../../../src/report/audit/page.js'
import { type AuditReport, auditReport } from '../../../src/report/audit/report.js'
import { auditOf, GFP_NOFS, NOFS, NOIO, Trace } from '../../audit/trace.js'

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
  }
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

/** All numbers in a value, and how many items its lists have. */
function numbersIn(value: unknown, found = new Set<number>()): Set<number> {
  if (typeof value === 'number') found.add(value)
  else if (Array.isArray(value)) {
    found.add(value.length)
    for (const item of value) numbersIn(item, found)
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) numbersIn(item, found)
  }
  return found
}

/** Sums that sentences say and the facts have in parts. */
function sumsOf({ callSites, work, agreement, requests }: AuditReport): number[] {
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
  const fns = new Set(work.delegations.map(({ fn }) => fn))
  return [
    sum(callSites.weakened.map((site) => site.requests)),
    sum(work.delegations.map(({ executed }) => executed)),
    sum(work.delegations.map(({ startedInScope }) => startedInScope)),
    sum(work.functions.map(({ withoutQueueing }) => withoutQueueing)),
    fns.size,
    agreement.compared - agreement.agree,
    agreement.compared - agreement.agreeInScopeBits,
    requests.total,
  ]
}

/** `12,345` and `81.2 %`; names have digits too, and are none: `jbd2`, `CPU 0`, `Linux 6.18`. */
const NUMBER = /(?<![\w.,/(-])(\d{1,3}(?:,\d{3})*|\d+)(?:\.\d+)?(?![\w.]*\w)/g

describe.each(RECORDINGS)('the sentences about %s', (_, bytes) => {
  it('say only numbers that the facts have, and shares from 0 to 100 %', async () => {
    const report = await reportOf(bytes())
    const { meaning, verdict, ...facts } = report
    const known = numbersIn(facts)
    for (const value of [...sumsOf(report), verdict.lostScopes]) known.add(value)
    const said = [...auditPage(report).lead, ...meaning]
    for (const sentence of said) {
      for (const [, share = ''] of sentence.matchAll(/([\d.,]+) %/g)) {
        expect(Number(share.replaceAll(',', '')), sentence).toBeLessThanOrEqual(100)
      }
      const counts = sentence
        .replaceAll(/<?[\d.,]+ %/g, '')
        .replaceAll(/in [\d.,]+ (s|ticks) of/g, '')
        .replaceAll(/CPU \d+/g, '')
      for (const [text] of counts.matchAll(NUMBER)) {
        expect(known, `${text} in: ${sentence}`).toContain(Number(text.replaceAll(',', '')))
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
