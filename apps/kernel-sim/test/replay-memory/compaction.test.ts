/** Compaction in a replay: what belongs to which compaction, and what becomes of pages that are moved. */
import { describe, expect, it } from 'vitest'
import { PageLog } from '../../src/replay-memory/page-log.js'
import { replayMemory } from '../../src/replay-memory/replay-memory.js'
import { pageText } from '../../src/report/form/text.js'
import { memoryPage } from '../../src/report/memory/page.js'
import { memoryReport } from '../../src/report/memory/report.js'
import { read, Trace } from '../audit/trace.js'

const NORMAL = 1 << 20
/** GFP_HIGHUSER_MOVABLE | __GFP_ZERO, and GFP_KERNEL | __GFP_COMP. */
const ANON = 0x100dca
const LARGE = 0x40cc0

class Memory extends Trace {
  alloc(pfn: number, order = 0, fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_page_alloc', { pfn, order, gfp: ANON, mt: 1, ...fields })
  }

  free(pfn: number, order = 0, fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_page_free', { pfn, order, ...fields })
  }

  request(fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_compaction_try_to_compact_pages', {
      ...{ order: 4, gfp_mask: LARGE, prio: 1 },
      ...fields,
    })
  }

  suitable(ret: number, order = 4, fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_compaction_suitable', { order, ret, ...fields })
  }

  begin(fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_compaction_begin', { sync: 1, ...fields })
  }

  moved(nr_migrated: number, nr_failed = 0): this {
    return this.event('mm_compaction_migratepages', { nr_migrated, nr_failed })
  }

  ended(status: number, fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_compaction_end', { sync: 1, status, ...fields })
  }
}

async function replay(trace: Trace) {
  const { events, reading } = await read(trace.text)
  expect(reading.damaged).toBe(0)
  const log = new PageLog()
  for (const event of events) log.add(event)
  return memoryReport(reading, replayMemory(log, 1000))
}

/** What the kernel's compactions came to: for whom, how often, results, pages. */
async function kernel(trace: Memory) {
  const { compaction } = await replay(trace.alloc(NORMAL))
  return (compaction?.rows ?? []).map(({ by, order, count, kernel: { results, moved } }) => [
    ...[by, order, count, moved],
    ...results.map(({ result, count: times }) => `${times} of ${result}`),
  ])
}

describe('a compaction', () => {
  it('has the best result of its zones, and the pages of all of them', async () => {
    const trace = new Memory()
      .request()
      .event('mm_compaction_deferred', { order: 4 })
      .suitable(4)
      .begin()
      .moved(32)
      .ended(5)
      .suitable(4)
      .begin()
      .moved(7)
      .ended(8)
    expect(await kernel(trace)).toEqual([['request', 4, 1, 39, '1 of 8']])
  })

  it('may be skipped or deferred, and may leave no result', async () => {
    const trace = new Memory()
      .request()
      .suitable(1)
      .request()
      .event('mm_compaction_deferred', { order: 4 })
      .request()
    expect(await kernel(trace)).toEqual([['request', 4, 3, 0, '1 of 1', '1 of 2', '1 of 0']])
  })

  it('is for nobody in particular where no zone was looked at for an order', async () => {
    const older = new Memory().request().suitable(1).suitable(4, -1).begin().ended(5)
    expect(await kernel(older)).toEqual([
      ['request', 4, 1, 0, '1 of 1'],
      ['nobody', -1, 1, 0, '1 of 5'],
    ])
    // Since 6.4 nobody looks then.
    const newer = new Memory().request().suitable(1).begin().ended(5)
    expect(await kernel(newer)).toEqual([
      ['request', 4, 1, 0, '1 of 1'],
      ['nobody', -1, 1, 0, '1 of 5'],
    ])
    // Where that was not recorded, it is taken for the request's.
    expect(await kernel(new Memory().request().begin().ended(5))).toEqual([
      ['request', 4, 1, 0, '1 of 5'],
    ])
  })

  it('ends with the block, with reclaim, and with the sleep of kcompactd', async () => {
    const kcompactd = { pid: 28, comm: 'kcompactd0' }
    const trace = new Memory()
      .request()
      .alloc(NORMAL, 4, { gfp: LARGE, mt: 0 })
      .suitable(1)
      .request({ order: 5 })
      .event('mm_vmscan_direct_reclaim_begin', { order: 5, gfp: LARGE })
      .suitable(1, 5)
      .event('mm_compaction_kcompactd_wake', { nid: 0, order: 9, ...kcompactd })
      .suitable(4, 9, kcompactd)
      .begin(kcompactd)
      .ended(6, kcompactd)
      .event('mm_compaction_kcompactd_sleep', { nid: 0, ...kcompactd })
      .begin(kcompactd)
      .ended(8, kcompactd)
    expect(await kernel(trace)).toEqual([
      ['request', 4, 1, 0, '1 of 0'],
      ['request', 5, 1, 0, '1 of 0'],
      ['kcompactd', 9, 1, 0, '1 of 6'],
      ['nobody', -1, 1, 0, '1 of 8'],
    ])
  })

  it('is that of its task', async () => {
    const other = { pid: 4711 }
    const trace = new Memory()
      .request()
      .request({ ...other, order: 3 })
      .suitable(1, 3, other)
      .suitable(4)
      .begin()
      .ended(8)
    expect(await kernel(trace)).toEqual([
      ['request', 4, 1, 0, '1 of 8'],
      ['request', 3, 1, 0, '1 of 1'],
    ])
  })

  it('is not a result of what reclaim asks for another order', async () => {
    const trace = new Memory().request().suitable(8, 3).suitable(1)
    expect(await kernel(trace)).toEqual([['request', 4, 1, 0, '1 of 1']])
  })
})

describe('pages that the kernel moves', () => {
  /** Two pages of a program, which the kernel moves; it takes three free pages for that, and gives one back. */
  const moving = () =>
    new Memory()
      .alloc(NORMAL)
      .alloc(NORMAL + 1)
      .alloc(NORMAL + 8, 2)
      .free(NORMAL + 8, 2)
      .request()
      .suitable(4)
      .begin()
      .free(NORMAL)
      .free(NORMAL + 1)
      .moved(2)
      .free(NORMAL + 10)
      .ended(8)

  it('stay in use, where nobody knows', async () => {
    const { samples, departures, agrees, reasons } = await replay(moving())
    expect(agrees).toBe(true)
    expect(departures).toMatchObject({ unseenAllocations: 0, otherOrder: 0 })
    const last = samples.at(-1)
    expect(last).toMatchObject({ inUse: 0, moved: 2 })
    expect(last?.recorded.free).toBe(6)
    expect((last?.model.free ?? 0) + (last?.model.perCpu ?? 0)).toBe(4)
    expect(reasons.join('\n')).toContain('2 pages that the kernel moved are in use in the end')
  })

  it('are freed where they are found free already', async () => {
    const { samples, departures, agrees } = await replay(
      moving()
        .free(NORMAL + 8)
        .free(NORMAL + 9)
        .free(NORMAL + 11),
    )
    expect(agrees).toBe(true)
    expect(samples.slice(-3).map(({ moved }) => moved)).toEqual([1, 0, 0])
    // The third is of somebody who was given it unseen.
    expect(departures.unseenAllocations).toBe(1)
    const last = samples.at(-1)
    expect((last?.model.free ?? 0) + (last?.model.perCpu ?? 0)).toBe(6)
  })

  it('may be of somebody whom the recording does not see', async () => {
    const { samples, footprint, agrees } = await replay(
      new Memory()
        .request()
        .suitable(4)
        .begin()
        .free(NORMAL)
        .moved(1)
        .free(NORMAL + 5)
        .ended(5),
    )
    // What compaction gives back was free before.
    expect([footprint, agrees]).toEqual([1, true])
    expect(samples.at(-1)).toMatchObject({ inUse: 0, moved: 1, recorded: { free: 2 } })
  })

  it('are only those that the same task frees in between, and not in an interrupt', async () => {
    const other = { pid: 4711 }
    const { samples } = await replay(
      new Memory()
        .alloc(NORMAL)
        .alloc(NORMAL + 1)
        .alloc(NORMAL + 2)
        .free(NORMAL + 2)
        .request()
        .suitable(4)
        .begin()
        .free(NORMAL, 0, other)
        .free(NORMAL + 1)
        .moved(1)
        .ended(8),
    )
    expect(samples.at(-1)).toMatchObject({ inUse: 0, moved: 1 })
  })
})

describe('the compaction of the model', () => {
  /** Pages of a program in every other place of so much memory. */
  function pieces(pages: number): Memory {
    const trace = new Memory()
    for (let page = 0; page < pages; page++) trace.alloc(NORMAL + page)
    for (let page = 0; page < pages; page += 2) trace.free(NORMAL + page)
    return trace
  }

  it('is asked what the kernel was asked, and moves what was seen to be movable', async () => {
    const { compaction } = await replay(
      pieces(2048).request().suitable(4).begin().ended(8).alloc(NORMAL, 4, { gfp: LARGE, mt: 0 }),
    )
    const [row] = compaction?.rows ?? []
    expect(row).toMatchObject({ by: 'request', order: 4, gfp: LARGE, priority: 1, count: 1 })
    expect(row?.model.results).toEqual([{ result: 8, count: 1 }])
    expect(row?.model.moved).toBeGreaterThan(0)
    expect(compaction?.own).toEqual({ asked: 0, served: 0 })
  })

  it('keeps count of what it moves: whoever frees it later frees it there', async () => {
    const trace = pieces(2048).event('mm_compaction_begin', { sync: 1 }).ended(5)
    for (let page = 1; page < 2048; page += 2) trace.free(NORMAL + page)
    const { samples, agrees, compaction } = await replay(trace)
    expect(compaction?.rows).toMatchObject([{ by: 'nobody', order: -1, gfp: 0, priority: -1 }])
    expect(compaction?.rows[0]?.model.moved).toBeGreaterThan(100)
    expect(agrees).toBe(true)
    expect(samples.at(-1)?.model).toMatchObject({ pageblocks: { used: 0, mixed: 0 } })
  })

  it('leaves pages of files alone without __GFP_FS, and does nothing without __GFP_IO', async () => {
    const asked = async (gfp: number, page: number) => {
      const trace = new Memory()
      for (let i = 0; i < 2048; i++) trace.alloc(NORMAL + i, 0, { gfp: page })
      for (let i = 0; i < 2048; i += 2) trace.free(NORMAL + i)
      const { compaction } = await replay(
        trace.request({ gfp_mask: gfp }).suitable(1).alloc(NORMAL),
      )
      return compaction?.rows[0]?.model
    }
    const file = ANON & ~0x100
    expect((await asked(LARGE, file))?.moved).toBeGreaterThan(0)
    expect((await asked(LARGE & ~0x80, file))?.moved).toBe(0)
    expect((await asked(LARGE & ~0x80, ANON))?.moved).toBeGreaterThan(0)
    expect(await asked(LARGE & ~0xc0, ANON)).toEqual({
      moved: 0,
      results: [{ result: 1, count: 1 }],
    })
  })

  it('is no longer put off once a request that waited for it has its block', async () => {
    const asked = async (pid?: number) => {
      const trace = new Memory()
      const unmovable = { gfp: LARGE & ~0x40000, mt: 0 }
      for (let page = 0; page < 2048; page++) trace.alloc(NORMAL + page, 0, unmovable)
      for (let page = 0; page < 2048; page += 2) trace.free(NORMAL + page)
      trace.request().suitable(4).begin().ended(5)
      for (let page = 1; page < 1024; page += 2) trace.free(NORMAL + page)
      if (pid !== undefined) trace.alloc(NORMAL, 4, { gfp: LARGE, mt: 0, pid })
      const { compaction } = await replay(
        trace
          .request()
          .suitable(8)
          .alloc(NORMAL + 1024),
      )
      return compaction?.rows[0]?.model.results.map(({ result }) => result)
    }
    expect(await asked()).toEqual([5, 2])
    expect(await asked(100)).toEqual([5, 8])
    // What somebody else gets says nothing of it.
    expect(await asked(4711)).toEqual([5, 2])
  })

  it('comes before a request gets nothing', async () => {
    // In the kernel the other pages of the block were free by then.
    const trace = new Memory()
    for (let page = 0; page < 4096; page++) trace.alloc(NORMAL + page)
    for (let page = 0; page < 1024; page++) trace.free(NORMAL + 3072 + page)
    for (let page = 0; page < 1024; page += 2) trace.free(NORMAL + page)
    const { compaction, agrees, reasons } = await replay(
      trace
        .alloc(NORMAL + 3072, 9, { gfp: LARGE, mt: 0 })
        .alloc(NORMAL + 3584, 9, { gfp: LARGE, mt: 0 }),
    )
    if (compaction !== null) {
      expect(compaction.rows).toEqual([])
      expect(compaction.own.served).toBeLessThanOrEqual(compaction.own.asked)
      expect(reasons.join('\n')).toContain('for itself')
    }
    expect(agrees).toBe(true)
  })

  it('stands beside the kernel in the report', async () => {
    const report = await replay(pieces(2048).request().suitable(4).begin().ended(8))
    const page = pageText(memoryPage(report))
    expect(page).toMatch(/GFP_KERNEL\S* +4 +sync +1 +1 success +1 success/)
    expect(report.reasons.join('\n')).toContain(
      'The kernel compacted memory 1 time, and moved 0 pages',
    )
  })
})
