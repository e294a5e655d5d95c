/** Counts: that nothing is counted twice, charged to the wrong task, or taken for known that is not. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { auditOf, GFP_NOFS, NOFS, NOIO, read, Trace } from './trace.js'

const data = (name: string) => readFileSync(new URL(`../data/${name}`, import.meta.url))

const INTERRUPTED =
  '__kmalloc_noprof+1;f+2;handle_softirqs+3;asm_sysvec_apic_timer_interrupt+4;user+5'

describe('prediction', () => {
  it('begins anew after each slab that a bulk request gets', async () => {
    const { facts } = await auditOf(data('bulk-refill.ndjson'))
    expect(facts.agreement).toMatchObject({ compared: 2, agree: 2, disagreements: [] })
  })
})

describe('a page in two scopes', () => {
  it('is checked by the rules of both, and is one page', async () => {
    const { pages } = await new Trace()
      .slabPage({ fl: NOFS | NOIO, gfp: 0x52c00 })
      .slabPage({ fl: NOFS | NOIO, gfp: 0x52cc0 })
      .slabPage({ fl: NOFS, gfp: 0x52c40 })
      .facts()
    expect(pages.invariants.map(({ checked, violations }) => [checked, violations])).toEqual([
      [3, 1],
      [2, 1],
      [0, 0],
    ])
    expect(pages.inScopes).toEqual({ checked: 3, violations: 1 })
  })
})

describe('an interrupt', () => {
  it('does not delegate for the task below it when it arms delayed work', async () => {
    const { work } = await new Trace()
      .arm('0x1', { fl: NOFS, st: INTERRUPTED })
      .queue('0x1', 'late_fn', { pid: -1, comm: '(other)', st: undefined })
      .start('0x1', 'late_fn')
      .kmalloc({ pid: 7, st: '__kmalloc_noprof+1;late_fn+2;process_one_work+3' })
      .end('0x1', 'late_fn')
      .facts()
    expect([work.delegations, work.lost, work.lostFunctions]).toEqual([[], [], []])
    expect(work.armed).toMatchObject([{ fn: 'late_fn', scope: 'interrupt', armed: 1 }])
  })

  it('that executes an item is no worker: what the task below allocates is not of the item', async () => {
    const ftrace = (flags: string, time: number, rest: string) =>
      `          wl-a-1     [000] ${flags} 1.00000${time}: ${rest}\n`
    const { facts } = await auditOf(
      ftrace('..s1.', 1, 'workqueue_execute_start: work struct ffff1: function bh_fn') +
        ftrace(
          '.....',
          2,
          'kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_KERNEL',
        ) +
        ftrace('..s1.', 3, 'workqueue_execute_end: work struct ffff1: function bh_fn'),
    )
    expect(facts.work.functions).toMatchObject([{ fn: 'bh_fn', executions: 1, allocations: 0 }])
  })
})

describe('what a work function lost', () => {
  it('is one execution however many call sites there were, and tells tasks from times', async () => {
    const trace = new Trace()
    for (let i = 0; i < 4; i++) {
      trace
        .queue('0x1', 'push', {
          fl: NOFS,
          pid: 100 + (i % 2),
          st: '__queue_work+1;queue_work_on+2;user+5;sys+9',
        })
        .event('sched_switch', {
          fl: NOFS,
          pid: 100 + (i % 2),
          prev_state: 2,
          st: '__schedule+1;schedule+2;wait_for_completion+3;user+50;sys+9',
        })
        .start('0x1', 'push')
      for (const site of ['a', 'b', 'a']) {
        trace.kmalloc({ pid: 7, st: `__kmalloc_noprof+1;${site}+2;push+3;process_one_work+4` })
      }
      trace.end('0x1', 'push')
    }
    const { work } = await trace.facts()
    expect(
      work.lost.map(({ site, executions, allocations }) => [site, executions, allocations]),
    ).toEqual([
      ['a', 4, 8],
      ['b', 4, 4],
    ])
    expect(work.lostFunctions).toMatchObject([
      {
        fn: 'push',
        certain: true,
        scopes: ['NOFS'],
        regained: ['__GFP_FS'],
        executions: 4,
        allocations: 12,
        waited: 4,
        waiters: 2,
      },
    ])
  })
})

describe('requests that pass GFP_NOFS', () => {
  it('add up, those of which nobody knows included', async () => {
    const text = (gfp: string) =>
      `          wl-a-1     [000] ..... 1.000001: kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=${gfp}\n`
    const { facts } = await auditOf(text('GFP_NOFS') + text('GFP_NOIO') + text('GFP_KERNEL'))
    const { requests, covered, memalloc, uncovered, interrupt, unknown } = facts.callSites.requests
    expect([requests, unknown]).toEqual([2, 2])
    expect(covered + memalloc + uncovered + interrupt + unknown).toBe(requests)
    const { always, sometimes, never, unknown: nobodyKnows } = facts.callSites.coverage
    const sites = [always, sometimes, never, nobodyKnows]
    expect(sites.reduce((sum, each) => sum + each.requests, 0)).toBe(requests)
  })

  it('are told apart by the return addresses of their call paths', async () => {
    const from = (offset: number) =>
      `__kmalloc_noprof+1;ext4_find_extent+2;ext4_convert_unwritten_extents+${offset};work+3`
    const { callSites } = await new Trace()
      .kmalloc({ gfp: GFP_NOFS, fl: NOFS, st: from(177) })
      .kmalloc({ gfp: GFP_NOFS, st: from(341) })
      .facts()
    expect(callSites.explicit).toMatchObject([
      { verdict: 'sometimes', paths: { always: 1, sometimes: 0, never: 1 } },
    ])
    expect(callSites.explicit[0]?.uncoveredFrom[0]?.frames).toContain(
      'ext4_convert_unwritten_extents+341',
    )
  })
})

describe('reclaim', () => {
  const ftrace = (time: string, rest: string) =>
    `         kswapd0-45    [000] ..... ${time}: ${rest}\n`

  it('of a task whose scope is not known is nobody’s', async () => {
    const { facts } = await auditOf(
      ftrace('1.000001', 'mm_vmscan_memcg_reclaim_begin: order=0 gfp_flags=GFP_NOFS') +
        ftrace('1.000009', 'mm_vmscan_memcg_reclaim_end: nr_reclaimed=3'),
    )
    expect(facts.reclaim.restricted).toEqual({ byScope: 0, byCaller: 0, unknown: 1 })
    expect(facts.reclaim.tasks).toMatchObject([{ totalUs: 8, histogram: [0, 0, 0, 1] }])
  })

  it('has the shrinkers of kswapd, and how long they took', async () => {
    const start =
      'mm_shrink_slab_start: super_cache_scan+0x0/0x1a0 0000e89d: nid: 1 objects to shrink 824 gfp_flags GFP_KERNEL cache items 10'
    const end =
      'mm_shrink_slab_end: super_cache_scan+0x0/0x1a0 0000e89d: nid: 1 unused scan count 824 last shrinker return val 1021'
    const { facts } = await auditOf(
      ftrace('1.000000', start) + ftrace('1.001000', end) + ftrace('2.000000', start),
    )
    expect(facts.reclaim.shrinkers).toMatchObject([
      {
        shrinker: 'super_cache_scan',
        comm: 'kswapd0',
        runs: 2,
        ended: 1,
        totalUs: 1000,
        maxUs: 1000,
      },
    ])
  })
})

describe('a stack that was lost', () => {
  it('may be written as no frames', async () => {
    const { events, reading } = await read(
      new Trace().kmalloc({ st: '', st_lost: 1 }).kmalloc({ st: undefined, st_lost: 1 }).text,
    )
    expect(reading.damaged).toBe(0)
    expect(events.map(({ stack }) => stack)).toEqual([undefined, undefined])
  })
})
