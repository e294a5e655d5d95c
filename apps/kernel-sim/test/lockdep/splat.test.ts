/** Splats as data: what was parsed prints as the kernel's text again. */
import { describe, expect, it } from 'vitest'
import { policyNamed } from '../../src/kernel/policy.js'
import { Lockdep } from '../../src/lockdep/lockdep.js'
import { lockdepOf } from '../../src/lockdep/lockdep-watch.js'
import { parseSplat, parseSplatLines, SPLAT_TITLE } from '../../src/lockdep/parse-splat.js'
import { printSplat } from '../../src/lockdep/print-splat.js'
import type { Splat } from '../../src/lockdep/splat.js'
import { subjectOf } from '../../src/matrix/subject.js'
import { CASES } from '../../src/scenarios/catalogue.js'
import { linesOf, log } from '../log/logs.js'

/** Without empty lines, which transports of logs drop. */
function compact(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}

describe('a splat of a real kernel', () => {
  it('prints as it was, to the byte', () => {
    const text = log('l01')
    const { splat, strange } = parseSplat(text)
    expect(strange).toEqual([])
    expect(printSplat(splat)).toBe(text)
  })

  it.each([
    ['l02', (line: string) => line],
    // The reporter's mail lost a blank before each frame.
    ['l04', (line: string) => line.trimStart()],
  ])('prints as it was but for empty lines: %s', (name, normal) => {
    const lines = linesOf(log(name)).map(({ text }) => text)
    const { splat, strange } = parseSplatLines(lines)
    expect(strange).toEqual([])
    expect(compact(printSplat(splat)).map(normal)).toEqual(compact(lines.join('\n')).map(normal))
  })

  it('has its parts', () => {
    const { splat } = parseSplat(log('l02'))
    expect(splat).toMatchObject({
      kind: 'circular',
      kernel: '5.11.0-rc6 #0 Not tainted',
      task: 'syz-executor.3/24553',
      lock: { name: 'fs_reclaim', usage: '{+.+.}-{0:0}', address: 'ffffffff8be892c0' },
      held: { name: '&ei->xattr_sem', at: [{ inlined: true }, { fn: 'ext4_xattr_set_handle' }] },
      exists: ['fs_reclaim', 'jbd2_handle', '&ei->xattr_sem'],
      locks: { count: 3, locks: [{ name: 'sb_writers#5' }, { at: [{}, {}] }, {}] },
      backtrace: { stack: null },
    })
    expect(splat.chain.map(({ depth, lock }) => `${depth} ${lock.name}`)).toEqual([
      '3 &ei->xattr_sem',
      '2 jbd2_handle',
      '1 sb_internal',
      '0 fs_reclaim',
    ])
    expect(splat.chain[2]?.stack.at(-1)).toEqual({
      fn: 'kthread',
      offset: '0x3b1/0x4a0',
      source: 'kernel/kthread.c:292',
    })
  })

  it.each([
    // 3.10 to 4.10: other words above, addresses in brackets, usages of fs_reclaim.
    `=================================
[ INFO: inconsistent lock state ]
3.10.0-rc5 #1 Tainted: G        W
---------------------------------
inconsistent {RECLAIM_FS-ON-W} -> {IN-RECLAIM_FS-W} usage.
kswapd0/30 [HC0[0]:SC0[0]:HE1:SE1] takes:
 (&sb->s_type->i_mutex_key#12){+.+.?.}, at: [<ffffffff811a3c5b>] shrink_icache+0x4b/0xe0 [fs]
{RECLAIM_FS-ON-W} state was registered at:
  [<ffffffff810b8a1b>] mark_held_locks+0x6b/0x90
  [<ffffffff810b9b3d>] lockdep_trace_alloc+0x7d/0xe0
irq event stamp: 1234
hardirqs last  enabled at (1233): [<ffffffff816a3f30>] _raw_spin_unlock_irq+0x30/0x40

other info that might help us debug this:
 Possible unsafe locking scenario:

       CPU0
       ----
  lock(&sb->s_type->i_mutex_key#12);
  <Interrupt>
    lock(&sb->s_type->i_mutex_key#12);

 *** DEADLOCK ***

2 locks held by kswapd0/30:
 #0:  (shrinker_rwsem){++++..}, at: [<ffffffff8116c3f0>] shrink_slab+0x30/0x4a0
 #1:  (&type->s_umount_key#22){+++++.}, at: [<ffffffff811d5a31>] grab_super_passive+0x41/0x90

stack backtrace:
CPU: 1 PID: 30 Comm: kswapd0 Tainted: G        W    3.10.0-rc5 #1
Call Trace:
 [<ffffffff8169b2a6>] dump_stack+0x19/0x1b
 [<ffffffff810b86f1>] ? print_usage_bug+0x1f1/0x2a0
`,
    `============================================
WARNING: possible recursive locking detected
6.1.0 #1 Not tainted
--------------------------------------------
cat/77 is trying to acquire lock:
ffff888003a41568 (&sb->s_type->i_mutex_key#9){++++}-{3:3}, at: ovl_lock+0x1f/0x40

but task is already holding lock:
ffff888003a40a18 (&sb->s_type->i_mutex_key#9){++++}-{3:3}, at: vfs_unlink+0x3f/0x1d0

other info that might help us debug this:
 Possible unsafe locking scenario:

       CPU0
       ----
  lock(&sb->s_type->i_mutex_key#9);
  lock(&sb->s_type->i_mutex_key#9);

 *** DEADLOCK ***

 May be due to missing lock nesting notation

1 lock held by cat/77:
 #0: ffff888003a40a18 (&sb->s_type->i_mutex_key#9){++++}-{3:3}, at: vfs_unlink+0x3f/0x1d0
`,
    `========================================================
WARNING: possible irq lock inversion dependency detected
5.4.0 #3 Not tainted
--------------------------------------------------------
kswapd0/64 just changed the state of lock:
00000000a1b2c3d4 (&xfs_nondir_ilock_class){++++}, at: xfs_ilock+0x7e/0x110
but this lock took another, fs_reclaim-unsafe lock in the past:
 (fs_reclaim){+.+.}

and interrupts could create inverse lock ordering between them.


other info that might help us debug this:
 Possible interrupt unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(fs_reclaim);
                               local_irq_disable();
                               lock(&xfs_nondir_ilock_class);
                               lock(fs_reclaim);
  <Interrupt>
    lock(&xfs_nondir_ilock_class);

 *** DEADLOCK ***

no locks held by kswapd0/64.
`,
  ])('of other kinds and times prints as it was', (text) => {
    const { splat, strange } = parseSplat(text)
    expect(strange).toEqual([])
    expect(printSplat(splat)).toBe(text)
  })

  it('is given as far as it goes, wherever it is cut', () => {
    const lines = log('l01').split('\n')
    for (let end = 0; end <= lines.length; end++) {
      const { splat } = parseSplatLines(lines.slice(0, end))
      expect(splat.chain.length).toBeLessThanOrEqual(2)
      // What is left of it prints as what was left.
      if (end >= 5) {
        const printed = new Set(printSplat(splat).split('\n'))
        for (const line of lines.slice(0, end - 1)) {
          if (/0x|lock\(/.test(line)) expect(printed).toContain(line)
        }
      }
    }
  })

  it('tells lines that do not belong to it', () => {
    const lines = log('l01').split('\n')
    lines.splice(20, 0, 'usb 1-1: new high-speed USB device', 'EXT4-fs (sda1): mounted')
    const { splat, strange } = parseSplatLines(lines)
    expect(strange).toEqual([20, 21])
    expect(splat.chain).toHaveLength(2)
  })
})

describe("the checker's own splats", () => {
  /** What lockdep says of a model, and what became of it as text. */
  function expectRoundTrip(splats: readonly Splat[]): void {
    expect(splats.length).toBeGreaterThan(0)
    for (const splat of splats) {
      const text = printSplat(splat)
      const parsed = parseSplat(text)
      expect(parsed.strange).toEqual([])
      expect(printSplat(parsed.splat)).toBe(text)
      expect(parsed.splat).toEqual(splat)
      expect(text.split('\n')[1]).toMatch(SPLAT_TITLE)
    }
  }

  it.each([
    ['direct-recursion', 'unrestricted'],
    ['false-alarm', 'scope'],
    ['cil-push', 'scope'],
    ['rescuer-agf', 'scope'],
  ])('of %s under %s parse, and print the same', (name, policy) => {
    const found = CASES.find(({ scenario }) => scenario.name === name)
    if (!found) throw new Error(name)
    expectRoundTrip(lockdepOf(subjectOf(found.scenario, policyNamed(policy)).machine).splats)
  })

  it('of all kinds parse, and print the same', () => {
    const lockdep = new Lockdep()
    const take = (task: string, ...locks: string[]) => {
      for (const lock of locks) lockdep.acquire(task, lock)
      for (const lock of locks) lockdep.release(task, lock)
    }
    take('cat', 'A', 'A')
    for (const pair of ['BC', 'CD', 'DB']) take('cat', ...pair)
    lockdep.release('cat', 'E')
    lockdep.acquire('cat', 'E')
    lockdep.initialize('cat', 'E')
    lockdep.release('cat', 'E')
    const inside = (...locks: string[]) => {
      lockdep.enter('cpu', 'HARDIRQ')
      take('cpu', ...locks)
      lockdep.exit('cpu', 'HARDIRQ')
    }
    inside('F')
    take('cpu', 'F')
    lockdep.disable('cpu', 'HARDIRQ')
    take('cpu', 'G', 'H')
    lockdep.enable('cpu', 'HARDIRQ')
    take('cpu', 'H')
    inside('G')
    inside('I')
    take('cpu', 'J')
    lockdep.disable('cpu', 'HARDIRQ')
    take('cpu', 'I', 'J')
    expectRoundTrip(lockdep.splats)
    expect(new Set(lockdep.splats.map(({ kind }) => kind))).toEqual(
      new Set([
        'recursive',
        'circular',
        'unbalanced',
        'held-lock-initialized',
        'inconsistent-irq',
        'irq-inversion',
        'irq-unsafe-order',
      ]),
    )
  })
})
