/** Several recordings, audited together: each finding says where it was seen, and nothing is followed from one into the next. */
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { auditSources } from '../../src/audit-trace.js'
import { findingsOf } from '../../src/report/audit/findings.js'
import { auditPage } from '../../src/report/audit/page.js'
import type { AuditReport } from '../../src/report/audit/report.js'
import { shortNames } from '../../src/report/audit/seen.js'
import { pageHtml } from '../../src/report/form/html-page.js'
import { pageMarkdown } from '../../src/report/form/markdown.js'
import { pageText } from '../../src/report/form/text.js'
import { Source } from '../../src/trace/read/source.js'
import { GFP_KERNEL, GFP_NOFS, NOFS, Trace } from './trace.js'

async function together(texts: Readonly<Record<string, string>>): Promise<AuditReport> {
  const sources = Object.entries(texts).map(([name, text]) =>
    Source.stream(name, Readable.from([Buffer.from(text)])),
  )
  return await auditSources(sources, () => {})
}

const losing = () =>
  new Trace()
    .queue('0x1', 'lost_work', { fl: NOFS })
    .start('0x1', 'lost_work')
    .kmalloc({ pid: 7, gfp: GFP_KERNEL, st: '__kmalloc_noprof+1;grow+2;lost_work+3' })
    .end('0x1', 'lost_work')
const covered = () => new Trace().kmalloc({ gfp: GFP_NOFS, fl: NOFS })
const uncovered = () => new Trace().kmalloc({ gfp: GFP_NOFS })
const violating = () => new Trace().slabPage({ fl: NOFS }).cacheAlloc({ fl: NOFS })

describe('the names of several recordings', () => {
  it.each([
    [
      ['/a/b/one', '/a/b/two'],
      ['one', 'two'],
    ],
    [
      ['/a/b/one', '/a/c/one'],
      ['b/one', 'c/one'],
    ],
    // Without the root these would be other files.
    [
      ['/a/one', '/b/one'],
      ['/a/one', '/b/one'],
    ],
    [
      ['a/one', 'standard input'],
      ['a/one', 'standard input'],
    ],
  ])('of %j are %j', (paths, short) => {
    expect(shortNames(paths.map((name) => ({ name })))).toEqual(short)
  })
})

describe('several recordings', () => {
  it('make one report, whose findings say where they were seen', async () => {
    const report = await together({
      a: covered().text,
      b: losing().text,
      c: uncovered().text + violating().text,
      d: losing().text,
    })
    expect(report.recordings.map(({ name, events }) => [name, events])).toEqual([
      ['a', 1],
      ['b', 4],
      ['c', 3],
      ['d', 4],
    ])
    expect(report.reading.events).toBe(12)
    expect(report.reading.name).toBe('4 recordings')
    const found = findingsOf(report).map(({ rule, seenIn, line, recording }) => ({
      rule,
      seenIn,
      at: `${recording}:${line}`,
    }))
    expect(found).toEqual([
      { rule: 'scope-violated', seenIn: [2], at: '2:2' },
      { rule: 'kernel-differs', seenIn: [2], at: '2:2' },
      { rule: 'lost-scope', seenIn: [1, 3], at: '1:3' },
      // Covered in one and uncovered in another.
      { rule: 'partly-covered', seenIn: [0, 2], at: '2:1' },
    ])
    expect(report.work.lostFunctions[0]).toMatchObject({ executions: 2, seenIn: [1, 3] })
    expect(report.workList.map(({ action, seenIn }) => [action, seenIn])).toEqual([
      ['convey', [1, 3]],
      ['decide', [0, 2]],
    ])
  })

  it('follow nothing from one into the next: neither items nor tasks nor what caches add', async () => {
    const queued = new Trace().queue('0x1', 'lost_work', { fl: NOFS }).slabPage()
    const run = new Trace()
      .at(9_000_000)
      .cacheAlloc()
      .start('0x1', 'lost_work')
      .kmalloc({ pid: 7, st: '__kmalloc_noprof+1;grow+2;lost_work+3' })
    const { work, agreement, tasks, time } = await together({ a: queued.text, b: run.text })
    expect(work.lost).toEqual([])
    expect(work.functions).toMatchObject([{ executions: 1, withoutQueueing: 1 }])
    expect([agreement.compared, agreement.withoutRequest]).toEqual([0, 1])
    // Task 100 of one recording is not that of the other.
    expect(tasks.tasks).toBe(3)
    expect(time).toMatchObject({ recordings: 2, outOfOrder: 0 })
    const [kept, other] = [new Trace(), new Trace()].map((trace, i) => {
      const gfp = 0x52cc0 | (i === 0 ? 0x10 : 0)
      return trace.slabPage({ gfp, mt: i === 0 ? 2 : 0 }).cacheAlloc().text
    })
    const both = await together({ kept: kept ?? '', other: other ?? '' })
    expect(both.agreement).toMatchObject({ compared: 2, disagreements: [] })
  })

  it('are the sum of themselves: the times too, which begin anew in each', async () => {
    const one = covered().kmalloc()
    const { time, reading } = await together({ a: one.text, b: one.text, c: one.text })
    expect(time).toEqual({ seconds: 3e-6, recordings: 3, outOfOrder: 0 })
    expect(reading.lines).toBe(6)
  })

  it('name the damaged one, in every form of the report', async () => {
    const report = await together({
      whole: covered().text,
      broken: `${losing().text}nonsense\n`,
    })
    expect(report.verdict.damaged).toBe(true)
    expect(report.recordings.map(({ damaged }) => damaged)).toEqual([0, 1])
    const page = auditPage(report)
    for (const form of [pageText(page), pageMarkdown(page), pageHtml(page)]) {
      const words = form.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
      expect(words).toContain('1 part of broken damaged')
      expect(words).toContain('Damaged: broken (1 part)')
      expect(words).toMatch(/broken [|]? ?foreign [|]? ?1 [|]? ?line 5|broken foreign 1 line 5/)
      expect(words).toContain('The recordings')
    }
    expect(pageText(page)).toContain('seen in: broken')
  })

  it('say nothing of numbers where there is one', async () => {
    const report = await together({ only: losing().text })
    const text = pageText(auditPage(report))
    expect(text).not.toContain('seen in')
    expect(text).not.toContain(' of only)')
    expect(report.recordings).toEqual([report.reading])
  })

  it('say which one is no recording', async () => {
    await expect(together({ a: covered().text, b: 'hello\n' })).rejects.toThrow(
      /^b is not a recording/,
    )
  })
})
