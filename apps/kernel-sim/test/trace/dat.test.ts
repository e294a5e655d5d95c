/** The binary file of trace-cmd: samples of real machines, and small files of machines that no sample is of. */
import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src/input-error.js'
import type { TraceEvent } from '../../src/trace/event.js'
import { gfpTranslation } from '../../src/trace/read/dat/flag-names.js'
import { Symbols } from '../../src/trace/read/dat/symbols.js'
import { readTrace } from '../../src/trace/read/read-trace.js'
import { Source } from '../../src/trace/read/source.js'
import { auditOf, read } from '../audit/trace.js'
import { BASE, DatFile, type DatShape } from './dat-file.js'

const url = (name: string) => new URL(`../data/${name}`, import.meta.url)
const data = (name: string) => readFileSync(url(name))

function counted(events: readonly TraceEvent[], key: (event: TraceEvent) => string | undefined) {
  const counts: Record<string, number> = {}
  for (const event of events) {
    const name = key(event)
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('a recording with gaps, in ticks, compressed with zstd', () => {
  const truth = JSON.parse(data('trace-v7-lost.truth.json').toString()) as {
    readonly events: number
    readonly buffers: { readonly scopemask: Readonly<Record<string, number>> }
    readonly lostKnown: number
    readonly lost: readonly unknown[]
    readonly firstTime: number
    readonly callSites: Readonly<Record<string, number>>
    readonly queuedWork: Readonly<Record<string, number>>
  }

  it('is read as trace-cmd reads it', async () => {
    const events: TraceEvent[] = []
    const source = await Source.file(url('trace-v7-lost.dat').pathname)
    const reading = await readTrace(source, (event) => events.push(event))
    expect(reading).toMatchObject({
      format: 'trace.dat',
      lines: truth.events,
      lost: truth.lostKnown,
      gaps: truth.lost.length,
      uncountedGaps: 3,
      strayStacks: 4,
      clock: 'ticks',
      damaged: 0,
      bytes: source.size,
    })
    const {
      kernel_stack: stacks,
      workqueue_activate_work: ignored,
      ...kinds
    } = truth.buffers.scopemask
    expect(counted(events, ({ event }) => event)).toEqual(kinds)
    expect(reading.ignored).toBe(ignored)
    expect(stacks).toBe(events.filter(({ stack }) => stack).length + (ignored ?? 0) - 1 + 4)
    expect(counted(events, (event) => ('site' in event ? event.site : undefined))).toEqual(
      truth.callSites,
    )
    expect(
      counted(events, (event) => (event.event === 'workqueue_queue_work' ? event.fn : undefined)),
    ).toEqual(truth.queuedWork)
    expect(events[0]).toMatchObject({ time: truth.firstTime, comm: 'cat', site: 'ext4_dir_open' })
    expect(events.every(({ time }, i) => i === 0 || time >= (events[i - 1]?.time ?? 0))).toBe(true)
  })

  it('is the same from standard input, compressed or not', async () => {
    const file = await read(data('trace-v7-lost.dat'), 1000)
    const packed = await read(gzipSync(data('trace-v7-lost.dat')))
    expect(packed.reading).toMatchObject({
      ...file.reading,
      compression: 'gzip',
      bytes: packed.reading.bytes,
    })
    expect(packed.events.length).toBe(file.events.length)
  })
})

describe('a recording of version 6', () => {
  it('is audited as its text is', async () => {
    const binary = await auditOf(gunzipSync(data('trace-v6.dat.gz')))
    const text = await auditOf(data('trace-v6.report.txt.gz'))
    // The binary has return addresses as offsets, and lines are records.
    const plain = (facts: unknown) =>
      JSON.parse(
        JSON.stringify(facts, (key, value: unknown) =>
          ['line', 'lines', 'requestLine', 'pageLine', 'frames'].includes(key) ? undefined : value,
        ),
      ) as unknown
    expect(plain(binary.facts)).toEqual(plain(text.facts))
    expect(binary.reading.events).toBe(text.reading.events)
  })
})

const SHAPES: Partial<DatShape>[] = [
  { version: 6 },
  { version: 6, littleEndian: false },
  { version: 6, longSize: 4 },
  { version: 7 },
  { version: 7, compression: 'zlib' },
  { version: 7, littleEndian: false, longSize: 4, compression: 'zlib' },
]

describe.each(SHAPES)('a file of %o', (shape) => {
  const dat = new DatFile(shape)
  const stack = (site: bigint) => dat.stack([BASE + 0x10n, BASE + 0x1004n, site])
  const bytes = dat.build([
    [
      {
        time: 1_000_000n,
        records: [
          dat.record(5, dat.kmalloc({ site: BASE + 0x2008n, gfp: 0x28 })),
          // A softirq comes between the event and its stack.
          dat.record(1, dat.kmalloc({ site: BASE + 0x9001n, gfp: 0, flags: 0x10 })),
          dat.record(1, dat.stack([BASE + 0x10n, BASE + 0x9001n], 42, 0x10)),
          dat.record(1, stack(BASE + 0x2008n)),
          dat.timeExtend(1n << 30n),
          dat.record(2, dat.kmalloc({ site: BASE + 0xa000n, gfp: 0x38, pid: 8 })),
          dat.padding(64),
        ],
      },
      {
        time: 3_000_000_000n,
        lost: 12,
        records: [
          dat.record(0, stack(BASE + 0x2008n)),
          dat.timeStamp(4_000_000_000n),
          dat.record(1, dat.kmalloc({ site: 0x10n, gfp: 0x40, pid: 0 })),
        ],
      },
      { time: 5_000_000_000n, lost: true, records: [] },
    ],
    [
      {
        time: 1_000_006n,
        records: [dat.record(0, dat.kmalloc({ site: BASE + 0x2000n, gfp: 0x78, pid: 7 }))],
      },
    ],
  ])

  it('is read whole, its CPUs merged by time', async () => {
    const { events, reading } = await read(bytes)
    expect(reading).toMatchObject({
      format: 'trace.dat',
      damaged: 0,
      lines: 8,
      events: 5,
      lost: 12,
      gaps: 2,
      uncountedGaps: 1,
      strayStacks: 1,
      clock: 'seconds',
    })
    expect(
      events.map((event) => [
        event.time,
        event.cpu,
        event.comm,
        'site' in event ? event.site : '',
        'gfp' in event ? event.gfp : 0,
        event.interrupt,
      ]),
    ).toEqual([
      [1_000_005, 0, 'wl test', 'first_name', 0x440, false],
      [1_000_006, 0, 'wl test', 'module_fn', 0, true],
      [1_000_006, 1, 'a name', 'first_name', 0x5c0, false],
      [1_000_010 + 2 ** 30, 0, '<...>', 'last', 0x4c0, false],
      [4_000_000_001, 0, '<idle>', '0x10', 0x100, false],
    ])
    expect(events.map(({ stack }) => stack?.frames.join(';'))).toEqual([
      'kmalloc_trace+4;first_name+8',
      'module_fn+1',
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is never the end of the program, whatever is damaged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(bytes.length - 1), { nil: undefined }),
        async (changes, end) => {
          const damaged = Buffer.from(bytes.subarray(0, end))
          for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte
          await read(damaged).catch((thrown: unknown) => {
            expect(thrown).toBeInstanceOf(InputError)
          })
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('times of a trace.dat', () => {
  it.each([
    ['x86-tsc', undefined, 'ticks', 2000],
    ['x86-tsc', { mult: 3, shift: 1 }, 'seconds', 3000],
    ['mono', undefined, 'seconds', 2000],
  ] as const)(
    'of the clock %s, to nanoseconds by %o, are %s',
    async (clock, toNanoseconds, unit, time) => {
      const dat = new DatFile({ clock, ...(toNanoseconds === undefined ? {} : { toNanoseconds }) })
      const { events, reading } = await read(
        dat.build([
          [{ time: 2000n, records: [dat.record(0, dat.kmalloc({ site: BASE, gfp: 0 }))] }],
        ]),
      )
      expect([reading.clock, events[0]?.time]).toEqual([unit, time])
    },
  )

  it('of day are exact, although no double holds them', async () => {
    const dat = new DatFile({ clock: 'tai' })
    const at = (time: bigint) => ({
      time,
      records: [dat.record(0, dat.kmalloc({ site: BASE, gfp: 0 }))],
    })
    const { events } = await read(
      dat.build([[at(1_800_000_000_000_000_001n), at(1_800_000_000_000_000_004n)]]),
    )
    expect((events[1]?.time ?? 0) - (events[0]?.time ?? 0)).toBeCloseTo(3, -2)
  })
})

describe('fallbacks of a trace.dat', () => {
  it.each([
    { version: 7, longSize: 8, littleEndian: true },
    { version: 6, longSize: 4, littleEndian: false },
  ] as const)('are read with all that they say: %o', async (shape) => {
    const dat = new DatFile(shape)
    const event = dat.extfrag({
      pfn: 0x100200n,
      orders: [3, 9],
      migratetypes: [0, 1],
      changed: true,
    })
    const { events, reading } = await read(
      dat.build([[{ time: 2000n, records: [dat.record(0, event)] }]]),
    )
    expect(reading.damaged).toBe(0)
    expect(events).toMatchObject([
      {
        event: 'mm_page_alloc_extfrag',
        pid: 42,
        pfn: 0x100200,
        allocOrder: 3,
        fallbackOrder: 9,
        allocMigratetype: 0,
        fallbackMigratetype: 1,
        changeOwnership: true,
      },
    ])
  })
})

describe('names', () => {
  it('of a function is that of the address below, the first of several', () => {
    const symbols = new Symbols(
      'ffffffff81000000 T a\nffffffff81000010 T b\nffffffff81000010 t c\nffffffffa0000000 t m\t[x]\n',
    )
    expect(symbols.at(0xffffffff, 0x81000005)).toEqual({ name: 'a', offset: 5 })
    expect(symbols.at(0xffffffff, 0x81000010)).toEqual({ name: 'b', offset: 0 })
    expect(symbols.at(0xffffffff, 0x80ffffff)).toBeUndefined()
    expect(symbols.at(0xffffffff, 0x90000000)).toBeUndefined()
    expect(symbols.at(0xffffffff, 0xa0000001)).toBeUndefined()
    expect(new Symbols('0000000000000000 T a\n0000000000000000 T b\n').areHidden).toBe(true)
  })

  it('of flags come from how the recorded kernel prints them', () => {
    const gfp = gfpTranslation(
      '{(unsigned long)((( gfp_t)((((1UL))) << (7)))), "__GFP_IO"}, {( unsigned long)(1 << 6), "__GFP_FS"}, {nonsense(1), "__GFP_COMP"}',
    )
    expect([gfp(0x80), gfp(0x40), gfp(0xc0), gfp(0)]).toEqual([0x40, 0x80, 0xc0, 0])
  })
})

describe('pages of a trace.dat of a kernel before 4.1', () => {
  it.each([
    [8, 0xffffea0000123440n, 0xea0000123440],
    [4, 0xc1234560n, 0xc1234560],
  ] as const)('are told apart by their addresses, of %i bytes', async (longSize, page, pfn) => {
    const dat = new DatFile({ longSize })
    const records = [page, 0n].map((each) =>
      dat.record(0, dat.oldPageAlloc({ page: each, gfp: 0x28 })),
    )
    const { events, reading } = await read(dat.build([[{ time: 2000n, records }]]))
    expect(reading.damaged).toBe(0)
    expect(events).toMatchObject([
      { event: 'mm_page_alloc', pfn, failed: false, order: 3, migratetype: 1 },
      { event: 'mm_page_alloc', pfn: -1, failed: true },
    ])
  })
})
