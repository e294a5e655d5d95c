/** The text formats: ftrace (tracefs, trace-cmd report) and perf script. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditOf, read } from '../audit/trace.js'

interface Expected {
  readonly lines: number
  readonly events: Readonly<Record<string, number>>
  readonly classes: Readonly<Record<string, number>>
  readonly frames: number
  readonly executions: Readonly<Record<string, number>>
}

const data = (name: string) => readFileSync(new URL(`../data/${name}`, import.meta.url))

describe.each([
  // The first frame of an ftrace stack is the probe's own: one a stack, not counted.
  ['ftrace', 1],
  ['perf', 0],
])('an excerpt of a recording by %s', (format, probeFrames) => {
  const text = gunzipSync(data(`${format}.txt.gz`))
  const expected = JSON.parse(data(`${format}.facts.json`).toString()) as Expected

  it('is read as the other program read it', async () => {
    const { reading, events } = await read(data(`${format}.txt.gz`))
    expect(reading).toMatchObject({
      format,
      lines: expected.lines,
      damaged: 0,
      ignored: 0,
      lost: 0,
    })
    const counts: Record<string, number> = {}
    let frames = 0
    for (const { event, stack } of events) {
      counts[event] = (counts[event] ?? 0) + 1
      if (stack !== undefined) frames += stack.functions.length + probeFrames
    }
    expect(counts).toEqual(expected.events)
    expect(frames).toBe(expected.frames)
  })

  it('is audited as far as it tells', async () => {
    const { facts } = await auditOf(text)
    const classes = facts.requests.classes.map((row) => [row.class, row.total])
    expect(Object.fromEntries(classes)).toEqual(expected.classes)
    const executions = facts.work.functions.map((fn) => [fn.fn, fn.executions])
    expect(Object.fromEntries(executions)).toMatchObject(expected.executions)
    const { compared, agree, inferred } = facts.agreement
    expect(compared).toBeGreaterThan(0)
    expect([agree, inferred]).toEqual([compared, compared])
    const { recorded, page, stack, unknown } = facts.requests.flagsFrom
    expect(recorded).toBe(0)
    expect(Math.min(page, stack, unknown)).toBeGreaterThan(0)
    expect(facts.work.lost).toMatchObject([
      { fn: 'rht_deferred_worker', scope: 'NOFS', regained: '__GFP_FS', certain: false },
    ])
  })

  it('is the same however its bytes are cut', async () => {
    const whole = await read(text)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 700, max: 200_000 }), async (chunk) => {
        const cut = await read(text, chunk)
        expect(cut.reading).toEqual(whole.reading)
        expect(cut.events.map(({ stack }) => stack?.path)).toEqual(
          whole.events.map(({ stack }) => stack?.path),
        )
      }),
      { numRuns: 5 },
    )
  })

  it('loses only what is damaged', async () => {
    const start = text.subarray(0, 60_000)
    const { reading: whole } = await read(start)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const damaged = Buffer.from(start)
          for (const [at, byte] of changes) damaged[at] = byte
          const { reading } = await auditOf(damaged)
          // A byte more or less can split a line in two or join two, and lose a stack with its event.
          expect(reading.events + reading.ignored).toBeGreaterThanOrEqual(
            whole.events - 3 * changes.length,
          )
          const lines = damaged.toString('latin1').split('\n').length
          expect(Math.abs(reading.lines - lines)).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('can end anywhere', async () => {
    const start = text.subarray(0, 9_000)
    for (let end = 6_000; end < start.length; end += 13) {
      const { reading } = await read(start.subarray(0, end))
      expect(reading.damaged).toBeLessThanOrEqual(1)
    }
  })
})

describe('ftrace text', () => {
  const line = (task: string, cpu: number, time: string, rest: string) =>
    `${task.padStart(20)} [00${cpu}] d..1. ${time}: ${rest}\n`
  const kmalloc =
    'kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_KERNEL node=-1 accounted=false'

  it('has stacks that come after records of another CPU', async () => {
    const { events, reading } = await read(
      line('wl-a-1', 0, '1.000001', kmalloc) +
        line('wl-b-2', 1, '1.000002', kmalloc) +
        line('wl-a-1', 0, '1.000003', '<stack trace>') +
        ' => trace_event_raw_event_kmalloc\n => __kmalloc\n => a\n' +
        line('wl-b-2', 1, '1.000004', '<stack trace>') +
        ' => __kmalloc\n => b\n',
    )
    expect(reading).toMatchObject({ format: 'ftrace', lines: 9, damaged: 0 })
    expect(events.map(({ pid, stack }) => [pid, stack?.path])).toEqual([
      [1, '__kmalloc;a'],
      [2, '__kmalloc;b'],
    ])
  })

  it.each([
    ['0x18C5e7', 0x18c5e7, false],
    ['1234', 1234, false],
    ['0x0', -1, true],
    ['0x1g', -1, false],
    ['', -1, false],
  ])('has page numbers: %s', async (text, pfn, failed) => {
    const page = `page=00000000baa05b8 pfn=${text} order=1`
    const alloc = `mm_page_alloc: ${page} migratetype=0 gfp_flags=none`
    const { events } = await read(
      line('wl-a-1', 0, '1.000001', alloc) + line('wl-a-1', 0, '1.000002', `mm_page_free: ${page}`),
    )
    expect(events[0]).toMatchObject({ pfn, failed, order: 1 })
    expect(events[1]).toMatchObject({ pfn: failed ? 0 : pfn, order: 1 })
  })

  it('has events without stacks: their order stays', async () => {
    const free = 'mm_page_free: page=0 pfn=0x1 order=0'
    const { events } = await read(
      line('wl-a-1', 0, '1.000001', free) +
        line('wl-b-2', 1, '1.000002', kmalloc) +
        line('wl-b-2', 1, '1.000003', '<stack trace>') +
        ' => __kmalloc\n => b\n' +
        line('wl-a-1', 0, '1.000004', free) +
        line('wl-c-3', 0, '1.000005', free).repeat(100),
    )
    expect(events.map(({ time }) => time)).toEqual([
      1000001000,
      1000002000,
      1000004000,
      ...Array(100).fill(1000005000),
    ])
    expect(events.map(({ stack }) => stack?.path).slice(0, 3)).toEqual([
      undefined,
      '__kmalloc;b',
      undefined,
    ])
  })

  it('has names with spaces, dashes and brackets, process ids, modules and other events', async () => {
    const { events, reading } = await read(
      '# tracer: nop\n#\n' +
        line('my [x] task-1-42', 0, '12.345678', kmalloc) +
        `       <...>-43      (     7) [001] .....    12.345679: ${kmalloc}\n` +
        line('wl-a-44', 0, '12.345680', 'sched_wakeup: comm=x pid=1 prio=120') +
        line('wl-a-44', 0, '12.345681', '<stack trace>') +
        ' => try_to_wake_up\n => xfs_iget [xfs]\n' +
        'CPU:1 [LOST 17 EVENTS]\n' +
        line('wl-a-44', 0, '12.345682', kmalloc) +
        line('wl-a-44', 0, '12.345683', '<stack trace>') +
        ' => __kmalloc+0x1/0x2\n => xfs_iget+0x1b/0x40 [xfs]\n',
    )
    expect(reading).toMatchObject({
      lines: 13,
      blank: 2,
      ignored: 1,
      lost: 17,
      damaged: 0,
      events: 3,
    })
    expect(
      events.map(({ comm, pid, cpu, stack }) => [comm, pid, cpu, stack?.functions.join(';')]),
    ).toEqual([
      ['my [x] task-1', 42, 0, undefined],
      ['<...>', 43, 1, undefined],
      ['wl-a', 44, 0, '__kmalloc;xfs_iget'],
    ])
  })

  it('may come from trace-cmd report, with or without flags', async () => {
    const cmd = (task: string, rest: string) => `${task.padStart(16)} [001] ${rest}\n`
    const alloc = kmalloc.replace('kmalloc:', 'kmalloc:             ')
    const { events, reading } = await read(
      'version = 6\ncpus=2\nCPU 0 is empty\nCPU:1 [204600 EVENTS DROPPED]\nCPU:1 [EVENTS DROPPED]\n' +
        cmd('wl-a-1', `   82.872159: ${alloc}`) +
        cmd('wl-a-1', '   82.872165: kernel_stack:         <stack trace >') +
        '=> __traceiter_kmalloc (ffffffff81234560)\n=> __kmalloc (ffffffff81234567)\n=> a (ffffffff81234568)\n' +
        cmd('wl-a-1', '   82.872166: user_stack:  => 0x7fd77245b687') +
        '\t=> 0x0\n' +
        cmd('wl-b-2', 'd.h2.    82.872170: user_stack:  => 0x7fd77245b687') +
        cmd('wl-b-2', `d.h2.    82.872171: ${alloc}`) +
        cmd('wl-b-2', 'd.h2.    82.872172: kernel_stack: <stack trace >') +
        '=> __kmalloc (ffffffff81234567)\n=> b (ffffffff81234568)\n',
    )
    expect(reading).toMatchObject({ format: 'ftrace', lost: 204600, blank: 3, damaged: 0 })
    expect(reading).toMatchObject({
      gaps: 2,
      uncountedGaps: 1,
      lostByCpu: [{ cpu: 1, events: 204600, gaps: 2, uncounted: 1 }],
    })
    expect(
      events.map(({ pid, stack, interrupt }) => [pid, stack?.functions.join(';'), interrupt]),
    ).toEqual([
      [1, '__kmalloc;a', false],
      [2, '__kmalloc;b', true],
    ])
  })

  it('takes no user stack for a stack, whichever comes first', async () => {
    const user = `${line('wl-a-1', 0, '1.000002', '<user stack trace>')} =>  <00007f3d2c8f1e2a>\n`
    const kernel = `${line('wl-a-1', 0, '1.000002', '<stack trace>')} => __kmalloc\n => a\n`
    for (const stacks of [user + kernel, kernel + user, kernel + kernel.replace('a', 'x') + user]) {
      const { events, reading } = await read(line('wl-a-1', 0, '1.000001', kmalloc) + stacks)
      expect(events.map(({ stack }) => stack?.path)).toEqual(['__kmalloc;a'])
      expect(reading.damaged).toBe(0)
    }
  })

  it('leaves out the functions that record', async () => {
    const { events } = await read(
      line('wl-a-1', 0, '1.000001', kmalloc) +
        line('wl-a-1', 0, '1.000002', '<stack trace>') +
        ' => stacktrace_trigger\n => event_triggers_post_call\n => trace_event_buffer_commit\n' +
        ' => trace_event_raw_event_kmalloc\n => __traceiter_kmalloc\n => a\n => perf_trace_x\n',
    )
    expect(events[0]?.stack?.functions).toEqual(['a', 'perf_trace_x'])
  })

  it.each([
    ['.....', false],
    ['d..2.', false],
    ['bN.1.', false],
    ['d.h1.', true],
    ['..s1.', true],
    ['d.H2.', true],
    ['d.Z2.', true],
  ])('tells interrupts by flags, also without a stack: %s', async (flags, interrupt) => {
    const text = line('wl-a-1', 0, '1.000001', kmalloc).replace('d..1.', flags)
    const { events } = await read(text)
    expect(events.map((event) => event.interrupt)).toEqual([interrupt])
    const { facts } = await auditOf(text.replace('GFP_KERNEL', 'GFP_NOFS'))
    expect(facts.requests.classes[0]?.interrupt).toBe(interrupt ? 1 : 0)
    expect(facts.callSites.explicit).toMatchObject([{ interrupt: interrupt ? 1 : 0 }])
  })

  it('tells interrupts by stacks, where flags are missing', async () => {
    const { events } = await read(
      line('wl-a-1', 0, '1.000001', kmalloc).replace('d..1. ', '') +
        line('wl-a-1', 0, '1.000002', '<stack trace>').replace('d..1. ', '') +
        ' => driver\n => handle_softirqs\n => user\n',
    )
    expect(events.map(({ interrupt }) => interrupt)).toEqual([true])
  })

  it('of kernels before 5.5 does not say which function has ended', async () => {
    const { events, reading } = await read(
      line(
        'kworker/0:1-7',
        0,
        '1.000001',
        'workqueue_execute_start: work struct 0000000085: function fn [xfs]',
      ) + line('kworker/0:1-7', 0, '1.000002', 'workqueue_execute_end: work struct 0000000085'),
    )
    expect(reading.damaged).toBe(0)
    expect(events).toMatchObject([
      { work: '0000000085', fn: 'fn' },
      { work: '0000000085', fn: '' },
    ])
  })

  it('has frames of no event: they are counted', async () => {
    const { events, reading } = await read(
      `${line('wl-a-1', 0, '1.000001', kmalloc)} => a\n => b\n${line('wl-a-1', 0, '1.000003', kmalloc)}`,
    )
    expect(events.map(({ stack }) => stack)).toEqual([undefined, undefined])
    expect(reading.damage).toMatchObject([{ kind: 'foreign', count: 1, samples: [{ line: 2 }] }])
    expect(reading.lines).toBe(4)
  })

  it('is read right when the column of the CPU changes', async () => {
    const { events, reading } = await read(
      line('wl-a-1', 0, '1.000001', kmalloc) +
        `a-2 [000] ..... 1.000002: ${kmalloc}\nx\n` +
        line('wl-a-1', 0, '1.000003', kmalloc) +
        `a-long-name-in-a-wide-column-3            [1000] ..... 1.000004: ${kmalloc}\n` +
        line('wl-a-1', 0, '1.000005', kmalloc),
    )
    expect(events.map(({ pid, cpu }) => [pid, cpu])).toEqual([
      [1, 0],
      [2, 0],
      [1, 0],
      [3, 1000],
      [1, 0],
    ])
    expect(reading.damage).toMatchObject([{ kind: 'foreign', samples: [{ line: 3, what: 'x' }] }])
  })

  it('knows the flags of old kernels, and says which it does not know', async () => {
    const with_ = (flags: string) =>
      line('wl-a-1', 0, '1.000001', kmalloc.replace('GFP_KERNEL', flags))
    const { events, reading } = await read(
      with_('GFP_TEMPORARY|__GFP_COLD') +
        with_('(GFP_NOFS|__GFP_REPEAT|__GFP_NOTRACK)') +
        with_('GFP_KERNEL|__GFP_NEXT_YEAR') +
        with_('GFP_NOIO|0x8000000') +
        with_('none'),
    )
    expect(events.map((event) => 'gfp' in event && event.gfp)).toEqual([
      0xcd0, 0x4c40, 0xcc0, 0x8000c00, 0,
    ])
    expect(reading.damage).toEqual([
      { kind: 'unknown-gfp', count: 1, samples: [{ line: 3, what: 'kmalloc: "__GFP_NEXT_YEAR"' }] },
    ])
  })

  it.each([
    ['foreign', 'dmesg says hello'],
    ['foreign', ' => stray'.replace('=>', '->')],
    ['invalid', line('wl-a-1', 0, '1.000001', 'kmalloc: call_site=f ptr=0 bytes_req=8')],
    [
      'invalid',
      line(
        'wl-a-1',
        0,
        '1.000001',
        'mm_page_alloc: page=0 pfn=0x1 order=x migratetype=0 gfp_flags=none',
      ),
    ],
    ['invalid', line('wl-a-1', 0, '1.000001', 'workqueue_execute_start: work struct 0')],
    ['malformed', line('wl-a', 0, '1.000001', kmalloc)],
    ['malformed', line('wl-a-1', 0, '1.x', kmalloc)],
    ['truncated', line('wl-a-1', 0, '1.000001', 'kmall')],
  ])('counts as %s: %s', async (kind, bad) => {
    const { reading } = await read(`${line('wl-a-1', 0, '1.000001', kmalloc)}${bad.trimEnd()}\n`)
    expect(reading).toMatchObject({ events: 1, damaged: 1 })
    expect(reading.damage[0]).toMatchObject({ kind, samples: [{ line: 2 }] })
  })

  it('counts what stands between the frames of a stack', async () => {
    const { reading, events } = await read(
      line('wl-a-1', 0, '1.000001', kmalloc) +
        line('wl-a-1', 0, '1.000002', '<stack trace>') +
        ' => __kmalloc\nwhat is this\n => a\n' +
        line('wl-a-1', 0, '1.000003', kmalloc),
    )
    expect(events.map(({ stack }) => stack?.path)).toEqual(['__kmalloc;a', undefined])
    expect(reading.damage).toEqual([
      { kind: 'foreign', count: 1, samples: [{ line: 4, what: 'what is this' }] },
    ])
  })
})

describe('perf text', () => {
  const kmalloc =
    'kmem:kmalloc: call_site=f+0x1 ptr=0x1 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NOFS node=-1 accounted=false'

  it('has call chains or none, user frames, thread ids and names with spaces', async () => {
    const { events, reading } = await read(
      `# a comment\n\nwl-a  1 [000]  1.000001:  ${kmalloc}\n` +
        '\tffffffff81634007 __kmalloc+0x237 ([kernel.kallsyms])\n' +
        '\tffffffffc0123456 xfs_iget+0x1 ([xfs])\n' +
        '\t    7f0123456789 [unknown] ([unknown])\n' +
        '\t    7f0123456789 main+0x1 (/usr/bin/wl)\n\n' +
        `my task  5/7 [001]  2.000000001:          1 ${kmalloc}\n` +
        'wl-a  1 [000]  3.000001: sched:sched_wakeup: comm=x pid=1\n',
    )
    expect(reading).toMatchObject({
      format: 'perf',
      lines: 10,
      blank: 3,
      ignored: 1,
      damaged: 0,
      events: 2,
    })
    expect(
      events.map(({ comm, pid, cpu, time, stack }) => [
        comm,
        pid,
        cpu,
        time,
        stack?.functions.join(';'),
      ]),
    ).toEqual([
      ['wl-a', 1, 0, 1000001000, '__kmalloc;xfs_iget'],
      ['my task', 7, 1, 2000000001, undefined],
    ])
  })

  it.each([
    ['foreign', 'Warning: something\n'],
    ['invalid', 'wl-a  1 [000]  1.000001: kmem:kmalloc: call_site=f\n'],
    ['foreign', '\tno frame\n\n'],
  ])('counts as %s: %s', async (kind, bad) => {
    const { reading } = await read(`wl-a  1 [000]  1.000001: ${kmalloc}\n\n${bad}`)
    expect(reading).toMatchObject({ events: 1, damaged: 1 })
    expect(reading.damage[0]).toMatchObject({ kind, samples: [{ line: 3 }] })
  })

  it('tells interrupts by their stacks', async () => {
    const chain = (name: string) => `\tffffffff81634007 ${name}+0x237 ([kernel.kallsyms])\n`
    const { events } = await read(
      `wl-a  1 [000]  1.000001: ${kmalloc}\n${chain('driver')}${chain('handle_softirqs')}\n` +
        `wl-a  1 [000]  1.000002: ${kmalloc}\n${chain('user')}\n`,
    )
    expect(events.map(({ interrupt }) => interrupt)).toEqual([true, false])
  })

  it.each([
    ['no CPU', 'wl-a  1/2 1.000001: ', ['wl-a', 2, -1]],
    ['no name', '  1/2 [003] 1.000001: ', ['', 2, 3]],
    ['neither', '  2 1.000001: ', ['', 2, -1]],
  ])('may have %s', async (_what, head, expected) => {
    const chain = '\tffffffff81634007 __kmalloc+0x237 ([kernel.kallsyms])\n'
    const { events, reading } = await read(
      `${head}${kmalloc}\n${chain}${head}${kmalloc}\n${chain}\n`,
    )
    expect(events.map(({ comm, pid, cpu }) => [comm, pid, cpu])).toEqual([expected, expected])
    expect(events.map(({ stack }) => stack?.path)).toEqual(['__kmalloc', '__kmalloc'])
    expect(reading).toMatchObject({ format: 'perf', lines: 5, damaged: 0 })
  })

  it('may have the line of source under each frame', async () => {
    const { events, reading } = await read(
      `wl-a  1 [000]  1.000001: ${kmalloc}\n` +
        '\tffffffff81634007 __kmalloc+0x237 ([kernel.kallsyms])\n  slub.c:4300\n' +
        '\tffffffff81634008 a+0x1 ([kernel.kallsyms])\n  [kernel.kallsyms][ffffffff81634008]\n\n',
    )
    expect(events[0]?.stack?.path).toBe('__kmalloc;a')
    expect(reading.damaged).toBe(0)
  })

  it('says once that its frames have no names', async () => {
    const event = `wl-a  1 [000]  1.000001: ${kmalloc}\n\tffffffff81634007\n\tffffffff81634008\n\n`
    const { events, reading } = await read(event + event)
    expect(events.map(({ stack }) => stack)).toEqual([undefined, undefined])
    expect(reading.damage).toMatchObject([{ kind: 'symbols', count: 1, samples: [{ line: 2 }] }])
  })

  it('counts what perf lost once, however often it says so', async () => {
    const event = `wl-a  1 [000]  1.000001: ${kmalloc}\n`
    const lost = (text: string) => `wl-a  1 [000]  1.000001: PERF_RECORD_${text}\n`
    const said = 'Processed 64446 events and lost 837 chunks!\n\nCheck IO/CPU overload!\n\n'
    const cases: [string, number, number][] = [
      [lost('LOST lost 188') + lost('LOST lost 12'), 200, 0],
      [lost('LOST lost 188') + lost('LOST_SAMPLES lost 200'), 200, 0],
      [lost('LOST_SAMPLES lost 200'), 200, 0],
      [said, 0, 1],
      [said + lost('LOST lost 188'), 188, 0],
      ['PERF_RECORD_FINISHED_ROUND\n', 0, 0],
    ]
    for (const [text, events, uncountedGaps] of cases) {
      const { reading } = await read(event + text + event)
      expect(reading).toMatchObject({ events: 2, lost: events, uncountedGaps, damaged: 0 })
    }
  })

  it('counts what perf lost', async () => {
    const { reading } = await read(
      `wl-a  1 [000]  1.000001: ${kmalloc}\nPROCESSED. Check IO/CPU overload! LOST 23 events!\n`,
    )
    expect(reading).toMatchObject({ lost: 23, damaged: 0 })
  })
})
