/**
 * Kinds of reports, each by a short log with names of our own, in the form in which kernels print it. What was said of them is what readers of
 * 700 logs of other projects' tests (syzkaller, abrt, OOMAnalyser, node-problem-detector) missed.
 */
import { describe, expect, it } from 'vitest'
import { logText } from '../../src/report/log/text.js'
import { explained } from './logs.js'

const said = (text: string) => explained(text).reports[0]
const textOf = (text: string) =>
  logText([{ name: 'log', lines: 1, oversize: 0, cut: undefined, ...explained(text) }], 10)

const SLEEP = `BUG: sleeping function called from invalid context at include/linux/sched/mm.h:306
in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 812, name: flusher
preempt_count: 1, expected: 0
RCU nest depth: 0, expected: 0
2 locks held by flusher/812:
 #0: ffff888012345678 (&sb->outer){+.+.}-{3:3}, at: demo_flush+0x20/0x90
 #1: ffff88801234567c (&table->lock){+.+.}-{2:2}, at: demo_table_grow+0x44/0x120
Preemption disabled at:
[<ffffffff81234567>] demo_table_grow+0x44/0x120
CPU: 2 PID: 812 Comm: flusher Not tainted 6.6.30 #1
Call Trace:
 <TASK>
 dump_stack_lvl+0x5d/0x80
 __might_resched+0x1f0/0x2d0
 kmem_cache_alloc+0x30/0x240
 demo_table_grow+0x70/0x120
 demo_flush+0x33/0x90
 kthread+0x120/0x140
 </TASK>`

describe('a sleep where nobody may sleep', () => {
  it('of a request for memory names the lock, and says that no scope helps', () => {
    expect(said(SLEEP)).toMatchObject({
      kind: 'sleep-in-atomic',
      verdict: 'wrong-context',
      confidence: 'high',
      kernel: '6.6.30',
      place: { fn: 'demo_table_grow', caller: 'demo_flush' },
      tasks: [{ comm: 'flusher', pid: 812 }],
    })
    const reasons = said(SLEEP)?.reasons.join(' ') ?? ''
    expect(reasons).toContain('holds what spins: &table->lock.')
    expect(reasons).toContain('A scope makes no difference')
    expect(said(SLEEP)?.fixes[0]?.what).toContain('GFP_NOWAIT')
  })

  it('of anything else has nothing to do with scopes', () => {
    const text = SLEEP.replace(/include\S+/, 'kernel/locking/mutex.c:585').replace(
      'kmem_cache_alloc',
      'mutex_lock',
    )
    expect(said(text)?.place).toBeUndefined()
    expect(said(text)?.reasons.join(' ')).toContain('Memory reclaim is not part of it')
  })

  it('of the scheduler says what the count of preemption means', () => {
    const text = `BUG: scheduling while atomic: swapper/3/0/0x00000102
Modules linked in: demo
CPU: 3 PID: 0 Comm: swapper/3 Not tainted 4.19.0 #1
Call Trace:
 <IRQ>
 dump_stack+0x5c/0x80
 __schedule_bug+0x55/0x70
 __schedule+0x6b0/0x870
 schedule+0x28/0x80
 demo_wait+0x90/0x100
 demo_timer+0x20/0x40`
    expect(said(text)).toMatchObject({
      verdict: 'wrong-context',
      tasks: [{ comm: 'swapper/3', pid: 0 }],
    })
    expect(said(text)?.reasons).toContain('It is in a softirq.')
    expect(said(text)?.summary).toContain('demo_wait')
  })

  it('of a lock that sleeps on PREEMPT_RT', () => {
    const text = `=============================
[ BUG: Invalid wait context ]
6.1.90 #2 Not tainted
-----------------------------
worker/77 is trying to lock:
ffff000012345678 (&dev->queue_lock){....}-{3:3}, at: demo_kick+0x2c/0x80
other info that might help us debug this:
context-{5:5}
1 lock held by worker/77:
 #0: ffff000087654321 (&raw->lock){....}-{2:2}, at: demo_poll+0x1c/0x90
stack backtrace:
CPU: 1 PID: 77 Comm: worker Not tainted 6.1.90 #2
Call trace:
 dump_backtrace+0x0/0x1a8
 __lock_acquire+0x5c0/0x1568
 demo_kick+0x2c/0x80
 demo_poll+0x40/0x90`
    expect(said(text)).toMatchObject({ kind: 'wait-context', verdict: 'wrong-context' })
    expect(said(text)?.summary).toContain('&dev->queue_lock')
    expect(said(text)?.reasons).toContain('It holds what spins: &raw->lock.')
    expect(said(text)?.summary).toContain('which sleeps on PREEMPT_RT')
    const mutex = text.replace(/^ __lock_acquire.*$/m, ' __mutex_lock+0xa0/0xa4')
    expect(said(mutex)?.summary).toContain('&dev->queue_lock, which sleeps, where')
  })

  it('of a lock in an interrupt', () => {
    const text = `> [ BUG: Invalid wait context ]
> 6.11.0 #28 Not tainted
> swapper/5/0 is trying to lock:
> ffff0004409ab900 (&demo->lock){+.+.}-{3:3}, at:
> demo_timer+0x10/0x18
> other info that might help us debug this:
> context-{2:2}
> no locks held by swapper/5/0.`
    expect(said(text)?.reasons).toContain('It is in an interrupt.')
    expect(said(text)?.summary).toContain('&demo->lock')
  })

  it('counts spinlocks among what spins by any numbering', () => {
    const since612 = SLEEP.replaceAll('6.6.30', '6.12.1')
      .replace('{3:3}', '{4:4}')
      .replace('{2:2}', '{3:3}')
    expect(said(since612)?.reasons.join(' ')).toContain('holds what spins: &table->lock.')
    const quoted = SLEEP.replace(/^ #/gm, '     #')
    expect(said(quoted)?.locks).toHaveLength(2)
  })
})

describe('a request that takes long', () => {
  it('is told by its name with the number of the process, and by frames that are not sure', () => {
    const text = `a.out(5337): page allocation stalls for 160001ms, order:1 mode:0x2604240(GFP_NOFS|__GFP_NOWARN|__GFP_COMP|__GFP_NOTRACK)
CPU: 2 PID: 5337 Comm: a.out Not tainted 4.11.0 #2670
Call Trace:
 ? dump_stack+0x5c/0x84
 ? warn_alloc+0x112/0x1b0
 ? ktime_get+0x51/0xd0
 ? __alloc_pages_nodemask+0x1eb/0x230
 ? alloc_pages_vma+0xc4/0x280
 ? demo_read_ahead+0x189/0x280`
    expect(said(text)).toMatchObject({
      kind: 'allocation-stall',
      place: { fn: 'demo_read_ahead' },
    })
    expect(said(text)?.summary).toContain('GFP_NOFS|__GFP_NOWARN')
  })
})

describe('a lock that is used wrongly', () => {
  it.each([
    [
      'suspicious RCU usage',
      `=============================
WARNING: suspicious RCU usage
6.6.30 #1 Not tainted
-----------------------------
fs/demo/table.c:99 suspicious rcu_dereference_check() usage!

other info that might help us debug this:

rcu_scheduler_active = 2, debug_locks = 1
1 lock held by reader/12:
 #0: ffff888012345678 (&t->mutex){+.+.}-{3:3}, at: demo_read+0x20/0x90

stack backtrace:
CPU: 0 PID: 12 Comm: reader Not tainted 6.6.30 #1
Call Trace:
 lockdep_rcu_suspicious+0xc5/0x100
 demo_lookup+0x40/0x60
 demo_read+0x30/0x90`,
      'reader: fs/demo/table.c:99 suspicious rcu_dereference_check() usage, in demo_lookup.',
    ],
    [
      'a lock that is kept',
      `================================================
WARNING: lock held when returning to user space!
5.9.0 #40 Not tainted
------------------------------------------------
check/29374 is leaving the kernel with locks still held!
1 lock held by check/29374:
 #0: ffffffff9306e320 (fs_reclaim){+.+.}-{0:0}, at: fs_reclaim_acquire.part.0+0x5/0x30`,
      'check: check/29374 is leaving the kernel with locks still held (fs_reclaim).',
    ],
    [
      'an item that keeps one',
      `BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/353
     last function: demo_work
1 lock held by kworker/0:1/353:
 #0:  (rcu_read_lock_bh){......}, at: [<ffffffff8294ef60>] demo_match+0x190/0x220
CPU: 0 PID: 353 Comm: kworker/0:1 Not tainted 4.3.5 #124
Workqueue: demo demo_work
Call Trace:
 [<ffffffff81da5ce2>] dump_stack+0xf6/0x184
 [<ffffffff813639b5>] process_one_work+0xf25/0x15a0`,
      'kworker/0:1: BUG: workqueue leaked lock or atomic, last function: demo_work (rcu_read_lock_bh)',
    ],
  ])('%s', (_, text, summary) => {
    expect(said(text)).toMatchObject({ kind: 'lock-misuse', verdict: 'misuse' })
    expect(said(text)?.summary).toContain(summary)
  })

  it('is not a deadlock of interrupts', () => {
    const text = `=====================================
WARNING: bad unlock balance detected!
6.1.0 #1 Not tainted
-------------------------------------
writer/55 is trying to release lock (&demo->lock) at:
[<ffffffff81234567>] demo_put+0x20/0x40
but there are no more locks to release!`
    expect(said(text)).toMatchObject({ kind: 'lockdep-usage', verdict: 'misuse' })
  })
})

describe('the OOM killer', () => {
  const group = `php invoked oom-killer: gfp_mask=0x1100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
CPU: 8 PID: 100 Comm: php Not tainted 5.15.158 #1
Call Trace:
 <TASK>
 dump_header+0x53/0x225
 oom_kill_process.cold+0xb/0x10
 mem_cgroup_out_of_memory+0x145/0x160
 try_charge_memcg+0x69d/0x760
 demo_fault+0x20/0x40
 </TASK>
memory: usage 4096kB, limit 4096kB, failcnt 83420
swap: usage 0kB, limit 0kB, failcnt 0
Memory cgroup stats for /box:
anon 4100000
file 0
${Array.from({ length: 30 }, (_, i) => `workingset_refault_${i} 0`).join('\n')}
Tasks state (memory values in pages):
[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[    100]     0   100     9458     1000    77824        0             0 php
oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=box,mems_allowed=0,oom_memcg=/box,task_memcg=/box,task=php,pid=100,uid=0
Memory cgroup out of memory: Killed process 100 (php) total-vm:37832kB, anon-rss:4000kB, file-rss:0kB`

  it('in a container names the group and the victim, however long its numbers are', () => {
    const report = said(group)
    expect(report).toMatchObject({ verdict: 'explained', confidence: 'high', missing: [] })
    expect(report?.summary).toContain('killed php (pid 100, which had 4,000 KiB of its own)')
    expect(report?.reasons.join(' ')).toContain(
      'The memory cgroup /box is at its limit (4,096 of 4,096 KiB)',
    )
    expect(report?.place?.fn).toBe('demo_fault')
    expect(explained(group).others).toEqual([])
  })

  it('is seen where only its last lines are left', () => {
    const cut = group.split('\n').slice(-1).join('\n')
    expect(said(cut)).toMatchObject({
      kind: 'oom-kill',
      verdict: 'explained',
      confidence: 'medium',
    })
    const old =
      'Out of memory: Kill process 7 (a b) score 9 or sacrifice child\nKilled process 7 (a b) total-vm:1kB, anon-rss:1kB'
    expect(explained(old).reports).toHaveLength(1)
    expect(said(old)).toMatchObject({ verdict: 'cannot-tell' })
    expect(said(old)?.summary).toContain('a b (pid 7')
    // A child is killed in place of the process that was chosen.
    expect(
      said(old.replace('Killed process 7 (a b)', 'Killed process 8 (child)'))?.summary,
    ).toContain('child (pid 8')
  })

  it('says that SysRq f has called it', () => {
    const text = `kworker/0:2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0
CPU: 0 PID: 735 Comm: kworker/0:2 Not tainted 5.13.0 #19
Workqueue: events moom_callback
Call Trace:
 out_of_memory+0x41/0x80
 moom_callback+0x7a/0xb0
Out of memory: Killed process 651 (upgr) total-vm:110056kB, anon-rss:8380kB`
    expect(said(text)?.summary).toMatch(/^Somebody asked for the OOM killer \(SysRq f\)/)
    expect(said(text)).toMatchObject({ verdict: 'explained', confidence: 'high' })
  })

  it('says what has the memory where nothing of it can be reclaimed', () => {
    const text = `sed invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0
CPU: 4 PID: 9 Comm: sed Not tainted 3.10.0 #1
Mem-Info:
active_anon:9000 inactive_anon:500 isolated_anon:0
 active_file:5 inactive_file:5 isolated_file:0
 unevictable:0 dirty:0 writeback:0 unstable:0
 slab_reclaimable:10 slab_unreclaimable:100
 mapped:1 shmem:1 pagetables:20 bounce:0
 free:300 free_pcp:0 free_cma:0
Node 0 Normal free:1200kB min:400kB low:1400kB high:1600kB managed:40000kB
lowmem_reserve[]: 0 0
Node 0 Normal: 300*4kB (U) = 1200kB
Free swap  = 0kB
Total swap = 4096kB
10000 pages RAM
0 pages reserved
Killed process 3 (hog) total-vm:37832kB, anon-rss:30000kB`
    expect(said(text)).toMatchObject({ verdict: 'explained', confidence: 'medium' })
    expect(said(text)?.reasons.join(' ')).toContain(
      '95 % of the memory is used for anonymous memory',
    )
  })
})

describe('other reports', () => {
  it('the state of memory is told by itself, as SysRq m prints it', () => {
    const text = `sysrq: Show Memory
Mem-Info:
active_anon:10 inactive_anon:5 isolated_anon:0
 free:300 free_pcp:0 free_cma:0
Node 0 Normal free:1200kB min:400kB low:1400kB high:1600kB managed:40000kB
lowmem_reserve[]: 0 0
10000 pages RAM
0 pages reserved`
    expect(said(text)).toMatchObject({ kind: 'memory-state', verdict: 'explained' })
    expect(said(text)?.summary).toContain('short of it: Node 0 Normal')
    expect(said(text.replace('free:1200kB', 'free:9200kB'))).toMatchObject({ verdict: 'harmless' })
  })

  it('of a vmalloc name the order', () => {
    const text =
      'demo: vmalloc error: size 2097152, page order 9, failed to allocate pages, mode:0xcc0(GFP_KERNEL), nodemask=(null)'
    expect(said(text)?.summary).toContain('order 9')
  })

  it('are named where they are not explained, and the lines below them are theirs', () => {
    const text = `==================================================================
BUG: KASAN: slab-use-after-free in demo_read+0x52/0x98
Read of size 8 at addr ffff88801c7c8b00 by task reader/25
CPU: 1 PID: 25 Comm: reader Not tainted 6.6.30 #1
Call Trace:
 <TASK>
 dump_stack_lvl+0x5d/0x80
 demo_read+0x52/0x98
 </TASK>
WARNING: fs/demo/inode.c:1058 at demo_evict+0x30/0x90, CPU#0: reader/25
segment-related general protection fault: beec [#2] PREEMPT SMP`
    const { reports, unexplained } = explained(text)
    expect(reports).toEqual([])
    expect(unexplained.map(({ title, first }) => [title.split(' ')[0], first])).toEqual([
      ['BUG:', 1],
      ['WARNING:', 10],
      ['segment-related', 11],
    ])
    const page = textOf(text)
    expect(page).toContain('no report of a kind that is explained')
    expect(page).toContain('3 reports of kinds that are not explained: BUG: KASAN')
    expect(page).toContain('explained are: lockdep, blocked tasks')
  })

  it('are counted by their titles, and not without end', () => {
    const many = Array.from(
      { length: 400 },
      (_, i) => `BUG: Bad page state in process x${'y'.repeat(i)}  pfn:${i}`,
    )
    const { unexplained } = explained([...many, ...many].join('\n'))
    expect(unexplained.reduce((sum, { count }) => sum + count, 0)).toBe(800)
    expect(unexplained.length).toBeLessThanOrEqual(257)
  })

  it('tasks that only sleep are counted', () => {
    const text = `task:idler state:S stack:0 pid:5 ppid:2 flags:0x00004000
Call Trace:
 __schedule+0x226/0x6c0
 schedule+0x3f/0xa0
 demo_thread+0x20/0x40`
    expect(explained(text)).toMatchObject({ reports: [], idle: 1 })
    expect(textOf(text)).toContain('1 task shown that is not blocked')
  })
})

describe('a CPU that is stuck', () => {
  it('is where it was when it was interrupted to be looked at', () => {
    const text = `INFO: rcu_preempt self-detected stall on CPU
\t0: (126 ticks this GP) idle=831/140000000000002/0 softirq=31611/31611 fqs=0
\t (t=10556 jiffies g=10195 c=10194 q=1)
rcu_preempt kthread starved for 10556 jiffies!
Task dump for CPU 0:
spinner         R  running task    26288 16095   1691 0x0000000c
 ffff88801234567c ffff888012345678
Call Trace:
 <IRQ>  [<ffffffff8111527a>] sched_show_task+0x2da/0x4a0
 [<ffffffff81117100>] dump_cpu_task+0x20/0x30
 [<ffffffff8119408a>] ? tick_sched_timer+0x1a/0xe0
 [<ffffffff81160a5c>] smp_apic_timer_interrupt+0x18c/0x290
 [<ffffffff81160a5c>] apic_timer_interrupt+0x18c/0x290
 <EOI>  [<ffffffff81160a5c>] demo_spin+0x18c/0x290
 [<ffffffff81160a5c>] demo_ioctl+0x18c/0x290`
    const report = said(text)
    expect(report).toMatchObject({ kind: 'rcu-stall', tasks: [{ comm: 'spinner', pid: 16095 }] })
    expect(report?.tasks[0]?.stack.map(({ fn }) => fn)).toEqual(['demo_spin', 'demo_ioctl'])
    expect(explained(text).others).toEqual([])
  })

  it('behind the registers of what was interrupted', () => {
    const text = `watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [spinner:55]
Modules linked in:
CPU: 1 PID: 55 Comm: spinner Not tainted 5.10.0 #1
RIP: 0010:demo_spin+0x38/0x190
Code: 00 00
RSP: 0000:ffff8801bd2ff868 EFLAGS: 00000212
 ORIG_RAX: ffffffffffffff13
RAX: ffff7fffffffffff RBX: ffffc9000160020b RCX: ffffffff841fceaf
Call Trace:
 demo_ioctl+0x20/0x40`
    expect(said(text)?.tasks[0]?.stack.map(({ fn }) => fn)).toEqual(['demo_spin', 'demo_ioctl'])
  })

  it.each([
    ['NMI watchdog: Watchdog detected hard LOCKUP on cpu 3', 'CPU 3 took no interrupts'],
    ['watchdog: CPU 12 detected hard LOCKUP on other CPUs 8', 'CPU 12 took no interrupts'],
    ['BUG: soft lockup detected on CPU#2!', 'CPU 2 did not schedule'],
    ['INFO: RCU detected CPU 0 stall (t=10000 jiffies)', 'kept RCU waiting for about 40 s'],
  ])('%s', (line, summary) => {
    expect(said(line)?.summary).toContain(summary)
  })
})

describe('lockdep of all times', () => {
  it('names its kernel where nothing stands behind the number of the build', () => {
    const text = `=============================================
[ INFO: possible recursive locking detected ]
2.6.33.1-19 #1
---------------------------------------------
94demo/3017 is trying to acquire lock:
 (s_active){++++.+}, at: [<ffffffff81177332>] demo_remove+0x36/0x55

but task is already holding lock:
 (s_active){++++.+}, at: [<ffffffff811774ee>]
demo_get+0x24/0x48`
    expect(said(text)).toMatchObject({ kernel: '2.6.33.1-19' })
    expect(said(text)?.missing).not.toContain('the kernel version')
    expect(explained(text).others).toEqual([])
  })

  it('puts together what one call printed in pieces', () => {
    const text = `[   37.540557] 1 lock held by vm/3985:
[   37.540566]  #0: 
[   37.540571]  (
[   37.540576] &vcpu->mutex
[   37.540580] ){+.+.+.}
[   37.540609] , at: 
[   37.540610] [<ffffffff81055862>] vcpu_load+0x22/0x70`
    const report = said(`[   37.540478] [ INFO: suspicious RCU usage. ]\n${text}`)
    expect(report?.locks).toMatchObject([{ name: '&vcpu->mutex', at: 'vcpu_load' }])
  })

  it('draws no circle of one lock where the chain is cut', () => {
    const text = `WARNING: possible circular locking dependency detected
4.15.0 #1 Not tainted
a/1 is trying to acquire lock:
 (a_lock){+.+.}, at: [<ffffffff81177332>] demo_a+0x36/0x55
the existing dependency chain (in reverse order) is:
-> #1 (b_lock){+.+.}:
       demo_b+0x36/0x55`
    expect(said(text)?.chain[0]?.how).toBe('taken while ? is held')
  })
})

describe('lines that a console or a page has changed', () => {
  const STALL = `[   12.000001] demo: page allocation failure: order:2, mode:0x20
[   12.000002] Pid: 9, comm: demo Not tainted 2.6.38 #1
[   12.000003] Call Trace:
[   12.000004]  [<ffffffff81113e34>] demo_alloc+0x1/0x2
[   12.000004]  [<ffffffff81113e34>] demo_alloc+0x1/0x2
[   12.000005] Mem-Info:
[   12.000006] Node 0 Normal free:4552kB min:13224kB low:16528kB high:19836kB
[   12.000007] lowmem_reserve[]: 0 0
[   12.000008] Node 0 Normal: 908*4kB 86*8kB 10*16kB = 4576kB`

  it('are one message where two consoles print each, and two frames where a function calls itself', () => {
    const twice = STALL.replace(/^.*\n?/gm, (line) =>
      line === '' ? '' : `${line.trimEnd()}\n${line.trimEnd()}\n`,
    )
    // Of four equal frames two consoles have printed two.
    for (const text of [STALL, twice]) {
      const [report, ...more] = explained(text).reports
      expect(more).toEqual([])
      expect(report?.tasks[0]?.stack).toHaveLength(2)
    }
  })

  it('have free blocks as Markdown shows them', () => {
    const plain = said(STALL)
    expect(plain?.missing).toEqual([])
    expect(said(STALL.replaceAll('*', '_'))?.arithmetic).toEqual(plain?.arithmetic)
  })

  it('SLUB tells of its cache without the request, in all its forms', () => {
    for (const line of [
      'SLUB: Unable to allocate memory on node -1 (gfp=0x20)',
      'SLUB: Unable to allocate memory on node -1, gfp=0x820(GFP_ATOMIC)',
      'SLUB: Unable to allocate memory on CPU 1 (of node 0) on node -1, gfp=0x820(GFP_ATOMIC)',
    ]) {
      expect(said(line)).toMatchObject({ kind: 'allocation-failure' })
    }
  })
})

describe('what is waited for', () => {
  const hung = (...frames: readonly string[]) =>
    `INFO: task demo:9 blocked for more than 120 seconds.
      Not tainted 5.10.0 #1
task:demo            state:D stack:    0 pid:    9 ppid:     2 flags:0x00004000
Call Trace:
${frames.map((fn) => ` ${fn}+0x1/0x2`).join('\n')}`

  it.each([
    [['__schedule', 'wait_for_completion', '__flush_work', 'demo_close'], 'a work item'],
    [['__schedule', 'wait_for_common', 'wait_for_completion', '__synchronize_srcu', 'demo'], 'RCU'],
    [['__schedule', 'wait_for_completion', 'kthread_stop', 'demo'], 'a completion'],
    [['__schedule', '__mutex_lock', '__sched_text_start', 'demo_lock'], 'in demo_lock'],
  ])('%j', (frames, words) => {
    expect(said(hung(...frames))?.summary).toContain(words)
  })
})

it('fs_reclaim taken in a softirq is a request that sleeps there', () => {
  const text = `WARNING: inconsistent lock state
5.15.0 #0 Not tainted
--------------------------------
inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage.
ksoftirqd/1/19 [HC0[0]:SC1[3]:HE1:SE0] takes:
ffffffff8c9dd960 (fs_reclaim){+.?.}-{0:0}, at: kmem_cache_alloc_node+0x46/0x340
{SOFTIRQ-ON-W} state was registered at:
  lock_acquire+0x19f/0x4d0
  fs_reclaim_acquire+0x77/0x110
  workqueue_init+0x18/0x7c7
stack backtrace:
CPU: 1 PID: 19 Comm: ksoftirqd/1 Not tainted 5.15.0 #0
Call Trace:
 print_usage_bug+0xa6d/0xea0
 mark_lock+0x168c/0x1e00
 lock_acquire+0x19f/0x4d0
 fs_reclaim_acquire+0x77/0x110
 kmem_cache_alloc_node+0x46/0x340
 demo_receive+0x46/0x340
 demo_softirq+0x46/0x340`
  expect(said(text)).toMatchObject({
    kind: 'lockdep-usage',
    verdict: 'wrong-context',
    place: { fn: 'demo_receive', caller: 'demo_softirq' },
  })
})
