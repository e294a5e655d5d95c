/** The recording of memory that is short, test/data/memory: what is reported of it, against what its lines say by themselves. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PageLog } from '../../src/replay-memory/page-log.js'
import { replayMemory } from '../../src/replay-memory/replay-memory.js'
import { compactResultOf } from '../../src/trace/compaction-tracepoints.js'
import { read } from '../audit/trace.js'

const text = gunzipSync(
  readFileSync(new URL('../data/memory/memory.txt.gz', import.meta.url)),
).toString()
const lines = text.split('\n')
/** Lines of an event. */
const of = (event: string) => lines.filter((line) => line.includes(` ${event}: `))
/** A number that lines have after a key, added up. */
const sum = (of: readonly string[], key: string) =>
  of.reduce((total, line) => total + Number(new RegExp(`${key}=(\\d+)`).exec(line)?.[1]), 0)

const { events, reading } = await read(text)
const log = new PageLog()
for (const event of events) log.add(event)
const replayed = replayMemory(log, 20)

describe('the recording of memory that is short', () => {
  it('is read as a whole', () => {
    expect([reading.damaged, reading.lost]).toEqual([0, 0])
    const kinds = [
      ...['mm_compaction_try_to_compact_pages', 'mm_compaction_suitable', 'mm_compaction_deferred'],
      ...['mm_compaction_defer_compaction', 'mm_compaction_defer_reset', 'mm_compaction_begin'],
      ...['mm_compaction_migratepages', 'mm_compaction_end', 'mm_compaction_kcompactd_wake'],
      ...['mm_compaction_kcompactd_sleep', 'mm_page_free', 'mm_page_alloc_extfrag'],
    ]
    for (const kind of kinds) {
      const count = events.filter(({ event }) => event === kind).length
      expect([kind, count]).toEqual([kind, of(kind).length])
      expect(count).toBeGreaterThan(0)
    }
  })

  it('has the compactions of the kernel, with their orders, flags, results and pages', () => {
    const rows = replayed.compaction?.rows ?? []
    const requests = of('mm_compaction_try_to_compact_pages')
    for (const order of [4, 9]) {
      for (const priority of [1, 2]) {
        const asked = requests.filter((line) =>
          new RegExp(`order=${order} .*priority=${priority}$`).test(line),
        )
        const row = rows.find((each) => each.order === order && each.priority === priority)
        expect(row?.count).toBe(asked.length)
      }
    }
    expect(rows.find(({ by }) => by === 'kcompactd')?.count).toBe(
      of('mm_compaction_kcompactd_wake').length,
    )
    // Whoever writes to compact_memory compacts each zone, for order -1.
    expect(rows.find(({ by }) => by === 'nobody')?.count).toBe(
      of('mm_compaction_suitable').filter((line) => line.includes('order=-1')).length,
    )
    const moved = rows.reduce((total, { kernel }) => total + kernel.moved, 0)
    expect(moved).toBe(sum(of('mm_compaction_migratepages'), 'nr_migrated'))
    // Every success ends a compaction of order 4: none of another order has one.
    const successes = of('mm_compaction_end').filter((line) => line.endsWith('status=success'))
    const success = compactResultOf('success')
    const counted = rows.map(
      ({ order, kernel }) =>
        [order, kernel.results.find(({ result }) => result === success)?.count ?? 0] as const,
    )
    expect(counted.filter(([, count]) => count > 0)).toEqual([[4, successes.length]])
    expect(replayed.compaction?.deferrals).toEqual({
      deferred: of('mm_compaction_deferred').length,
      failures: of('mm_compaction_defer_compaction').length,
      resets: of('mm_compaction_defer_reset').length,
    })
  })

  it('is served by the model, which keeps the pages that the kernel moved', () => {
    expect(replayed.departures).toMatchObject({ freePages: 0, unservedCount: 0, otherOrder: 0 })
    const moved = sum(of('mm_compaction_migratepages'), 'nr_migrated')
    const most = Math.max(...replayed.samples.map((sample) => sample.moved))
    expect(most).toBeGreaterThan(moved / 2)
    expect(most).toBeLessThanOrEqual(moved)
    // The program whose pages they are has ended: they are freed where nobody saw them allocated.
    expect(replayed.samples.at(-1)?.moved).toBe(0)
  })

  it('has the reclaims by cause, told by their stacks', () => {
    const begins = lines.flatMap((line, i) => {
      if (!line.includes(' mm_vmscan_memcg_reclaim_begin: ')) return []
      const stack = lines.slice(i + 1, i + 40).join('\n')
      return [{ line, stack: stack.slice(0, stack.indexOf('_reclaim_end:')) }]
    })
    const count = (name: string) => begins.filter(({ stack }) => stack.includes(name)).length
    const cause = (name: string) => replayed.reclaims.find((each) => each.cause === name)
    expect(cause('max')?.count).toBe(count('try_charge_memcg'))
    expect(cause('high')?.count).toBe(count('mem_cgroup_handle_over_high'))
    expect(cause('file')?.count).toBe(count('memory_reclaim'))
    expect(cause('machine')?.count).toBe(of('mm_vmscan_direct_reclaim_begin').length)
    const nofs = begins.filter(({ line }) => line.includes('GFP_NOFS')).length
    // The text has no task flags: only read-ahead on the stack says that there is a scope.
    const scopeUnknown = count('try_charge_memcg') - nofs
    expect(cause('max')).toMatchObject({ withoutFs: nofs, underNofs: nofs, scopeUnknown })
    expect(cause('machine')?.scopeUnknown).toBe(cause('machine')?.count)
    expect(nofs).toBe(count('page_cache_ra_unbounded'))
    expect(replayed.memcg).toMatchObject({
      count: begins.length,
      reclaimed: sum(of('mm_vmscan_memcg_reclaim_end'), 'nr_reclaimed'),
      inVain: of('mm_vmscan_memcg_reclaim_end').filter((line) => line.endsWith('=0')).length,
    })
  })

  it('charges a cgroup as many pages as its limit lets it have, which no event says', () => {
    // 1 MiB are 256 pages. The kernel charges 64 at a time, and a page may be charged that was there before.
    const { tasks } = replayed.cgroups
    expect(tasks.map(({ comm }) => comm).sort()).toEqual(['wl-high', 'wl-max', 'wl-oom'])
    for (const { comm, most, whenFull } of tasks) {
      expect([comm, most > 240 && most < 272]).toEqual([comm, true])
      if (comm === 'wl-high') expect(whenFull).toBeNull()
      else expect(whenFull?.fewest).toBeGreaterThan(224)
    }
    expect(tasks.find(({ comm }) => comm === 'wl-oom')?.charged).toBe(0)
  })
})
