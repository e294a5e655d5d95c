/** Replays of recordings that a test writes, and of the one that comes with kernel-sim. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Footprint } from '../../src/replay-memory/footprint.js'
import { PageLog } from '../../src/replay-memory/page-log.js'
import { replayMemory } from '../../src/replay-memory/replay-memory.js'
import { memoryReport } from '../../src/report/memory/report.js'
import { read, Trace } from '../audit/trace.js'

/** A recording of page events. Requests are movable unless their flags say otherwise. */
class Pages extends Trace {
  alloc(pfn: number, order = 0, fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_page_alloc', { pfn, order, gfp: 0x8, mt: 1, ...fields })
  }

  free(pfn: number, order = 0, fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_page_free', { pfn, order, ...fields })
  }
}

async function replay(trace: Trace, samples = 1000) {
  const { events, reading } = await read(trace.text)
  const log = new PageLog()
  for (const event of events) log.add(event)
  return memoryReport(reading, replayMemory(log, samples))
}

/** Past the zones for devices. */
const NORMAL = 1 << 20

describe('a replay', () => {
  it('begins with what the recording allocates before it frees', async () => {
    const { footprint, zones, samples } = await replay(
      new Pages()
        .alloc(NORMAL + 8, 3)
        .free(NORMAL + 8, 3)
        .alloc(NORMAL + 8)
        .free(NORMAL + 512, 2),
    )
    expect(footprint).toBe(8)
    expect(zones).toEqual([{ zone: 'Normal', pages: 1024 }])
    expect(samples.map(({ recorded }) => recorded.free)).toEqual([0, 8, 7, 11])
    expect(samples.map(({ model }) => model.free + model.perCpu)).toEqual([0, 8, 7, 11])
    expect(samples[1]?.recorded.blocks[3]).toBe(1)
    expect(samples.map(({ recorded }) => recorded.perCpu)).toEqual([0, 0, 0, 0])
    expect(samples.map(({ inUse }) => inUse)).toEqual([8, 0, 1, 1])
    expect(samples.map(({ line, time }) => [line, time])).toEqual([
      [1, 0],
      [2, 1000],
      [3, 2000],
      [4, 3000],
    ])
  })

  it('counts all pageblocks of a large block', async () => {
    const { samples } = await replay(new Pages().alloc(NORMAL, 10).alloc(NORMAL + 1024))
    expect(samples.map(({ recorded }) => recorded.pageblocks.used)).toEqual([2, 3])
    expect(samples.map(({ model }) => model.pageblocks.used)).toEqual([2, 3])
  })

  it('keeps zones apart', async () => {
    const { zones, departures, agrees } = await replay(
      new Pages()
        .alloc(1, 0, { gfp: 0x1, mt: 0 })
        .alloc(5000, 0, { gfp: 0x4, mt: 0 })
        .alloc(NORMAL + 2048),
    )
    expect(zones).toEqual([
      { zone: 'DMA', pages: 1024 },
      { zone: 'DMA32', pages: 1024 },
      { zone: 'Normal', pages: 1024 },
    ])
    expect([departures.otherZone, agrees]).toEqual([0, true])
  })

  it('says when the model takes from another zone', async () => {
    // The kernel gave a page of DMA32 while Normal still had one.
    const { departures } = await replay(new Pages().alloc(5000).alloc(NORMAL))
    expect(departures.otherZone).toBe(2)
  })

  it('says when flags and migratetype do not fit', async () => {
    const { departures, reasons } = await replay(
      new Pages().alloc(NORMAL, 0, { mt: 2 }).alloc(NORMAL + 1),
    )
    expect(departures.otherMigratetype).toBe(1)
    expect(reasons.at(-1)).toContain('1 allocation of another migratetype')
  })

  it('frees what must have been freed unseen', async () => {
    const { departures, samples, agrees } = await replay(
      new Pages()
        .alloc(NORMAL, 2)
        .alloc(NORMAL + 1) // inside
        .alloc(NORMAL, 3) // around
        .alloc(NORMAL, 3), // the same
    )
    expect(departures.unseenFrees).toBe(3)
    expect(samples.map(({ inUse }) => inUse)).toEqual([4, 1, 8, 8])
    expect(agrees).toBe(true)
  })

  it('frees what others had', async () => {
    const { departures, samples } = await replay(
      new Pages().free(NORMAL, 1).alloc(NORMAL, 1).free(NORMAL, 1).free(NORMAL, 1),
    )
    // The second time nobody has it, so somebody must have been given it unseen.
    expect(departures).toMatchObject({ unseenAllocations: 2, otherOrder: 0, freePages: 0 })
    expect(samples.map(({ recorded }) => recorded.free)).toEqual([2, 0, 2, 2])
  })

  it('frees blocks as they were allocated', async () => {
    const { departures, samples } = await replay(
      new Pages()
        .alloc(NORMAL, 2)
        .free(NORMAL + 1)
        .free(NORMAL, 1),
    )
    expect(departures.otherOrder).toBe(2)
    expect(samples.map(({ inUse }) => inUse)).toEqual([4, 4, 0])
  })

  it('names what the model has no block for', async () => {
    const { departures, agrees, reasons, samples } = await replay(
      new Pages()
        .alloc(NORMAL + 2)
        .alloc(NORMAL)
        .free(NORMAL + 2)
        // Free are 2 and 3 there; here it is the first page and 3.
        .alloc(NORMAL + 2, 1)
        .free(NORMAL + 2, 1),
    )
    expect(departures).toMatchObject({
      unservedCount: 1,
      unserved: [{ line: 4, order: 1, free: 2 }],
      freePages: 1,
    })
    expect(agrees).toBe(false)
    expect(reasons[0]).toContain('1 allocation found no block: line 4 (order 1, 2 free)')
    expect(samples.at(-1)?.model.free).toBe(2)
  })

  it('asks CPUs for what they keep before it gives up', async () => {
    const { agrees } = await replay(
      new Pages()
        .alloc(NORMAL, 0, { cpu: 1 })
        .alloc(NORMAL + 1, 0, { cpu: 0 })
        .free(NORMAL, 0, { cpu: 1 })
        .free(NORMAL + 1, 0, { cpu: 0 })
        .alloc(NORMAL, 1),
    )
    expect(agrees).toBe(true)
  })

  it('counts fallbacks, and pageblocks of mixed use', async () => {
    const { fallbacks, samples, reasons } = await replay(
      new Pages()
        .alloc(NORMAL, 0)
        .alloc(NORMAL + 1, 0)
        .free(NORMAL, 0)
        .alloc(NORMAL, 0, { gfp: 0, mt: 0 })
        .free(NORMAL)
        .free(NORMAL + 1),
    )
    expect(samples.at(-1)?.model.pageblocks).toEqual({ used: 0, mixed: 0 })
    expect(samples.map(({ recorded }) => recorded.pageblocks)).toEqual([
      { used: 1, mixed: 0 },
      { used: 1, mixed: 0 },
      { used: 1, mixed: 0 },
      { used: 1, mixed: 1 },
      { used: 1, mixed: 0 },
      { used: 0, mixed: 0 },
    ])
    expect(fallbacks).toMatchObject([{ wanted: 0, from: 1, count: 1 }])
    expect(reasons.join('\n')).toContain('1 fallback to another migratetype')
  })

  it('watches watermarks beside what the recorded machine did', async () => {
    const trace = new Pages().alloc(NORMAL + 8192).free(NORMAL + 8192)
    for (let i = 0; i < 8; i++) trace.alloc(NORMAL + 1024 * i, 10)
    trace
      .alloc(NORMAL + 8192)
      .free(NORMAL, 10)
      .alloc(NORMAL, 10)
    const { watermarks, reasons } = await replay(trace)
    expect(watermarks).toMatchObject([{ zone: 'Normal', fewest: 0, belowLow: 2, belowMin: 2 }])
    expect(watermarks[0]?.firstLine).toBe(10)
    expect(reasons.join('\n')).toContain('The recorded machine woke no kswapd')
    const short = await replay(trace.event('mm_vmscan_wakeup_kswapd', { nid: 0, order: 0, gfp: 0 }))
    expect(short.reasons.join('\n')).toContain('So did the recorded machine: 1 wake-up of kswapd')
    expect(short.reasons.join('\n')).not.toContain('the model never')
  })

  it('says when the recorded machine was short of memory, and the model is not', async () => {
    const trace = new Pages()
    for (let i = 0; i < 8; i++) trace.alloc(NORMAL + 1024 * i, 10).free(NORMAL + 1024 * i, 10)
    trace.event('mm_vmscan_direct_reclaim_begin', { order: 0, gfp: 0 })
    const { reasons, watermarks } = await replay(trace)
    expect(watermarks).toMatchObject([{ belowLow: 0, fewest: 7168 }])
    expect(reasons.join('\n')).toContain('1 direct reclaim), the model never')
  })

  it('leaves out what is no block, or failed', async () => {
    const { departures, pressure, allocations } = await replay(
      new Pages()
        .alloc(NORMAL)
        .alloc(NORMAL + 1, 1)
        .alloc(NORMAL + 2048, 11)
        .alloc(2 ** 64),
    )
    expect([departures.leftOut, pressure.failures, allocations]).toEqual([2, 1, 1])
  })

  it('has bounds for recordings that claim all the memory there is', async () => {
    const log = new PageLog()
    const { events } = await read(new Pages().alloc(NORMAL).text)
    const [event] = events
    if (event?.event !== 'mm_page_alloc') throw new Error('no page event')
    for (let i = 0; i < 300; i++) log.add({ ...event, pfn: NORMAL + 1024 * (i % 150) })
    const footprint = new Footprint(log, 100)
    expect(footprint.leftOut).toBe(100)
    expect(footprint.zones).toEqual({ DMA: 0, DMA32: 0, Normal: 100 * 1024 })
    expect([99, 100].map((chunk) => footprint.page(NORMAL + 1024 * chunk))).toEqual([99 * 1024, -1])
  })
})

it('a pageblock is of the migratetype that most of its pages are first allocated for', async () => {
  const { events } = await read(
    new Pages()
      .alloc(NORMAL, 0, { mt: 2 })
      .alloc(NORMAL + 8, 3, { mt: 0 })
      .alloc(NORMAL + 1)
      .alloc(NORMAL + 512, 0, { mt: 2 }).text,
  )
  const log = new PageLog()
  for (const event of events) log.add(event)
  expect([...new Footprint(log).migratetypes]).toEqual([0, 2])
})

describe('the recording that comes with kernel-sim', () => {
  const text = gunzipSync(
    readFileSync(new URL('../../examples/a-xfs.ndjson.gz', import.meta.url)),
  ).toString()
  const lines = text.split('\n').filter((line) => line.includes('"ev":"mm_page_'))

  it('is served as the kernel served it', async () => {
    const trace = new Trace()
    trace.lines.push(...lines)
    const { samples, agrees, departures, footprint } = await replay(trace, 50)
    expect(agrees).toBe(true)
    expect(departures).toMatchObject({
      unservedCount: 0,
      otherZone: 0,
      otherMigratetype: 0,
      unseenAllocations: 0,
      otherOrder: 0,
      leftOut: 0,
    })

    // Who has what, without any allocator.
    const held = new Map<number, number>()
    let unseen = 0
    for (const line of lines) {
      const { ev, pfn, order } = JSON.parse(line) as { ev: string; pfn: number; order: number }
      if (ev === 'mm_page_free') held.delete(pfn)
      else {
        if (held.has(pfn)) unseen++
        held.set(pfn, 2 ** order)
      }
    }
    expect(departures.unseenFrees).toBeGreaterThanOrEqual(unseen)
    for (const { recorded, model, inUse: pages } of samples) {
      expect(recorded.free + pages).toBe(footprint)
      expect(model.free + model.perCpu).toBe(recorded.free)
      expect(recorded.blocks.reduce((sum, count, order) => sum + count * 2 ** order, 0)).toBe(
        recorded.free,
      )
    }
    const total = [...held.values()].reduce((a, b) => a + b, 0)
    expect(samples.at(-1)?.inUse).toBe(total)
  })
})

it('a page log keeps all of its events', async () => {
  const { events } = await read(new Pages().alloc(NORMAL, 0, { mt: 2, gfp: 0x10 }).text)
  const [event] = events
  if (event?.event !== 'mm_page_alloc') throw new Error('no page event')
  const log = new PageLog()
  for (let i = 0; i < 5000; i++) {
    log.add({ ...event, cpu: i, pfn: 8 * i, order: i % 4, line: i, time: 1e15 + i })
  }
  log.add({ ...event, event: 'mm_page_free', pfn: 7 })
  for (let i = 0; i < 5000; i++) {
    const { kind, order, migratetype, cpu, gfp, pfn, time, line } = log
    expect(
      [kind, order, migratetype, cpu, gfp, pfn, time, line].map((column) => column[i]),
    ).toEqual([0, i % 4, 2, i, 0x10, 8 * i, 1e15 + i, i])
  }
  expect([log.length, log.kind[5000], log.pfn[5000]]).toEqual([5001, 1, 7])
})

describe('beside the pages', () => {
  it('reclaim for the limits of groups is counted, and the rules of 6.18 are tried too', async () => {
    const trace = new Pages()
    const reclaim = (gfp: number, reclaimed: number): void => {
      trace.event('mm_vmscan_memcg_reclaim_begin', { order: 0, gfp })
      trace.event('mm_vmscan_memcg_reclaim_end', { nr_reclaimed: reclaimed })
    }
    reclaim(0xcc0, 32)
    reclaim(0xc40, 0)
    // One page of each even pair is free in a movable pageblock, the rest of it in use.
    for (let i = 0; i < 40; i++) trace.alloc(NORMAL + 2 * i).free(NORMAL + 2 * i)
    trace.alloc(NORMAL, 0, { gfp: 0xcc0, mt: 0 })
    const { memcg, fallbacks, otherRules, reasons } = await replay(trace)
    expect(memcg).toEqual({ count: 2, withoutFs: 1, reclaimed: 32, inVain: 1 })
    expect(fallbacks).toMatchObject([{ wanted: 0, from: 1 }])
    expect(otherRules).toMatchObject({ kernel: '6.18', fallbacks: [{ wanted: 0, from: 1 }] })
    expect(reasons.join('\n')).toContain(
      '2 reclaims for memory cgroups freed 32 pages: 1 without __GFP_FS, 1 in vain.',
    )
    expect(reasons.join('\n')).toContain('Under the rules of Linux 6.18')
  })
})

describe('fallbacks that the kernel recorded', () => {
  const extfrag = (from: number, more: Readonly<Record<string, unknown>> = {}) => ({
    pfn: NORMAL,
    alloc_order: 0,
    fallback_order: 3,
    alloc_migratetype: 0,
    fallback_migratetype: from,
    change_ownership: 0,
    ...more,
  })
  const unmovable = { gfp: 0, mt: 0 }
  /** A movable block comes and goes; then something unmovable has to take from it. */
  const begun = () => new Pages().alloc(NORMAL, 9).free(NORMAL, 9)

  it('are held against those of the model, allocation by allocation', async () => {
    const { kernelFallbacks, fallbacks, reasons } = await replay(
      begun()
        .event('mm_page_alloc_extfrag', extfrag(1, { change_ownership: 1 }))
        .alloc(NORMAL, 3, unmovable)
        // The model has unmovable pages by now.
        .event('mm_page_alloc_extfrag', extfrag(2))
        .alloc(NORMAL + 8, 3, unmovable),
    )
    expect(fallbacks).toMatchObject([{ wanted: 0, from: 1, count: 1 }])
    expect(kernelFallbacks).toEqual({
      counts: [
        { wanted: 0, from: 1, count: 1, changed: 1 },
        { wanted: 0, from: 2, count: 1, changed: 0 },
      ],
      unattributed: 0,
      alike: 1,
      otherwise: 0,
      onlyKernel: 1,
      onlyModel: 0,
    })
    expect(reasons.join('\n')).toContain(
      'The kernel recorded 2 fallbacks (mm_page_alloc_extfrag). 1 allocation took from the same migratetype in both, 0 from different ones; 1 fell back in the kernel only, 0 in the model only.',
    )
  })

  it('may be from another migratetype, or of nobody that is recorded', async () => {
    const { kernelFallbacks } = await replay(
      begun()
        .event('mm_page_alloc_extfrag', extfrag(2))
        .event('mm_page_alloc_extfrag', extfrag(1, { pid: 4711 }))
        .alloc(NORMAL, 3, unmovable),
    )
    expect(kernelFallbacks).toMatchObject({
      unattributed: 1,
      alike: 0,
      otherwise: 1,
      onlyKernel: 0,
    })
  })

  it('belong to the next allocation of their task only', async () => {
    const { kernelFallbacks } = await replay(
      begun()
        .event('mm_page_alloc_extfrag', extfrag(1, { pid: 4711 }))
        .alloc(NORMAL, 3, unmovable)
        .alloc(NORMAL + 8, 3, { ...unmovable, pid: 4711 }),
    )
    expect(kernelFallbacks).toMatchObject({ alike: 0, onlyKernel: 1, onlyModel: 1 })
  })

  it('are told to be missing where there are none', async () => {
    const { kernelFallbacks, reasons } = await replay(begun().alloc(NORMAL, 3, unmovable))
    expect(kernelFallbacks).toBeNull()
    expect(reasons.join('\n')).toContain('the recording has no mm_page_alloc_extfrag')
  })

  it('are read from the text of ftrace', async () => {
    const line = (time: string, text: string) =>
      `          wl-a-1       [000] .....  ${time}: ${text}\n`
    const { events } = await read(
      line(
        '1.000001',
        'mm_page_alloc: page=0x1 pfn=0x100200 order=0 migratetype=0 gfp_flags=GFP_KERNEL',
      ) +
        line(
          '1.000002',
          'mm_page_alloc_extfrag: page=0x2 pfn=0x100000 alloc_order=0 fallback_order=9 pageblock_order=9 alloc_migratetype=0 fallback_migratetype=1 fragmenting=0 change_ownership=1',
        ) +
        line('1.000003', 'mm_page_free: page=0x3 pfn=0x100200 order=0'),
    )
    expect(events[1]).toMatchObject({
      event: 'mm_page_alloc_extfrag',
      pfn: 0x100000,
      allocOrder: 0,
      fallbackOrder: 9,
      allocMigratetype: 0,
      fallbackMigratetype: 1,
      changeOwnership: true,
    })
    expect(events[2]).toMatchObject({ event: 'mm_page_free', pfn: 0x100200, order: 0 })
  })
})
