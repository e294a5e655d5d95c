/**
 * Kinds: all that a scenario can be built of and do, beside what that is on a real kernel. A test holds the list against what a Kernel has,
 * and what is refused against the steps that cannot be had.
 */
import type { Kernel } from '../../kernel/kernel.js'
import type { OperationKind } from '../../kernel/operation-kind.js'
import type { LitmusCase, LitmusTopic } from '../../scenarios/litmus/catalogue.js'

/** A litmus program, as far as it is reported. */
export type Program = Pick<LitmusCase, 'number' | 'topic' | 'scenario'>

export interface Kind {
  readonly name: string
  /** How a scenario makes it, and what it does with it. */
  readonly offered: readonly (keyof Kernel)[]
  /** What it is on a real kernel. Empty where it cannot be had at all. */
  readonly is: string
  /** The litmus programs about it; none where it takes part in all of them. */
  readonly topic?: LitmusTopic
  /** The steps because of which it is refused, or some uses of it. */
  readonly refused?: readonly OperationKind[]
  /** What else of it is refused. */
  readonly refusedToo?: string
}

export const KINDS: readonly Kind[] = [
  { name: 'mutex', offered: ['mutex'], is: 'struct mutex', topic: 'mutex' },
  {
    name: 'read-write semaphore',
    offered: ['rwsem'],
    is: 'struct rw_semaphore',
    topic: 'rwsem',
  },
  {
    name: 'spinlock',
    offered: ['spinlock'],
    is: 'spinlock_t; who holds one does what follows without a gate',
    topic: 'spinlock',
    refusedToo: 'who would spin for ever: a machine with one processor would stop',
  },
  {
    name: 'bit lock',
    offered: ['bitLock'],
    is: 'a bit, wait_on_bit_lock(), clear_and_wake_up_bit()',
    topic: 'bit-lock',
  },
  {
    name: 'completion',
    offered: ['completion'],
    is: 'struct completion',
    topic: 'completion',
  },
  {
    name: 'wait queue',
    offered: ['waitQueue'],
    is: 'wait_queue_head_t; whether a task sleeps is a flag, since it stops at gates in between',
    topic: 'wait-queue',
  },
  {
    name: 'number that tasks share',
    offered: ['variable'],
    is: 'atomic_t, wait_event()',
    topic: 'variable',
  },
  {
    name: 'fifo',
    offered: ['fifo', 'token'],
    is: 'struct kfifo under a spinlock, wait_event()',
    topic: 'fifo',
  },
  {
    name: 'choice',
    offered: ['choose', 'any'],
    is: 'the schedule says which turn is taken',
  },
  {
    name: 'interrupt, softirq',
    offered: ['interrupt', 'softirq'],
    is: 'struct irq_work, struct tasklet_struct',
    topic: 'interrupt',
  },
  { name: 'timer', offered: ['timer'], is: 'struct timer_list', topic: 'timer' },
  {
    name: 'work item, workqueue, pool of workers',
    offered: [
      'work',
      'queueWork',
      'queueWorkOn',
      'flushWork',
      'cancelWorkSync',
      'waitForWork',
      'delayedWork',
      'queueDelayedWork',
      'modDelayedWork',
      'flushDelayedWork',
      'workqueue',
      'flushWorkqueue',
      'drainWorkqueue',
      'workerPool',
    ],
    is: 'struct work_struct, struct delayed_work, alloc_workqueue(); a pool of a fixed size is max_active, one without an idle worker has all of them occupied',
    topic: 'workqueue',
    refusedToo: 'a queue with a part for each of several processors: the machine has one',
  },
  {
    name: 'task, kernel thread',
    offered: ['task', 'kthread', 'replicate'],
    is: 'kthread_run()',
  },
  {
    name: 'procedure, loop',
    offered: ['procedure', 'loop'],
    is: 'functions in C',
  },
  {
    name: 'process',
    offered: ['process'],
    is: 'stand-in: a thread that takes the flags of who forks it',
    topic: 'process',
  },
  {
    name: 'memalloc scope',
    offered: ['scopes'],
    is: 'memalloc_nofs_save(), memalloc_noio_save()',
    topic: 'scope',
  },
  {
    name: 'allocation',
    offered: ['kmalloc', 'gfp'],
    is: 'alloc_page() with these flags; pressure is made by taking all other pages',
    topic: 'memory',
  },
  {
    name: 'pages that are counted',
    offered: ['limitMemory', 'freePages'],
    is: '24 pages of the machine for each, after all others were taken',
    topic: 'counted-memory',
    refused: ['out_of_memory', 'rmqueue_reserve'],
  },
  {
    name: 'shrinker',
    offered: ['shrinker'],
    is: 'struct shrinker, called by direct reclaim',
    topic: 'memory',
    refusedToo:
      'one that says how much it has freed: how often reclaim calls it again depends on more',
  },
  {
    name: 'kswapd',
    offered: ['kswapd'],
    is: 'stand-in: a thread that reclaims when it is woken',
    topic: 'kswapd',
  },
  {
    name: 'mempool',
    offered: ['mempool'],
    is: 'stand-in: its elements are counted; its allocations are real',
    topic: 'mempool',
  },
  {
    name: 'page of the page cache',
    offered: ['page'],
    is: 'two bit locks and a number',
    topic: 'page',
  },
  {
    name: 'block device',
    offered: ['blockDevice'],
    is: 'a thread, a mutex, a number and a completion',
    topic: 'block-device',
  },
  {
    name: 'transaction',
    offered: ['transaction'],
    is: 'stand-in: a record of who has it; its scope is real',
  },
  {
    name: 'journal',
    offered: ['journal'],
    is: 'stand-in: handles, commit and space as in jbd2; no block is written',
    topic: 'journal',
  },
  {
    name: 'pages that each processor keeps',
    offered: ['drainAllPages', 'drainLocalPages'],
    is: '',
    refused: ['free_pcppages_bulk'],
  },
  {
    name: 'memory cgroup',
    offered: ['memcg'],
    is: '',
    refused: [
      'page_counter_try_charge',
      'page_counter_charge',
      'page_counter_uncharge',
      'set_active_memcg',
    ],
  },
  {
    name: 'victim of the OOM killer',
    offered: ['oomVictim'],
    is: '',
    refused: ['get_signal', 'exit_mm'],
  },
]
