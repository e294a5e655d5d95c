/** Text as people have it: of old kernels, cut, quoted, folded by mail, from other systems, by other versions of the tools. */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readTrace } from '../../src/trace/read/read-trace.js'
import { Source } from '../../src/trace/read/source.js'
import { auditOf, read } from '../audit/trace.js'

const data = (name: string) => readFileSync(new URL(`../data/${name}`, import.meta.url))

const line = (task: string, cpu: number, flags: string, time: string, rest: string) =>
  `${task.padStart(16)} [00${cpu}] ${flags} ${time}: ${rest}\n`
const kmalloc = (site: string, gfp = 'GFP_NOFS') =>
  `kmalloc: call_site=${site}+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=${gfp} node=-1 accounted=false`
const frames = (...names: string[]) => names.map((name) => ` => ${name}\n`).join('')

const paths = (
  events: readonly { readonly stack?: { readonly frames: readonly string[] } | undefined }[],
) => events.map(({ stack }) => stack?.frames.join(';'))

describe('ftrace text: whose stack', () => {
  it('a softirq between an event and its stack takes nothing', async () => {
    const { events, reading } = await read(data('ftrace-stack-after-softirq.txt'))
    expect(reading).toMatchObject({ damaged: 1, strayStacks: 0 })
    const missing = events.filter(({ event, stack }) => event !== 'mm_page_free' && !stack)
    expect(missing).toEqual([])
    expect(events[0]?.stack?.functions[1]).toBe('vm_area_alloc')
    expect(events.filter(({ event }) => event === 'mm_page_free').some(({ stack }) => stack)).toBe(
      false,
    )
  })

  it('a softirq has stacks of its own', async () => {
    const { events } = await read(
      line('wl-a-1', 0, '.....', '1.000001', kmalloc('a')) +
        line('wl-a-1', 0, '..s1.', '1.000002', kmalloc('s', 'GFP_ATOMIC')) +
        line('wl-a-1', 0, '..s1.', '1.000003', '<stack trace>') +
        frames('__kmalloc', 's', 'handle_softirqs') +
        line('wl-a-1', 0, '.....', '1.000004', '<stack trace>') +
        frames('__kmalloc', 'a'),
    )
    expect(paths(events)).toEqual(['__kmalloc;a', '__kmalloc;s;handle_softirqs'])
    expect(events.map(({ interrupt }) => interrupt)).toEqual([false, true])
  })

  it('where flags are left out the probe on top of the stack tells', async () => {
    const bare = (rest: string) => `          wl-a-1     [000]     1.000001: ${rest}\n`
    const { events, reading } = await read(
      bare(kmalloc('a')) +
        bare('mm_page_free: page=0 pfn=0x1 order=0') +
        bare('kernel_stack:         <stack trace >') +
        '=> trace_event_raw_event_kmalloc (ffffffff81000001)\n=> __kmalloc (ffffffff81000002)\n=> a (ffffffff81000003)\n' +
        // The event of this one is not there.
        bare('kernel_stack:         <stack trace >') +
        '=> trace_event_raw_event_kmalloc (ffffffff81000001)\n=> b (ffffffff81000004)\n',
    )
    expect(paths(events)).toEqual(['__kmalloc@ffffffff81000002;a@ffffffff81000003', undefined])
    expect(reading).toMatchObject({ strayStacks: 1, damaged: 0 })
  })

  it('none is given to an event of before the task was switched, or of before events were lost', async () => {
    const stack = (task: string) =>
      line(task, 0, '.....', '1.000003', '<stack trace>') + frames('x', 'y')
    const { events, reading } = await read(
      line('wl-a-1', 0, '.....', '1.000001', kmalloc('a')) +
        line('wl-b-2', 0, '.....', '1.000002', 'sched_switch: whatever') +
        stack('wl-a-1') +
        line('wl-a-1', 0, '.....', '1.000004', kmalloc('a')) +
        'CPU:0 [LOST 7 EVENTS]\n' +
        stack('wl-a-1'),
    )
    expect(paths(events)).toEqual([undefined, undefined])
    expect(reading).toMatchObject({ strayStacks: 2, lost: 7, gaps: 1, damaged: 0 })
  })
})

describe('ftrace text of trace-cmd', () => {
  it('may name the place of a request twice, and the buffer of each line', async () => {
    const { events, reading } = await read(
      'cpus=2\n' +
        'scopemask:              cat-11332 [001]  3543.888643024: kmem_cache_alloc:     (getname_flags.part.0+0x2b) call_site=getname_flags.part.0+0x2b ptr=0xffff8c539fe1a000 bytes_req=4096 bytes_alloc=4096 gfp_flags=GFP_KERNEL\n' +
        '  nginx: worker-7     [001]  3543.888643025: kmalloc:     (f+0x1 [xfs]) call_site=f+0x1 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NOFS\n',
    )
    expect(reading.damaged).toBe(0)
    expect(events).toMatchObject([
      { comm: 'cat', pid: 11332, site: 'getname_flags.part.0', bytes: 4096, gfp: 0xcc0 },
      { comm: 'nginx: worker', pid: 7, site: 'f', gfp: 0xc40 },
    ])
  })

  it('may have times without seconds', async () => {
    const { events, reading } = await read(
      'cpus=2\nscopemask: CPU:0 [EVENTS DROPPED]\n' +
        `             cat-11775 [000]9515574721134: ${kmalloc('a')}\n` +
        `scopemask:              cat-11775 [000]9515574732444: ${kmalloc('b')}\n`,
    )
    expect(reading).toMatchObject({
      format: 'ftrace',
      clock: 'ticks',
      damaged: 0,
      gaps: 1,
      lost: 0,
    })
    expect(events.map(({ time, comm }) => [time, comm])).toEqual([
      [9515574721134, 'cat'],
      [9515574732444, 'cat'],
    ])
  })

  it('without its plugins begins a stack on the line of its header, and cuts it', async () => {
    const cmd = (rest: string) => `             cat-11775 [000]   12.000001: ${rest}\n`
    const stack = (...names: string[]) =>
      cmd(`kernel_stack:         ${names.map((name) => `\t=> ${name}`).join('\n')}`)
    const { events, reading } = await read(
      cmd(kmalloc('a')) +
        stack('trace_event_raw_event_kmalloc', '__kmalloc', 'a', 'b', '0x0', '0x0', '0x0', '0x0') +
        cmd(kmalloc('c')) +
        stack('trace_event_raw_event_kmalloc', '__kmalloc', 'c', 'd', 'e', 'f', 'g', 'h'),
    )
    expect(reading).toMatchObject({ damaged: 0, lines: 18 })
    expect(events.map(({ stack }) => [stack?.path, stack?.truncated])).toEqual([
      ['__kmalloc;a;b', false],
      ['__kmalloc;c;d;e;f;g;h', true],
    ])
  })
})

describe('ftrace text that was pasted', () => {
  const whole =
    '# tracer: nop\n#\n#           TASK-PID   CPU#  ||||    TIMESTAMP  FUNCTION\n' +
    line('wl-a-1', 0, 'd..1.', '1.000001', kmalloc('a')) +
    line('wl-a-1', 0, 'd..1.', '1.000002', '<stack trace>') +
    frames('__kmalloc', 'a', 'ext4_map_blocks') +
    line('', 0, '....', '1.000003', kmalloc('b')) +
    line('-77', 1, '.....', '1.000004', kmalloc('c'))

  it.each([
    ['as it is', whole],
    ['quoted', whole.replaceAll(/^/gm, '> ').replace(/> $/, '')],
    [
      'quoted twice, without blanks after some',
      whole.replaceAll(/^/gm, '>> ').replace(/>> $/, '').replace(/^>> #/gm, '>>#'),
    ],
    ['indented', whole.replaceAll(/^/gm, '      ')],
    ['with CRLF', whole.replaceAll('\n', '\r\n')],
  ])('is read: %s', async (_, text) => {
    const { events, reading } = await read(text)
    expect(reading).toMatchObject({ format: 'ftrace', events: 3, damaged: 0 })
    expect(events).toMatchObject([
      { comm: 'wl-a', pid: 1, site: 'a', gfp: 0xc40 },
      { comm: '', pid: -1, site: 'b' },
      { comm: '', pid: 77, site: 'c' },
    ])
    expect(paths(events)).toEqual(['__kmalloc;a;ext4_map_blocks', undefined, undefined])
  })

  it.each([200, 300, 1 << 16])(
    'is joined where mail folded it, in pieces of %i bytes',
    async (chunk) => {
      const folded =
        line(
          'wl-a-1',
          0,
          '.....',
          '1.000001',
          kmalloc('a')
            .replace(' ptr', '\nptr')
            .replace(' node', '\nnode')
            .replace('node=-1', 'node=0'),
        ) +
        line('wl-a-1', 0, '.....', '1.000002', '<stack trace>') +
        frames('__kmalloc', 'a') +
        line(
          'wl-a-1',
          0,
          '.....',
          '1.000003',
          'workqueue_queue_work: work struct=00000000853bc473\nfunction=vmstat_update workqueue=mm_percpu_wq req_cpu=1 cpu=1',
        ) +
        line('wl-a-1', 0, '.....', '1.000004', `mm_page_alloc: page=0 pfn=0x7\norder=0 nonsense`) +
        'and prose\n'
      const { events, reading } = await read(folded, chunk)
      expect(events).toMatchObject([
        { event: 'kmalloc', site: 'a', node: 0, line: 1 },
        { event: 'workqueue_queue_work', fn: 'vmstat_update', workqueue: 'mm_percpu_wq' },
      ])
      expect(paths(events)).toEqual(['__kmalloc;a', undefined])
      expect(reading.damage.map(({ kind, count }) => [kind, count])).toEqual([
        ['invalid', 1],
        ['foreign', 2],
      ])
      expect(reading.lines).toBe(11)
    },
  )

  it('may be of function_graph, with events as comments', async () => {
    const { events, reading } = await read(
      '# tracer: function_graph\n#\n# CPU  DURATION                  FUNCTION CALLS\n' +
        ' 24)   0.123 us    |      __next_zones_zonelist();\n 24) @ 184015.2 us |  }\n' +
        ' 24)               |  /* mm_page_alloc: page=0000000000000000 pfn=0 order=9 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_NOWARN */\n' +
        ' ------------------------------------------\n 24)   dd-77   =>   cat-78  \n' +
        ' 7.500000 |   1)   dd-812    |               |  /* kmalloc: call_site=f+0x1/0x2 ptr=0 bytes_req=8 bytes_alloc=8 gfp_flags=GFP_NOFS */\n',
    )
    expect(reading).toMatchObject({ format: 'ftrace', damaged: 0, ignored: 3 })
    expect(events).toMatchObject([
      { event: 'mm_page_alloc', cpu: 24, pid: -1, failed: true, order: 9 },
      { event: 'kmalloc', cpu: 1, pid: 812, comm: 'dd', time: 7.5e9, gfp: 0xc40 },
    ])
  })

  it('may be of a kernel that does not name the function of an item', async () => {
    const { facts, reading } = await auditOf(
      line(
        'wl-a-1',
        0,
        '.....',
        '1.000001',
        'workqueue_queue_work: work struct=ffff1 workqueue=events req_cpu=1 cpu=1',
      ) +
        line(
          'kworker/0:1-7',
          0,
          '.....',
          '1.000002',
          'workqueue_execute_start: work struct ffff1: function f',
        ),
    )
    expect(reading.damaged).toBe(0)
    expect(
      facts.work.functions.map(({ fn, queued, executions }) => [fn, queued, executions]),
    ).toEqual([
      ['f', 0, 1],
      ['(not recorded)', 1, 0],
    ])
  })
})

describe('perf text that was pasted', () => {
  const event = (task: string, rest: string) => `${task} [000]  1567.570191:             ${rest}\n`

  it('keeps to each event its frames where the blank line between is missing', async () => {
    const { events, reading } = await read(data('perf-missing-blank-line.txt'))
    expect(reading.damaged).toBe(0)
    expect(events.map(({ stack }) => stack?.functions.length)).toEqual([12, 17])
    const { facts } = await auditOf(data('perf-missing-blank-line.txt'))
    expect(facts.callSites.explicit.map(({ site, verdict }) => [site, verdict])).toEqual([
      ['ext4_alloc_inode', 'unknown'],
      ['ext4_find_extent', 'always'],
    ])
  })

  it('is the same however its bytes are cut, also there', async () => {
    const text = data('perf-missing-blank-line.txt')
    const whole = await read(text)
    for (const chunk of [3, 64, 255, 1024]) {
      const cut = await read(text, chunk)
      expect([cut.reading, paths(cut.events)]).toEqual([whole.reading, paths(whole.events)])
    }
  })

  it('has frames of a vmlinux under any path, modules, and no program', async () => {
    const { events, reading } = await read(
      event(
        'perf  6503',
        'kmem:mm_page_alloc: page=0x16c904 pfn=1493252 order=0 migratetype=0 gfp_flags=GFP_KERNEL',
      ) +
        '\tffffffffb523e2ae __alloc_pages_nodemask+0x22e (/lib/modules/5.1.0-rc3+/build/vmlinux)\n' +
        '\tffffffffb523e2af inlined_one+0x1 (inlined)\n' +
        '\tffffffffc0123456 xfs_iget+0x8a ([xfs])\n' +
        '\tffffffffc0123457 ext4_x+0x8a (/lib/modules/5.1/kernel/fs/ext4.ko.xz)\n' +
        '\tffffffffc0123458 bpf_prog_1 (bpf_prog_1)\n' +
        '\t    7f71e92d03e8 __poll+0x18 (/usr/lib64/libc-2.28.so)\n' +
        '\t    55a22960d9c1 std::f(int, char) const+0x1 (/usr/bin/perf)\n' +
        '\t5541f689495641d7 [unknown] ([unknown])\n\n',
    )
    expect(reading.damaged).toBe(0)
    expect(paths(events)).toEqual([
      '__alloc_pages_nodemask+0x22e;inlined_one+0x1;xfs_iget+0x8a;ext4_x+0x8a;bpf_prog_1',
    ])
  })

  it('may be of ppc64, of a task whose name ends like a thread of ftrace, and with blanks before frames', async () => {
    const { events, reading } = await read(
      event(
        'jbd2/dm-3-8  7666',
        'kmem:kmalloc: call_site=c0000000003ce108 ptr=0xc000000fcd646360 bytes_req=96 bytes_alloc=96 gfp_flags=GFP_NOFS|GFP_ZERO',
      ) +
        '                  27f1dc .__kmalloc (/boot/vmlinux)\n' +
        '                       0 [unknown] ([unknown])\n' +
        '                  3de108 .ext4_find_extent (/boot/vmlinux)\n' +
        '                  427620 .kjournald2 (/boot/vmlinux)\n\n' +
        `    ${event('fio 276212', 'kmem_cache_alloc: (vx+0x1) call_site=ffffffffc13ec032 ptr=0x1 bytes_req=88 bytes_alloc=88 gfp_flags=GFP_NOFS')}`,
    )
    expect(reading).toMatchObject({ format: 'perf', damaged: 0 })
    expect(events).toMatchObject([
      { comm: 'jbd2/dm-3-8', pid: 7666, gfp: 0xd40 },
      { comm: 'fio', pid: 276212, event: 'kmem_cache_alloc' },
    ])
    expect(paths(events)).toEqual(['__kmalloc;ext4_find_extent;kjournald2', undefined])
  })

  it('goes on after an event that stands where a frame should', async () => {
    const { reading } = await read(
      `${event('a 1', 'kmem:mm_page_free: page=0x1 pfn=1 order=0')}\t${event('a 1', 'kmem:mm_page_free: page=0x1 pfn=1 order=0')}\n`,
    )
    expect(reading).toMatchObject({ events: 1, damaged: 1, lines: 3 })
  })

  it('loses nothing to CRLF', async () => {
    const text = gunzipSync(data('perf.txt.gz')).subarray(0, 100_000).toString('latin1')
    const whole = await read(text)
    const crlf = await read(text.replaceAll('\n', '\r\n'), 4097)
    expect(crlf.reading).toMatchObject({
      events: whole.reading.events,
      damaged: whole.reading.damaged,
    })
    expect(paths(crlf.events)).toEqual(paths(whole.events))
  })
})

describe('a recording on standard input', () => {
  it('is known as gzip when its first byte comes alone', async () => {
    const bytes = gzipSync(line('wl-a-1', 0, '.....', '1.000001', kmalloc('a')))
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 2), bytes.subarray(2)]
    const source = Source.stream('standard input', Readable.from(pieces))
    expect(await readTrace(source, () => {})).toMatchObject({ compression: 'gzip', events: 1 })
  })
})
