/** Interrupts and softirqs: what follows from the kernel's code. */

import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Steps } from '@scopemask/checker/machine'
import type { Kernel } from '../../kernel/kernel.js'
import { GFP_ATOMIC } from '../../kernel/memory/gfp.js'
import { inForms, type Litmus } from './litmus.js'

/** How a spinlock is taken: as it is, with softirqs off, or with interrupts off. */
export const WAYS = ['plain', 'bh', 'irqsave'] as const

export type Way = (typeof WAYS)[number]

export type Kind = 'interrupt' | 'softirq'

/** Runs a section under a spinlock, taken in one of the ways. */
export function* under(
  lock: ReturnType<Kernel['spinlock']>,
  way: Way,
  section: Steps<unknown>,
): Steps<void> {
  if (way === 'plain') yield* lock.lock()
  else if (way === 'bh') yield* lock.lockBh()
  else yield* lock.lockIrqsave()
  yield* section
  if (way === 'plain') yield* lock.unlock()
  else if (way === 'bh') yield* lock.unlockBh()
  else yield* lock.unlockIrqrestore()
}

export function* nothing(): Steps<void> {}

/** A handler that takes the lock which a task holds, taken there in one of the ways. */
export function shared(kernel: Kernel, kind: Kind, way: Way): void {
  const lock = kernel.spinlock('s')
  const handler = kernel[kind]('h', () => under(lock, 'plain', nothing()))
  kernel.task('A', function* () {
    yield* handler.raise()
    yield* under(lock, way, nothing())
  })
}

export const INTERRUPT: readonly Litmus[] = [
  ...inForms(
    'include/linux/spinlock_api_smp.h, __raw_spin_lock, __raw_spin_lock_bh, __raw_spin_lock_irqsave',
    [
      [
        'hard, needs a spinlock that its task took by spin_lock',
        'deadlock',
        ['interrupt', 'plain'],
      ],
      [
        'hard, needs a spinlock that its task took by spin_lock_bh',
        'deadlock',
        ['interrupt', 'bh'],
      ],
      [
        'hard, needs a spinlock that its task took by spin_lock_irqsave',
        'safe',
        ['interrupt', 'irqsave'],
      ],
      ['soft, needs a spinlock that its task took by spin_lock', 'deadlock', ['softirq', 'plain']],
      ['soft, needs a spinlock that its task took by spin_lock_bh', 'safe', ['softirq', 'bh']],
      [
        'soft, needs a spinlock that its task took by spin_lock_irqsave',
        'safe',
        ['softirq', 'irqsave'],
      ],
    ] as const,
    (kernel, [kind, way]) => shared(kernel, kind, way),
  ),
  ...inForms(
    'kernel/softirq.c, __irq_exit_rcu (invoke_softirq only if !in_interrupt())',
    [
      [
        'hard, on top of a softirq that holds a spinlock which it needs',
        'deadlock',
        ['softirq', 'interrupt'],
      ],
      ['soft, on top of another softirq: does not happen', 'safe', ['softirq', 'softirq']],
      ['hard, on top of another hard one: does not happen', 'safe', ['interrupt', 'interrupt']],
    ] as const,
    (kernel, [below, above]) => {
      const lock = kernel.spinlock('s')
      const handler = () => under(lock, 'plain', nothing())
      const first = kernel[below]('first', handler)
      const second = kernel[above]('second', handler)
      kernel.task('A', function* () {
        yield* first.raise()
        yield* second.raise()
      })
    },
  ),
  ...inForms(
    'kernel/irq/handle.c, handle_irq_event: the task below stands still until it returns',
    [
      ['needs a spinlock of another task, which goes on', 'safe', false],
      ['needs a spinlock of another task, which needs that of the task below', 'deadlock', true],
    ],
    (kernel, isNested) => {
      const a = kernel.spinlock('a')
      const b = kernel.spinlock('b')
      const irq = kernel.interrupt('h', () => under(b, 'plain', nothing()))
      kernel.task('A', function* () {
        yield* irq.raise()
        yield* under(a, 'plain', nothing())
      })
      kernel.task('B', () =>
        under(b, 'irqsave', isNested ? under(a, 'plain', nothing()) : nothing()),
      )
    },
  ),
  {
    program: 'raised twice before it has begun, runs once',
    source: 'kernel/softirq.c, __raise_softirq_irqoff (or_softirq_pending)',
    want: 'deadlock',
    build(kernel) {
      const done = kernel.completion('done')
      const softirq = kernel.softirq('h', () => done.complete())
      kernel.task('A', function* () {
        yield* softirq.raise()
        yield* softirq.raise()
        yield* done.wait()
        yield* done.wait()
      })
    },
  },
  {
    program: 'an item that it queues takes no scope along, whatever task it has hit',
    source: 'include/linux/sched/mm.h, current_gfp_context; in_task() of include/linux/preempt.h',
    want: 'deadlock',
    policy: 'convey-on-queue',
    build(kernel) {
      const fs = kernel.mutex('fs lock')
      const lock = kernel.spinlock('s')
      kernel.shrinker('fs', __GFP_FS, function* () {
        yield* fs.lock()
        yield* fs.unlock()
      })
      const queue = kernel.workqueue('wq')
      const done = kernel.completion('done')
      const work = kernel.work('item', function* () {
        yield* kernel.kmalloc(GFP_KERNEL)
        yield* done.complete()
      })
      const irq = kernel.interrupt('h', () => kernel.queueWork(queue, work))
      kernel.task('A', function* () {
        yield* fs.lock()
        yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
          yield* irq.raise()
          yield* under(lock, 'plain', nothing())
          yield* done.wait()
        })
        yield* fs.unlock()
      })
    },
  },
  {
    program: 'hard, turns interrupts off',
    source: 'kernel/softirq.c, __local_bh_enable_ip (WARN_ON_ONCE(in_hardirq()))',
    want: 'safe',
    build(kernel) {
      const lock = kernel.spinlock('s')
      const irq = kernel.interrupt('h', function* () {
        yield* lock.lockIrqsave()
        yield* lock.unlockIrqrestore()
      })
      kernel.task('A', () => irq.raise())
    },
  },
  {
    program: 'allocates with GFP_ATOMIC',
    source: 'mm/page_alloc.c, prepare_alloc_pages (might_alloc)',
    want: 'safe',
    build(kernel) {
      const irq = kernel.interrupt('h', () => kernel.kmalloc(GFP_ATOMIC))
      kernel.task('A', () => irq.raise())
    },
  },
]
