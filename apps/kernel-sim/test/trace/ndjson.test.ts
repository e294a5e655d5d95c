import { describe, expect, it } from 'vitest'
import { read, Trace } from '../audit/trace.js'

/** One valid event of each kind, with every field that it can have. */
const KINDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  kmalloc: { site: 'f', req: 1, alloc: 8, gfp: 3264, node: -1, st: 'a+1;b+2', st_trunc: 18 },
  kmem_cache_alloc: {
    site: 'f',
    cache: 'c',
    req: 1,
    alloc: 8,
    gfp: 3264,
    node: 0,
    acct: 1,
    st_lost: 1,
  },
  mm_page_alloc: { pfn: 1, order: 0, gfp: 4294967295, mt: 0, st: 'a+1' },
  mm_page_free: { pfn: 1, order: 0 },
  mm_page_alloc_extfrag: {
    pfn: 1,
    alloc_order: 0,
    fallback_order: 3,
    alloc_migratetype: 0,
    fallback_migratetype: 1,
    change_ownership: 1,
  },
  workqueue_queue_work: { work: '0x1', fn: 'f', wq: 'w', req_cpu: 256, to_cpu: -1, st: 'a+1' },
  workqueue_execute_start: { work: '0x1', fn: 'f' },
  workqueue_execute_end: { work: '0x1', fn: 'f' },
  delayed_work_arm: { work: '0x1', delay_j: 1, st: 'a+1' },
  mm_vmscan_direct_reclaim_begin: { order: 0, gfp: 1, st: 'a+1' },
  mm_vmscan_direct_reclaim_end: { nr_reclaimed: 1 },
  mm_vmscan_memcg_reclaim_begin: { order: 0, gfp: 1, st: 'a+1' },
  mm_vmscan_memcg_reclaim_end: { nr_reclaimed: 1 },
  mm_vmscan_memcg_softlimit_reclaim_begin: { order: 0, gfp: 1, st: 'a+1' },
  mm_vmscan_memcg_softlimit_reclaim_end: { nr_reclaimed: 1 },
  mm_vmscan_kswapd_wake: { nid: 0, order: 0 },
  mm_vmscan_kswapd_sleep: { nid: 0 },
  mm_vmscan_wakeup_kswapd: { nid: 0, order: 0, gfp: 1 },
  mm_shrink_slab_start: { shrink: 'f', nr: -1, items: 1, gfp: 1, prio: 12 },
  sched_switch: { prev_state: 2, st: 'a+1' },
}
const OPTIONAL = new Set(['st', 'st_trunc', 'st_lost', 'req_cpu', 'to_cpu', 'ksoftirqd'])
const COMMON = { ts: 5, cpu: 0, pid: 1, comm: 'c', fl: 4294967295 }

/** A valid line first, so that the recording is one, then the line in question: what was wrong with it. */
async function wrongWith(line: string): Promise<string | undefined> {
  const { reading } = await read(`${new Trace().kmalloc().text}${line}\n`)
  const [damage] = reading.damage
  return damage && `${damage.kind}, line ${damage.samples[0]?.line}: ${damage.samples[0]?.what}`
}

describe('the NDJSON format', () => {
  it.each(Object.entries(KINDS))(
    '%s: every field is needed, of its type, and no other',
    async (ev, fields) => {
      const event: Record<string, unknown> = { ...COMMON, ev, ...fields }
      expect(await wrongWith(JSON.stringify(event))).toBeUndefined()
      for (const name of Object.keys(event)) {
        const { [name]: _, ...without } = event
        const missing = await wrongWith(JSON.stringify(without))
        if (OPTIONAL.has(name)) expect(missing, name).toBeUndefined()
        else expect(missing, name).toMatch(/^invalid, line 2: /)
        for (const value of [
          null,
          true,
          {},
          [],
          typeof event[name] === 'string' ? 1 : 'x',
          1.5,
          -2,
          1e300,
        ]) {
          const wrong = await wrongWith(JSON.stringify({ ...event, [name]: value }))
          if (wrong === undefined)
            expect(typeof value === 'number' && Number.isInteger(value)).toBe(true)
          else
            expect(wrong).toMatch(
              name === 'ev' ? /^(invalid|unknown-event), line 2: / : `"${name}" is`,
            )
        }
      }
      expect(await wrongWith(JSON.stringify({ ...event, more: 1 }))).toBe(
        `invalid, line 2: ${ev}: "more" is no field of this event`,
      )
    },
  )

  it('takes 32 bits for flags, and nothing beyond', async () => {
    const line = (gfp: number) => new Trace().kmalloc({ gfp }).text.trim()
    expect(await wrongWith(line(2 ** 32 - 1))).toBeUndefined()
    expect(await wrongWith(line(2 ** 32))).toMatch(
      '"gfp" is 4294967296: a whole number of 32 bits is needed',
    )
    expect(await wrongWith(line(-1))).toMatch('"gfp" is -1')
  })

  it.each([
    ['foreign', 'Attaching 20 probes...'],
    ['foreign', '[1,2]'],
    ['foreign', '17'],
    ['foreign', '"st":"tail+1"}'],
    ['truncated', '{"ts":5,"cpu":0,"pid":1,"comm":"wl'],
    ['interleaved', '{"ts":5,"cpu":0,{"ts":6,"cpu":1,"pid":1}'],
    ['malformed', '{"ts":5,"cpu":0,"pid":1,"comm":"a\u0000b"}'],
    ['malformed', '{"ts":05}'],
    ['invalid', '{}'],
    ['invalid', '{"ev":7}'],
    ['unknown-event', '{"ts":5,"ev":"block_rq_issue"}'],
    ['unknown-event', '{"ev":"__proto__"}'],
  ])('calls it %s: %s', async (kind, line) => {
    expect(await wrongWith(line)).toMatch(new RegExp(`^${kind}, line 2: `))
  })

  it('counts empty lines as such and takes CRLF and a last line without end', async () => {
    const [line = ''] = new Trace().kmalloc().lines
    const { reading } = await read(`${line}\r\n\r\n \n${line}`)
    expect(reading).toMatchObject({ lines: 4, blank: 2, events: 2, damaged: 0 })
  })

  it('remembers the first three of a kind and counts all', async () => {
    const { reading } = await read(`${new Trace().kmalloc().text}${'x\n'.repeat(1000)}`)
    expect(reading.damage).toEqual([
      { kind: 'foreign', count: 1000, samples: [2, 3, 4].map((line) => ({ line, what: 'x' })) },
    ])
  })

  it('names damage in short and without control characters', async () => {
    const wrong = await wrongWith(`\u001b[31m${'x'.repeat(5000)}`)
    expect(wrong).toBe(`foreign, line 2: ·[31m${'x'.repeat(52)}...`)
  })

  it('reads names in UTF-8', async () => {
    const { events } = await read(new Trace().kmalloc({ comm: 'wl-日本' }).text)
    expect(events[0]?.comm).toBe('wl-日本')
  })

  it('knows a page allocation that failed by its page frame number', async () => {
    const line = new Trace().slabPage({ pfn: 4711 }).text.replace('4711', '18446744073709551615')
    const { events } = await read(line)
    expect(events[0]).toMatchObject({ event: 'mm_page_alloc', failed: true, pfn: -1 })
  })

  it('knows no flags of tasks that the recorder did not look at', async () => {
    const { events } = await read(
      new Trace().event('mm_page_free', { pid: -1, pfn: 1, order: 0 }).text,
    )
    expect(events[0]).toMatchObject({ pid: -1, taskFlags: undefined })
  })
})
