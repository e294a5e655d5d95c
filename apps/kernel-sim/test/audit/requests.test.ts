/** Requests, their call sites and the tasks that make them, in small recordings of which each shows one thing. */
import { describe, expect, it } from 'vitest'
import { GFP_KERNEL, GFP_NOFS, GFP_NOIO, MEMALLOC, NOFS, NOIO, Trace } from './trace.js'

describe('a request in a scope', () => {
  it('loses what the scope forbids, and is counted by what it lost', async () => {
    const { requests } = await new Trace()
      .kmalloc({ fl: NOFS })
      .kmalloc({ fl: NOIO })
      .kmalloc({ fl: NOIO, gfp: GFP_NOFS })
      .kmalloc({ fl: NOFS, gfp: GFP_NOFS })
      .kmalloc()
      .facts()
    expect(requests).toMatchObject({ total: 5, weakened: { total: 3, fs: 2, io: 2 } })
  })

  it.each([
    ['NOFS', GFP_NOFS, NOFS, 'covered'],
    ['NOFS', GFP_NOFS, NOIO, 'covered'],
    ['NOFS', GFP_NOFS, NOFS | MEMALLOC, 'covered'],
    ['NOFS', GFP_NOFS, MEMALLOC, 'memalloc'],
    ['NOFS', GFP_NOFS, 0, 'uncovered'],
    ['NOIO', GFP_NOIO, NOIO, 'covered'],
    ['NOIO', GFP_NOIO, NOFS, 'uncovered'],
    ['NOIO', GFP_NOIO, MEMALLOC, 'memalloc'],
  ])('that passes GFP_%s (0x%x) with task flags 0x%x is %s', async (name, gfp, fl, how) => {
    const { callSites } = await new Trace().kmalloc({ gfp, fl }).facts()
    const none = { covered: 0, memalloc: 0, uncovered: 0, interrupt: 0 }
    expect(callSites.explicit).toMatchObject([{ class: name, requests: 1, ...none, [how]: 1 }])
  })

  it('counts by function as covered always, sometimes or never', async () => {
    const { callSites } = await new Trace()
      .kmalloc({ gfp: GFP_NOFS, fl: NOFS, st: '__kmalloc+1;always+2;x+3' })
      .kmalloc({ gfp: GFP_NOFS, fl: NOFS, st: '__kmalloc+1;sometimes+2;x+3' })
      .kmalloc({ gfp: GFP_NOFS, st: '__kmalloc+1;sometimes+2;y+3' })
      .kmalloc({ gfp: GFP_NOFS, st: '__kmalloc+1;never+2;x+3' })
      .facts()
    expect(callSites.coverage).toEqual({
      always: { sites: 1, requests: 1 },
      sometimes: { sites: 1, requests: 2 },
      never: { sites: 1, requests: 1 },
      unknown: { sites: 0, requests: 0 },
    })
    expect(callSites.explicit).toHaveLength(4)
  })

  it('is told by what the tracepoint says where there is no stack', async () => {
    const trace = new Trace().event('kmalloc', {
      site: 'somebody',
      req: 1,
      alloc: 8,
      gfp: GFP_NOFS,
      node: -1,
      st_lost: 1,
    })
    const { callSites } = await trace.facts()
    expect(callSites.explicit).toMatchObject([{ site: 'somebody', caller: '?' }])
  })

  it('shows the flags passed, most frequent first', async () => {
    const { callSites } = await new Trace()
      .kmalloc({ gfp: GFP_NOFS | 0x100 })
      .kmalloc({ gfp: GFP_NOFS })
      .kmalloc({ gfp: GFP_NOFS })
      .facts()
    expect(callSites.explicit[0]?.gfp).toEqual([
      { gfp: GFP_NOFS, requests: 2 },
      { gfp: GFP_NOFS | 0x100, requests: 1 },
    ])
  })
})

describe('a task', () => {
  it('opens a scope when a flag appears between two of its events, also a second time', async () => {
    const { tasks } = await new Trace()
      .kmalloc()
      .kmalloc({ fl: NOFS })
      .kmalloc({ fl: NOFS | NOIO })
      .kmalloc({ fl: NOIO })
      .kmalloc({ fl: NOFS })
      .facts()
    expect(tasks).toEqual({
      tasks: 1,
      scopes: [
        { scope: 'NOFS', opened: 2 },
        { scope: 'NOIO', opened: 1 },
      ],
    })
  })

  it('is its own on every CPU where it is the idle task', async () => {
    const { tasks } = await new Trace()
      .kmalloc({ pid: 0, cpu: 0, fl: NOFS })
      .kmalloc({ pid: 0, cpu: 1 })
      .kmalloc({ pid: 0, cpu: 0, fl: NOFS })
      .facts()
    expect(tasks).toEqual({ tasks: 2, scopes: [{ scope: 'NOFS', opened: 1 }] })
  })

  it('keeps all 32 bits of its flags', async () => {
    const { requests } = await new Trace()
      .kmalloc({ fl: 0xffffffff })
      .kmalloc({ fl: 0x80000000 })
      .facts()
    expect(requests.classes).toMatchObject([{ scopes: { 'MEMALLOC+NOIO+NOFS+PIN': 1, none: 1 } }])
  })
})

describe('page allocations', () => {
  it('are checked against every scope that the task is in', async () => {
    const { pages } = await new Trace()
      .slabPage({ fl: NOFS | NOIO, gfp: GFP_KERNEL })
      .slabPage({ fl: NOIO, gfp: GFP_NOFS })
      .slabPage({ fl: 0x10000000, gfp: 8, mt: 1 })
      .slabPage({ fl: NOFS, gfp: GFP_NOFS })
      .slabPage({ fl: NOFS, gfp: GFP_KERNEL })
      .facts()
    expect(pages.invariants).toEqual([
      { scope: 'NOFS', forbids: '__GFP_FS', checked: 3, violations: 2, lines: [1, 5], seenIn: [0] },
      {
        scope: 'NOIO',
        forbids: '__GFP_IO|__GFP_FS',
        checked: 2,
        violations: 2,
        lines: [1, 2],
        seenIn: [0],
      },
      {
        scope: 'PIN',
        forbids: '__GFP_MOVABLE',
        checked: 1,
        violations: 1,
        lines: [3],
        seenIn: [0],
      },
    ])
  })

  it('are named where they violate a scope, the first three', async () => {
    const trace = new Trace()
    for (let i = 0; i < 5; i++) trace.slabPage({ fl: NOFS, gfp: GFP_KERNEL })
    const [nofs] = (await trace.facts()).pages.invariants
    expect(nofs).toMatchObject({ violations: 5, lines: [1, 2, 3] })
  })

  it('count by whether there was a page, and by whether the migratetype is what the flags say', async () => {
    const { pages } = await new Trace()
      .slabPage({ pfn: 2 ** 64 })
      .slabPage({ mt: 1 })
      .slabPage({ gfp: 0x10, mt: 2 })
      .facts()
    expect(pages).toMatchObject({ total: 3, failed: 1, migratetypeAgrees: 2 })
  })
})

describe('time', () => {
  it('adds up over recordings that follow each other', async () => {
    const trace = new Trace()
      .at(5e9)
      .kmalloc()
      .at(7e9)
      .kmalloc()
      .at(1e9)
      .kmalloc()
      .at(2e9)
      .kmalloc()
    const { time } = await trace.facts()
    expect(time.recordings).toBe(2)
    expect(time.seconds).toBeCloseTo(3, 5)
  })
})
