/** Compaction as each format has it: the same events are the same wherever they are read. */
import { describe, expect, it } from 'vitest'
import { RECORDED_EVENTS } from '../../src/record/events.js'
import {
  COMPACTION_TRACEPOINTS,
  compactResultName,
} from '../../src/trace/compaction-tracepoints.js'
import type { CompactionEvent } from '../../src/trace/event.js'
import { ByteTable, fromText } from '../../src/trace/read/byte-table.js'
import { eventFormat } from '../../src/trace/read/dat/event-format.js'
import { recordReader } from '../../src/trace/read/dat/records.js'
import { Symbols } from '../../src/trace/read/dat/symbols.js'
import { newHead } from '../../src/trace/read/make-event.js'
import { read, Trace } from '../audit/trace.js'

const GFP = 0x40cc0

/** What Linux 6.1 says of each: its fields (offset, size, signed), the text that it prints, what is in the record, what it means. */
const EVENTS: readonly {
  readonly name: string
  readonly fields: readonly (readonly [string, number, number, number])[]
  readonly printed: string
  readonly raw: Readonly<Record<string, number>>
  readonly means: Readonly<Record<string, number>>
}[] = [
  {
    name: 'mm_compaction_try_to_compact_pages',
    fields: [
      ['order', 8, 4, 1],
      ['gfp_mask', 16, 8, 0],
      ['prio', 24, 4, 1],
    ],
    printed: 'order=4 gfp_mask=GFP_KERNEL|__GFP_COMP priority=2',
    raw: { order: 4, gfp_mask: GFP, prio: 2 },
    means: { order: 4, gfp: GFP, priority: 2 },
  },
  {
    name: 'mm_compaction_suitable',
    fields: [
      ['nid', 8, 4, 1],
      ['idx', 12, 4, 0],
      ['order', 16, 4, 1],
      ['ret', 20, 4, 1],
    ],
    printed: 'node=0 zone=DMA32    order=-1 ret=continue',
    raw: { nid: 0, idx: 1, order: -1, ret: 4 },
    means: { order: -1, result: 4 },
  },
  ...['deferred', 'defer_compaction', 'defer_reset'].map((kind) => ({
    name: `mm_compaction_${kind}`,
    fields: [
      ['nid', 8, 4, 1],
      ['idx', 12, 4, 0],
      ['order', 16, 4, 1],
      ['considered', 20, 4, 0],
      ['defer_shift', 24, 4, 0],
      ['order_failed', 28, 4, 1],
    ] as const,
    printed: 'node=0 zone=DMA32    order=9 order_failed=3 consider=2 limit=4',
    raw: { nid: 0, idx: 1, order: 9, considered: 2, defer_shift: 2, order_failed: 3 },
    means: { order: 9 },
  })),
  {
    name: 'mm_compaction_begin',
    fields: [
      ['zone_start', 8, 8, 0],
      ['migrate_pfn', 16, 8, 0],
      ['free_pfn', 24, 8, 0],
      ['zone_end', 32, 8, 0],
      ['sync', 40, 1, 0],
    ],
    printed: 'zone_start=0x1000 migrate_pfn=0x1e00 free_pfn=0x5fd6 zone_end=0x5fd7, mode=async',
    raw: { zone_start: 0x1000, migrate_pfn: 0x1e00, free_pfn: 0x5fd6, zone_end: 0x5fd7, sync: 0 },
    means: { sync: 0 },
  },
  {
    name: 'mm_compaction_end',
    fields: [
      ['zone_start', 8, 8, 0],
      ['migrate_pfn', 16, 8, 0],
      ['free_pfn', 24, 8, 0],
      ['zone_end', 32, 8, 0],
      ['sync', 40, 1, 0],
      ['status', 44, 4, 1],
    ],
    printed:
      'zone_start=0x1000 migrate_pfn=0x1e00 free_pfn=0x5fd6 zone_end=0x5fd7, mode=sync status=partial_skipped',
    raw: {
      ...{ zone_start: 0x1000, migrate_pfn: 0x1e00, free_pfn: 0x5fd6, zone_end: 0x5fd7 },
      ...{ sync: 1, status: 6 },
    },
    means: { sync: 1, result: 6 },
  },
  {
    name: 'mm_compaction_migratepages',
    fields: [
      ['nr_migrated', 8, 8, 0],
      ['nr_failed', 16, 8, 0],
    ],
    printed: 'nr_migrated=32 nr_failed=1',
    raw: { nr_migrated: 32, nr_failed: 1 },
    means: { moved: 32, failed: 1 },
  },
  {
    name: 'mm_compaction_kcompactd_wake',
    fields: [
      ['nid', 8, 4, 1],
      ['order', 12, 4, 1],
      ['highest_zoneidx', 16, 4, 0],
    ],
    printed: 'nid=1 order=9 classzone_idx=DMA32   ',
    raw: { nid: 1, order: 9, highest_zoneidx: 1 },
    means: { node: 1, order: 9 },
  },
  {
    name: 'mm_compaction_kcompactd_sleep',
    fields: [['nid', 8, 4, 1]],
    printed: 'nid=1',
    raw: { nid: 1 },
    means: { node: 1 },
  },
]

const VALUES = ['order', 'gfp', 'priority', 'result', 'sync', 'node', 'moved', 'failed'] as const

/** What an event says, and nothing that it does not. */
function said(event: unknown): Record<string, unknown> {
  const { event: name } = event as CompactionEvent
  const values = VALUES.map((key) => [key, (event as CompactionEvent)[key]] as const)
  return { name, ...Object.fromEntries(values.filter(([, value]) => value !== undefined)) }
}

const ftrace = (name: string, text: string) =>
  `          wl-a-1       [000] .....  1.000001: ${name}: ${text}\n`

describe.each(EVENTS)('$name', ({ name, fields, printed, raw, means }) => {
  const expected = { name, ...means }

  it('is read from the text of ftrace, and of perf', async () => {
    const perf = `wl-a     1 [000]     1.000001: compaction:${name}: ${printed}\n`
    for (const text of [ftrace(name, printed), perf]) {
      const { events, reading } = await read(text)
      expect(reading.damaged).toBe(0)
      expect(events.map(said)).toEqual([expected])
    }
  })

  it('is read as trace-cmd report -R prints it', async () => {
    const values = Object.entries(raw).map(([key, value]) => `${key}=${value}`)
    const { events } = await read(ftrace(name, values.join(' ').replace(`${GFP}`, '0x40cc0')))
    expect(events.map(said)).toEqual([expected])
  })

  it('is read from the records of trace.dat', () => {
    const text = fields
      .map(([field, offset, size, signed]) => {
        const type = size === 1 ? 'bool' : size === 8 ? 'unsigned long' : 'int'
        return `\tfield:${type} ${field};\toffset:${offset};\tsize:${size};\tsigned:${signed};\n`
      })
      .join('')
    const format = eventFormat(`name: ${name}\nID: 7\nformat:\n${text}\nprint fmt: ""\n`)
    const table = () => new ByteTable(fromText((each) => each))
    const meaning = {
      ...{ littleEndian: true, symbols: new Symbols(''), gfp: (bits: number) => bits },
      ...{ texts: table(), addresses: table() },
    }
    const reader = format && recordReader(format, meaning)
    if (reader === undefined || 'missing' in reader) throw new Error('it is not read')
    const view = new DataView(new ArrayBuffer(64))
    for (const [field, offset, size] of fields) {
      const value = raw[field] ?? 0
      if (size === 1) view.setUint8(offset, value)
      else view.setInt32(offset, value, true)
    }
    expect(said(reader.read(view, 0, newHead()))).toEqual(expected)
  })

  it('is recorded with the fields that NDJSON has, and is refused without one', async () => {
    const recorded = RECORDED_EVENTS.find(({ event }) => event === name)
    const keys = recorded?.fields.map((field) => field.name) ?? []
    const values = Object.fromEntries(keys.map((key) => [key, raw[key]]))
    const { events } = await read(new Trace().event(name, values).text)
    expect(events.map(said)).toEqual([expected])
    for (const key of keys) {
      const { [key]: _, ...rest } = values
      const { reading } = await read(new Trace().kmalloc().event(name, rest).text)
      expect(reading.damage).toMatchObject([{ kind: 'invalid' }])
    }
  })
})

it('all tracepoints are tried here', () => {
  expect(EVENTS.map(({ name }) => name).sort()).toEqual(Object.keys(COMPACTION_TRACEPOINTS).sort())
})

it('results have the numbers that the kernel prints these names for', async () => {
  // From `print fmt` of mm_compaction_end, Linux 6.1.
  const results = {
    ...{ not_suitable_zone: 0, skipped: 1, deferred: 2, no_suitable_page: 3, continue: 4 },
    ...{ complete: 5, partial_skipped: 6, contended: 7, success: 8 },
  }
  const lines = Object.keys(results).map((name) =>
    ftrace('mm_compaction_end', `zone_end=0x5fd7, mode=sync status=${name}`),
  )
  const { events } = await read(lines.join(''))
  expect(events).toMatchObject(Object.values(results).map((result) => ({ result })))
  expect(Object.values(results).map(compactResultName)).toEqual(Object.keys(results))
})

it('a value that is none is damage, with its name', async () => {
  const good = ftrace('mm_compaction_kcompactd_sleep', 'nid=0')
  for (const [name, text, what] of [
    ['mm_compaction_end', 'zone_end=0x5fd7, mode=sync status=finished', 'status'],
    ['mm_compaction_begin', 'zone_end=0x5fd7, mode=quick', 'mode'],
    ['mm_compaction_deferred', 'node=0 zone=DMA32', 'order'],
    ['mm_compaction_try_to_compact_pages', 'order=x gfp_mask=GFP_KERNEL priority=2', 'order'],
  ] as const) {
    const { events, reading } = await read(good + ftrace(name, text))
    expect(events).toHaveLength(1)
    expect(JSON.stringify(reading.damage)).toContain(what)
  }
  const unknown = 'order=0 gfp_mask=GFP_KERNEL|__GFP_NEWER priority=2'
  const { events, reading } = await read(ftrace('mm_compaction_try_to_compact_pages', unknown))
  expect(events.map(said)).toMatchObject([{ gfp: 0xcc0 }])
  expect(reading.damage).toMatchObject([{ kind: 'unknown-gfp' }])
})

it('reclaim above the soft limits of cgroups is read from text', async () => {
  const { events } = await read(
    ftrace('mm_vmscan_memcg_softlimit_reclaim_begin', 'order=0 gfp_flags=GFP_KERNEL') +
      ftrace('mm_vmscan_memcg_softlimit_reclaim_end', 'nr_reclaimed=7'),
  )
  expect(events).toMatchObject([{ order: 0, gfp: 0xcc0 }, { reclaimed: 7 }])
})
