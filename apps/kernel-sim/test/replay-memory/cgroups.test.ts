/** Reclaim for memory cgroups, and what is charged there. */
import { describe, expect, it } from 'vitest'
import { PageLog } from '../../src/replay-memory/page-log.js'
import { replayMemory } from '../../src/replay-memory/replay-memory.js'
import { memoryReport } from '../../src/report/memory/report.js'
import { NOFS, NOIO, read, Trace } from '../audit/trace.js'

const NORMAL = 1 << 20
const MOVABLE = 0x8
const ACCOUNT = 0x400000
const FS = 0xcc0

class Groups extends Trace {
  /** A task reclaims: by this function. */
  reclaim(by: string, fields: Readonly<Record<string, unknown>> = {}, reclaimed = 1): this {
    const { pid = 100 } = fields
    const st = `try_to_free_mem_cgroup_pages+404;${by}+432;do_syscall_64+1`
    return this.event('mm_vmscan_memcg_reclaim_begin', { order: 0, gfp: FS, st, ...fields }).event(
      'mm_vmscan_memcg_reclaim_end',
      { nr_reclaimed: reclaimed, pid },
    )
  }

  alloc(pfn: number, fields: Readonly<Record<string, unknown>> = {}): this {
    return this.event('mm_page_alloc', { pfn, order: 0, gfp: FS | MOVABLE, mt: 1, ...fields })
  }

  free(pfn: number): this {
    return this.event('mm_page_free', { pfn, order: 0, pid: 1 })
  }
}

async function replay(trace: Trace) {
  const { events, reading } = await read(trace.text)
  expect(reading.damaged).toBe(0)
  const log = new PageLog()
  for (const event of events) log.add(event)
  return memoryReport(reading, replayMemory(log, 1000))
}

describe('reclaim', () => {
  it('is told apart by what it is for', async () => {
    const { reclaims, memcg } = await replay(
      new Groups()
        .reclaim('try_charge_memcg')
        .reclaim('reclaim_high+1;mem_cgroup_handle_over_high')
        // It is above its high limit while it charges.
        .reclaim('mem_cgroup_handle_over_high+1;try_charge_memcg')
        .reclaim('reclaim_high+1;high_work_func', { pid: 7, comm: 'kworker/0:1' })
        .reclaim('memory_reclaim', { pid: 8 })
        .reclaim('something_new', { pid: 9 })
        .event('mm_vmscan_memcg_softlimit_reclaim_begin', { order: 0, gfp: FS })
        .event('mm_vmscan_memcg_softlimit_reclaim_end', { nr_reclaimed: 5 })
        .event('mm_vmscan_direct_reclaim_begin', { order: 0, gfp: FS })
        .event('mm_vmscan_direct_reclaim_end', { nr_reclaimed: 3 })
        .alloc(NORMAL),
    )
    expect(reclaims.map(({ cause, count, reclaimed }) => [cause, count, reclaimed])).toEqual([
      ['max', 1, 1],
      ['high', 3, 3],
      ['file', 1, 1],
      ['cgroup', 1, 1],
      ['soft', 1, 5],
      ['machine', 1, 3],
    ])
    expect(memcg).toEqual({ count: 7, withoutFs: 0, reclaimed: 11, inVain: 0 })
  })

  it('says which flags and scopes were in force', async () => {
    const { reclaims } = await replay(
      new Groups()
        .reclaim('try_charge_memcg', { fl: NOFS, gfp: 0xc40 }, 0)
        .reclaim('try_charge_memcg', { fl: NOFS | NOIO, gfp: 0xc00 }, 0)
        .reclaim('try_charge_memcg', { gfp: 0xc40 })
        .alloc(NORMAL),
    )
    expect(reclaims).toEqual([
      {
        ...{ cause: 'max', count: 3, withoutFs: 3, underNofs: 2, underNoio: 1, scopeUnknown: 0 },
        ...{ reclaimed: 1, inVain: 2 },
      },
    ])
  })

  it('is known of by stacks where it was not recorded itself', async () => {
    const st = 'kmem+1;shrink_slab+1;try_to_free_mem_cgroup_pages+1;try_charge_memcg+1'
    const { cgroups, reasons } = await replay(
      new Groups().alloc(NORMAL, { st }).alloc(NORMAL + 1, { st: 'kmem+1;shrink_slab+1' }),
    )
    expect(cgroups).toMatchObject({ tasks: [], insideReclaim: 1 })
    expect(reasons.join('\n')).toContain('1 event comes from inside the reclaim')
  })
})

describe('a task that meets a limit', () => {
  it('is charged for its own movable and accounted pages, until anybody frees them', async () => {
    const { cgroups } = await replay(
      new Groups()
        .alloc(NORMAL)
        .alloc(NORMAL + 1, { gfp: FS | ACCOUNT, mt: 0 })
        .alloc(NORMAL + 2, { gfp: FS, mt: 0 })
        .alloc(NORMAL + 3, { pid: 5 })
        .reclaim('try_charge_memcg')
        .free(NORMAL)
        .reclaim('try_charge_memcg')
        .alloc(NORMAL),
    )
    expect(cgroups).toMatchObject({ charged: 2, most: 2 })
    expect(cgroups.tasks).toEqual([
      {
        ...{ pid: 100, comm: 'wl-test', reclaims: 2, charged: 2, most: 2 },
        whenFull: { fewest: 1, most: 2 },
      },
    ])
  })

  it('is counted for itself, the one with the most reclaims first', async () => {
    const { cgroups, reasons } = await replay(
      new Groups()
        .reclaim('try_charge_memcg', { pid: 1, comm: 'a' })
        .reclaim('mem_cgroup_handle_over_high', { pid: 2, comm: 'b' })
        .reclaim('mem_cgroup_handle_over_high', { pid: 2, comm: 'b' })
        .alloc(NORMAL, { pid: 1 })
        .alloc(NORMAL + 1, { pid: 2 })
        .alloc(NORMAL + 2, { pid: 2 }),
    )
    expect(cgroups.tasks.map(({ comm, charged, whenFull }) => [comm, charged, whenFull])).toEqual([
      ['b', 2, null],
      ['a', 1, { fewest: 0, most: 0 }],
    ])
    expect(cgroups.charged).toBe(3)
    expect(reasons.join('\n')).toContain('A recording does not say which cgroup a task is in')
  })

  it('is not whoever reclaims a cgroup through its files, nor a worker', async () => {
    const { cgroups } = await replay(
      new Groups().reclaim('memory_max_write').reclaim('high_work_func').alloc(NORMAL),
    )
    expect(cgroups.tasks).toEqual([])
  })

  it('may be one of very many', async () => {
    const trace = new Groups()
    for (let pid = 1; pid <= 1100; pid++) {
      trace.reclaim('try_charge_memcg', { pid }).alloc(NORMAL + pid, { pid })
    }
    const { cgroups } = await replay(trace)
    expect([cgroups.tasks.length, cgroups.charged]).toEqual([1100, 1100])
  })
})
