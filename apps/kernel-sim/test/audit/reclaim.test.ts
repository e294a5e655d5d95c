/** Reclaim, waits, and whether somebody waits for what was delegated. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { auditOf, GFP_KERNEL, GFP_NOFS, NOFS, NOIO, Trace } from './trace.js'

const data = (name: string) => readFileSync(new URL(`../data/${name}`, import.meta.url))

describe('reclaim in an excerpt of a recording', () => {
  const expected = JSON.parse(data('reclaim.facts.json').toString()) as {
    readonly entries: readonly [
      scope: string,
      name: string,
      entries: number,
      pages: number,
      us: number,
    ][]
    readonly shrinkers: readonly [shrinker: string, scope: string, name: string, runs: number][]
  }

  it('is as the other program found it', async () => {
    const { facts } = await auditOf(data('reclaim.ndjson.gz'))
    for (const [scope, name, entries, pages, us] of expected.entries) {
      const rows = facts.reclaim.entries.filter((row) => row.scope === scope && row.class === name)
      const sum = (key: 'entries' | 'reclaimed' | 'totalUs') =>
        rows.reduce((total, row) => total + row[key], 0)
      expect([sum('entries'), sum('reclaimed')]).toEqual([entries, pages])
      expect(sum('totalUs')).toBeCloseTo(us, 3)
    }
    expect(
      facts.reclaim.shrinkers.map((row) => [row.shrinker, row.scope, row.class, row.runs]).sort(),
    ).toEqual([...expected.shrinkers].sort())
    expect(facts.agreement.agree).toBe(facts.agreement.compared)
  })
})

describe('reclaim', () => {
  const begin = {
    order: 0,
    gfp: GFP_NOFS,
    st: 'try_to_free_mem_cgroup_pages+1;try_charge_memcg+2;charge_memcg+3;__mem_cgroup_charge+4;filemap_add_folio+5;user+6;caller+7',
  }

  it('is entered on behalf of the first function outside of it', async () => {
    const { reclaim } = await new Trace()
      .event('mm_vmscan_memcg_reclaim_begin', begin)
      .event('mm_vmscan_memcg_reclaim_end', { nr_reclaimed: 5 })
      .event('mm_vmscan_direct_reclaim_begin', { ...begin, fl: NOFS })
      .facts()
    expect(reclaim.entries).toMatchObject([
      {
        kind: 'memcg',
        scope: 'none',
        class: 'NOFS',
        site: 'user',
        caller: 'caller',
        entries: 1,
        reclaimed: 5,
        totalUs: 1,
        maxUs: 1,
      },
      { kind: 'direct', scope: 'NOFS', entries: 1, reclaimed: 0 },
    ])
    expect(reclaim.restricted).toEqual({ byScope: 1, byCaller: 1, unknown: 0 })
    expect(reclaim.entries.map(({ gfp }) => gfp)).toEqual([
      [{ gfp: GFP_NOFS, entries: 1 }],
      [{ gfp: GFP_NOFS, entries: 1 }],
    ])
  })

  it('is entered on behalf of whoever called the allocator, and its containers', async () => {
    const st =
      'try_to_free_mem_cgroup_pages+1;try_charge_memcg+2;kmem_cache_alloc_lru_noprof+3;xas_nomem+4;user+5;caller+6'
    const { reclaim } = await new Trace()
      .event('mm_vmscan_memcg_reclaim_begin', { ...begin, st })
      .facts()
    expect(reclaim.entries).toMatchObject([{ site: 'user', caller: 'caller' }])
  })

  it('is restricted by a scope only where the task flags have one', async () => {
    const { reclaim } = await new Trace()
      .event('mm_vmscan_memcg_reclaim_begin', { ...begin, fl: 0x400100 })
      .facts()
    expect(reclaim.restricted).toEqual({ byScope: 0, byCaller: 1, unknown: 0 })
  })

  it('is summed up for the tasks of one name, whoever asked', async () => {
    const memcg = (fields: Readonly<Record<string, unknown>>) => ({ ...begin, ...fields })
    const { reclaim } = await new Trace()
      .event('mm_vmscan_memcg_reclaim_begin', memcg({}))
      .event('mm_vmscan_memcg_reclaim_end', { nr_reclaimed: 5 })
      .event('mm_vmscan_memcg_reclaim_begin', memcg({ st: 'shrink_node+1;other+2;caller+3' }))
      .at(2_000_000)
      .event('mm_vmscan_memcg_reclaim_end', { nr_reclaimed: 7 })
      .event('mm_vmscan_memcg_reclaim_begin', memcg({ comm: 'kswapper', pid: 3 }))
      .facts()
    expect(reclaim.entries).toHaveLength(2)
    expect(reclaim.tasks).toMatchObject([
      { comm: 'wl-test', kind: 'memcg', scope: 'none', class: 'NOFS', entries: 2, reclaimed: 12 },
      { comm: 'kswapper', entries: 1, reclaimed: 0, totalUs: 0 },
    ])
    expect(reclaim.tasks[0]).toMatchObject({ totalUs: 999, maxUs: 998 })
  })

  it('that is not over yet, or began before the recording, has no length', async () => {
    const { reclaim } = await new Trace()
      .event('mm_vmscan_memcg_reclaim_end', { nr_reclaimed: 5 })
      .event('mm_vmscan_memcg_reclaim_begin', { ...begin, gfp: GFP_KERNEL })
      .facts()
    expect(reclaim.entries).toMatchObject([
      { class: 'KERNEL', entries: 1, reclaimed: 0, totalUs: 0 },
    ])
    expect(reclaim.restricted).toEqual({ byScope: 0, byCaller: 0, unknown: 0 })
  })
})

describe('a sleep', () => {
  const sleep = (st: string, fl: number) => ({ fl, prev_state: 2, st })

  it('counts inside a scope, by how, where and from where', async () => {
    const { waits } = await new Trace()
      .event(
        'sched_switch',
        sleep('__schedule+1;schedule+2;schedule_timeout+3;wait_for_completion+4;a+5;b+6', NOFS),
      )
      .event(
        'sched_switch',
        sleep(
          '__schedule+1;schedule+2;io_schedule+3;bit_wait_io+4;__wait_on_bit+5;out_of_line_wait_on_bit+6;a+5;b+6',
          NOIO,
        ),
      )
      .event('sched_switch', sleep('__schedule+1;schedule+2;a+5', NOIO))
      .event('sched_switch', sleep('__schedule+1;schedule+2;a+5', 0))
      .facts()
    expect(waits.map(({ wait, site, caller, scope }) => [wait, site, caller, scope])).toEqual([
      ['wait_for_completion', 'a', 'b', 'NOFS'],
      ['out_of_line_wait_on_bit', 'a', 'b', 'NOIO'],
      ['schedule', 'a', '?', 'NOIO'],
    ])
  })

  const queue = { fl: NOFS, st: '__queue_work+1;queue_work_on+2;split+30;insert+4;sys+1' }
  it.each([
    ['in the call that queued the item', 'split+44;insert+4;sys+1', 1, 1],
    ['in a function called from there', 'deeper+1;split+44;insert+4;sys+1', 1, 1],
    ['in another call of the same function', 'split+44;insert+9;sys+1', 1, 0],
    ['elsewhere', 'other+1;sys+1', 1, 0],
  ])('%s', async (_, frames, slept, waited) => {
    const { work } = await new Trace()
      .queue('0x1', 'fn', queue)
      .start('0x1', 'fn')
      .event('sched_switch', sleep(`__schedule+1;schedule+2;wait_for_completion+3;${frames}`, NOFS))
      .event('sched_switch', sleep(`__schedule+1;schedule+2;wait_for_completion+3;${frames}`, NOFS))
      .end('0x1', 'fn')
      .facts()
    expect(work.delegations).toMatchObject([{ slept, waited }])
  })

  it('after the item is done, or of another task, is no wait for it', async () => {
    const st = '__schedule+1;split+44;insert+4;sys+1'
    const { work } = await new Trace()
      .queue('0x1', 'fn', queue)
      .event('sched_switch', { ...sleep(st, NOFS), pid: 101 })
      .start('0x1', 'fn')
      .end('0x1', 'fn')
      .event('sched_switch', sleep(st, NOFS))
      .facts()
    expect(work.delegations).toMatchObject([{ slept: 0, waited: 0 }])
  })
})
