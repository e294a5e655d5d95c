/** Prefixes: the same words of a kernel come out of every form of log. */
import { describe, expect, it } from 'vitest'
import { linesOf, log } from './logs.js'

const WORDS = [
  'INFO: task kworker/u8:1:42 blocked for more than 120 seconds.',
  '      Not tainted 6.6.0 #1',
  'task:kworker/u8:1   state:D stack:0     pid:42    tgid:42    ppid:2      flags:0x00004000',
  'Workqueue: writeback wb_workfn (flush-8:0)',
  'Call Trace:',
  ' <TASK>',
  ' ? __schedule+0x2e3/0x740',
  ' schedule+0x42/0xb0',
  ' xfs_ilock+0x14b/0x2b0 [xfs]',
  ' </TASK>',
]

/** The words with something before each line. */
const with_ = (prefix: (i: number) => string) =>
  WORDS.map((words, i) => `${prefix(i)}${words}`).join('\n')
const texts = (text: string) => linesOf(text).map((line) => line.text)
const two = (i: number) => String(i + 10)

describe('the words of a kernel come out of', () => {
  it.each([
    ['a console with times', (i: number) => `[   12.3456${two(i)}] `],
    ['a console with times and callers', (i: number) => `[   12.3456${two(i)}][   T30] `],
    ['a console with callers', () => '[  T301] '],
    ['a console that says who runs', () => '[6:  kworker/u40:2: 7357] '],
    ['levels', () => '<6>'],
    ['levels and times', (i: number) => `<4>[   12.3456${two(i)}] `],
    ['dmesg -T', (i: number) => `[Fri Jun 26 10:11:${two(i)} 2026] `],
    ['dmesg -T elsewhere', (i: number) => `[ven. juin 26 10:11:${two(i)} 2026] `],
    ['dmesg -e', (i: number) => (i === 0 ? '[Jun26 10:11] ' : `[  +0.0000${two(i)}] `)],
    ['dmesg -d', (i: number) => `[   12.3456${two(i)} <    0.000012>] `],
    ['syslog', (i: number) => `Jun 26 10:11:${two(i)} host kernel: `],
    [
      'syslog with times of the kernel',
      (i: number) => `Jun  6 10:11:${two(i)} host kernel: [   12.3456${two(i)}] `,
    ],
    ['journald', (i: number) => `Jun 26 10:11:${two(i)}.123456 host kernel: `],
    [
      'syslog with times of ISO 8601',
      (i: number) => `2026-06-26T10:11:${two(i)}.123456+02:00 host kernel: `,
    ],
    ['a collector of jobs', (i: number) => `2026-06-26T10:11:${two(i)}.1234567Z `],
    ['a log of Android', (i: number) => `06-26 10:11:${two(i)}.123  1234  1234 W kernel  : `],
    ['/dev/kmsg', (i: number) => `4,12${two(i)},123456${two(i)},-;`],
    ['/dev/kmsg with callers', (i: number) => `4,12${two(i)},123456${two(i)},-,caller=T30;`],
    ['ktest', (i: number) => `000${two(i)} `],
    ['a mail', () => '> '],
    ['a mail that quotes a mail', (i: number) => `> > [   12.3456${two(i)}] `],
    ['a terminal with colours', (i: number) => `\x1b[32m[   12.3456${two(i)}]\x1b[0m `],
    ['a serial line that nobody listed', (i: number) => `ttyS0|00${two(i)}| `],
    ['a test runner that nobody listed', (i: number) => `vm-3 (qemu/x86) 00:00:${two(i)} `],
    [
      'one that nobody listed, around one that is',
      (i: number) => `console{7}: [   12.3456${two(i)}] `,
    ],
  ])('%s', (_name, prefix) => {
    expect(texts(with_(prefix))).toEqual(WORDS)
  })

  it('CRLF', () => {
    expect(texts(with_(() => '[    1.000000] ').replaceAll('\n', '\r\n'))).toEqual(WORDS)
  })

  it.each([
    ['#012', 'Jun 26 10:11:12 host kernel: '],
    ['\\x0a', ''],
  ])('one line with %s for newlines', (newline, prefix) => {
    expect(texts(`${prefix}${WORDS.join(newline)}`)).toEqual(WORDS)
  })

  it('journalctl -o json, of texts and of bytes', () => {
    const entries = WORDS.map((MESSAGE, i) =>
      JSON.stringify({
        _TRANSPORT: 'kernel',
        MESSAGE: i % 2 ? MESSAGE : [...Buffer.from(MESSAGE)],
        _SOURCE_MONOTONIC_TIMESTAMP: '1500000',
      }),
    )
    const lines = linesOf(entries.join('\n'))
    expect(lines.map(({ text }) => text)).toEqual(WORDS)
    expect(lines[0]?.time).toBe(1.5)
    expect(texts(JSON.stringify({ MESSAGE: WORDS.join('\n') }))).toEqual(WORDS)
  })

  it('all of these in one file', () => {
    const mixed = WORDS.map(
      (words, i) =>
        ['[    1.5] '.replace('1.5', '1.500000'), '<6>', '> ', 'Jun 26 10:11:12 host kernel: '][
          i % 4
        ] + words,
    )
    expect(texts(mixed.join('\n'))).toEqual(WORDS)
  })
})

describe('lines', () => {
  it('say when and by whom they were printed', () => {
    expect(linesOf('[   12.345678][   T30] words')).toEqual([
      { line: 1, text: 'words', time: 12.345678, caller: 'T30' },
    ])
    expect(linesOf('4,12,12345678,-;words')[0]).toMatchObject({ time: 12.345678 })
  })

  it('that a mail client broke are whole again', () => {
    const broken = [
      'b2sum: page allocation failure: order:4,',
      'mode:0x40c40(GFP_NOFS|__GFP_COMP),',
      'nodemask=(null),cpuset=/,mems_allowed=0',
      'ffff888102462418 (&xfs_nondir_ilock_class){++++}-{4:4}, at:',
      'xfs_ilock+0x14b/0x2b0',
      'workqueue: WQ_MEM_RECLAIM writeback:wb_workfn is flushing',
      '!WQ_MEM_RECLAIM events_unbound:quota_release_workfn',
      'Node 0 DMA32 free:529024kB min:5396kB low:7216kB high:9036kB active_anon:1301284kB',
      'inactive_anon:76516kB managed:1947352kB free_cma:523848kB',
      'Node 0 DMA32: 4*4kB (UEC) 0*8kB 1*16kB (E)',
      '5*32kB (UMEC) = 529024kB',
    ]
    expect(texts(broken.join('\n'))).toEqual([
      'b2sum: page allocation failure: order:4, mode:0x40c40(GFP_NOFS|__GFP_COMP), nodemask=(null),cpuset=/,mems_allowed=0',
      'ffff888102462418 (&xfs_nondir_ilock_class){++++}-{4:4}, at: xfs_ilock+0x14b/0x2b0',
      'workqueue: WQ_MEM_RECLAIM writeback:wb_workfn is flushing !WQ_MEM_RECLAIM events_unbound:quota_release_workfn',
      'Node 0 DMA32 free:529024kB min:5396kB low:7216kB high:9036kB active_anon:1301284kB inactive_anon:76516kB managed:1947352kB free_cma:523848kB',
      'Node 0 DMA32: 4*4kB (UEC) 0*8kB 1*16kB (E) 5*32kB (UMEC) = 529024kB',
    ])
  })

  it('of prose lose nothing', () => {
    const prose = [
      'I see this WARNING: possible circular locking dependency detected',
      'which lock already depends on it?',
      'Thanks, all',
    ]
    expect(texts(prose.join('\n')).slice(1)).toEqual(prose.slice(1))
  })

  it('of a log are the same wherever its bytes are cut into chunks', async () => {
    const { LogReader } = await import('../../src/log/read/log-reader.js')
    const bytes = Buffer.from(log('l22'))
    const whole = linesOf(bytes)
    for (const size of [1, 7, 100, 4096]) {
      const lines: unknown[] = []
      const reader = new LogReader((line) => lines.push(line))
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
      reader.end()
      expect(lines).toEqual(whole)
    }
  })
})

describe('what transports do to messages of several lines', () => {
  it('is undone for dmesg, which puts blanks in place of the prefix', () => {
    const text = [
      '[ 1334.988014] ffff88820660b570 (&wp->lock){+.+.}, at: bch2_alloc_sectors_start+0x22b/0x1550 [bcachefs]',
      '[ 1334.988442]',
      '               but task is already holding lock:',
      '[ 1334.990370]',
      '               -> #1 (fs_reclaim){+.+.}:',
      '[ 1334.990684]        fs_reclaim_acquire.part.0+0x25/0x30',
    ].join('\n')
    expect(texts(text).filter(Boolean)).toEqual([
      'ffff88820660b570 (&wp->lock){+.+.}, at: bch2_alloc_sectors_start+0x22b/0x1550 [bcachefs]',
      'but task is already holding lock:',
      '-> #1 (fs_reclaim){+.+.}:',
      '       fs_reclaim_acquire.part.0+0x25/0x30',
    ])
    expect(linesOf(text)[2]?.time).toBe(1334.988442)
  })

  it('is undone for terminals, which put two on one line', () => {
    const glued = `[ 2135.915817]        move_page_tables+0x885/0x940${' '.repeat(60)}[ 2135.916084]        shift_arg_pages+0xad/0x190`
    expect(texts(glued)).toEqual([
      '       move_page_tables+0x885/0x940',
      '       shift_arg_pages+0xad/0x190',
    ])
  })

  it('is undone for raw mails', () => {
    const raw = [
      '[   22.058015] workqueue: WQ_MEM_RECLAIM test_kfree_rcu_destroy_wq:cache_de=',
      'stroy_workfn [slub_kunit] is flushing !WQ_MEM_RECLAIM events_unbound:kfree_=',
      'rcu_work',
      '[   22.058039] WARNING: CPU: 19 PID: 474 at kernel/workqueue.c:3715 check_f=',
      'lush_dependency.part.0+0xbe/0x130',
      '[   22.058040] a=3D1',
      '======================================================',
    ]
    expect(texts(raw.join('\n'))).toEqual([
      'workqueue: WQ_MEM_RECLAIM test_kfree_rcu_destroy_wq:cache_destroy_workfn [slub_kunit] is flushing !WQ_MEM_RECLAIM events_unbound:kfree_rcu_work',
      'WARNING: CPU: 19 PID: 474 at kernel/workqueue.c:3715 check_flush_dependency.part.0+0xbe/0x130',
      'a=1',
      '======================================================',
    ])
  })

  it('is undone for mails that quote lines which another mail broke', () => {
    expect(
      texts(
        '>>>>> workqueue: WQ_MEM_RECLAIM nvme-wq:nvme_rdma_reconnect_ctrl_work\n>>>>> [nvme_rdma] is flushing !WQ_MEM_RECLAIM ib_addr:process_one_req [ib_core]',
      ),
    ).toEqual([
      'workqueue: WQ_MEM_RECLAIM nvme-wq:nvme_rdma_reconnect_ctrl_work [nvme_rdma] is flushing !WQ_MEM_RECLAIM ib_addr:process_one_req [ib_core]',
    ])
  })
})
