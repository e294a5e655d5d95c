/** Stops: the guided tour. Each stop is a scenario to repair, what has to stay true of it, and what it teaches. */

import { texts } from 'made:tour'
import type { PolicyName } from '@scopemask/kernel-sim/workbench'
import type { Keep } from './keep.js'

export interface Stop {
  /** Names it in links. */
  readonly id: string
  readonly title: string
  /** What is going on, a paragraph each. */
  readonly told: readonly string[]
  /** What is to be done. */
  readonly task: string
  /** The policy under which it has to be safe. */
  readonly policy: PolicyName
  readonly keeps: readonly Keep[]
  /** The text to begin with, and one that passes. */
  readonly start: string
  readonly solved: string
}

type Told = Omit<Stop, 'start' | 'solved'>

const TOUR: readonly Told[] = [
  {
    id: 'reclaim-recursion',
    title: 'Reclaim recursion',
    told: [
      'When memory is tight, an allocation frees some itself: it calls the shrinkers of filesystems. A filesystem that allocates while it holds a lock may so come back to itself, and wait for the lock that it holds.',
      'Check it, and follow the counterexample: the allocation is fine until memory is tight. A request says what reclaim may do for it: GFP_KERNEL has __GFP_FS, GFP_NOFS has not.',
    ],
    task: 'Make it safe: let the request under the lock be GFP_NOFS (it has to be imported in the first line, too).',
    policy: 'scope',
    keeps: [
      {
        says: 'write still allocates while it holds i_rwsem',
        within: ['write'],
        does: 'might_alloc',
        holding: 'i_rwsem',
      },
      {
        says: 'reclaim for read still takes i_rwsem',
        within: ['read', 'prune_icache_sb'],
        does: 'mutex_lock',
        on: 'i_rwsem',
      },
    ],
  },
  {
    id: 'scopes',
    title: 'Scopes',
    told: [
      'Now the allocation is in a helper that belongs to somebody else. It takes no flags, and others call it with no lock held: were it GFP_NOFS for all, reclaim would get weaker for nothing.',
      'A scope says it for the task instead: between memalloc_nofs_save() and memalloc_nofs_restore() every request of the task loses __GFP_FS, however deep it is made.',
    ],
    task: 'Open a scope in write, around the call: const saved = yield* kernel.scopes.memallocNofsSave(), and after it yield* kernel.scopes.memallocNofsRestore(saved).',
    policy: 'scope',
    keeps: [
      {
        says: 'write still calls kvcopy while it holds i_rwsem, and it allocates',
        within: ['write', 'kvcopy'],
        does: 'might_alloc',
        holding: 'i_rwsem',
      },
      {
        says: 'for read, kvcopy may still reclaim from the filesystem',
        within: ['read', 'kvcopy', 'prune_icache_sb'],
        does: 'mutex_lock',
        on: 'i_rwsem',
      },
    ],
  },
  {
    id: 'which-scope',
    title: 'Which scope',
    told: [
      'There is a scope here already, and it is the wrong one. NOFS keeps reclaim out of filesystems; it may still write pages out to a block device, and this is the code of that device.',
      'NOIO forbids both. It costs more: less can be reclaimed under it. So it is used where it has to be.',
    ],
    task: 'Make it safe with the scope that this path needs.',
    policy: 'scope',
    keeps: [
      {
        says: 'nbd_send still allocates while it holds nsock->tx_lock',
        within: ['nbd_send'],
        does: 'might_alloc',
        holding: 'nsock->tx_lock',
      },
      {
        says: 'reclaim for browser still writes to the device',
        within: ['browser', 'swap_writepage'],
        does: 'mutex_lock',
        on: 'nsock->tx_lock',
      },
    ],
  },
  {
    id: 'delegation',
    title: 'Delegation',
    told: [
      'quota holds a lock and has opened its scope, as it should. Then it lets a worker do a part of the work, and waits for it. The scope is a bit of the running task: the worker is another task, without the bit.',
      'This is the question that was asked when scopes were proposed: do they have to be conveyed to whoever works for us?',
    ],
    task: 'Make it safe. The work function is the one that allocates.',
    policy: 'scope',
    keeps: [
      {
        says: 'quota still waits for push_work while it holds q_qlock',
        within: ['quota'],
        does: 'flush_work',
        holding: 'q_qlock',
      },
      { says: 'push_work still allocates', within: ['push_work'], does: 'might_alloc' },
      {
        says: 'reclaim for read still takes q_qlock',
        within: ['read', 'xfs_qm_shrink_scan'],
        does: 'mutex_lock',
        on: 'q_qlock',
      },
    ],
  },
  {
    id: 'conveying',
    title: 'Conveying is not enough',
    told: [
      'Suppose that a scope travels with the item: the worker has what was in force for whoever queued it. This stop is checked under that policy, convey-on-queue. The deadlock is still there.',
      'Walk through it: the item was queued by somebody else, who needed no scope. To queue it again while it is pending does nothing, and quota waits for an item without its scope.',
    ],
    task: 'Make it safe. Either the item always has a scope, whoever queues it, or it is not shared.',
    policy: 'convey-on-queue',
    keeps: [
      {
        says: 'quota still waits for push_work while it holds q_qlock',
        within: ['quota'],
        does: 'flush_work',
        holding: 'q_qlock',
      },
      { says: 'sync still queues work', within: ['sync'], does: 'queue_work' },
      { says: 'push_work still allocates', within: ['push_work'], does: 'might_alloc' },
    ],
  },
  {
    id: 'rescuers',
    title: 'Rescuers',
    told: [
      'No flag is wrong here. The item ends the writeback of a page; to run it takes a worker, the last one has to create another first, that takes memory, and reclaim waits for the page.',
      'A queue with WQ_MEM_RECLAIM has a rescuer: a thread that was made beforehand, and takes items when no worker can be had.',
    ],
    task: 'Make it safe without a change to any request: give the queue its rescuer.',
    policy: 'scope',
    keeps: [
      {
        says: 'the item still ends the writeback',
        within: ['journal_write'],
        does: 'clear_and_wake_up_bit',
        on: 'writeback of folio on bcache0',
      },
      {
        says: 'kthreadd still reclaims by waiting for the page',
        within: ['kthreadd', 'super_cache_scan'],
        does: 'wait_on_bit',
        on: 'writeback of folio on bcache0',
      },
    ],
  },
  {
    id: 'price',
    title: 'The price',
    told: [
      'Why not restrict everything, then? Here memory is really used up. What is left could be freed by the filesystem, whose lock the transaction holds; it may not reclaim itself, kswapd waits for the lock, and for a NOFS request nobody is killed.',
      'The check finds a livelock: the request is tried again and again, for ever. Under a restriction somebody else has to make progress.',
    ],
    task: 'Make it safe: memory can be asked for before the lock is taken, with GFP_KERNEL.',
    policy: 'scope',
    keeps: [
      { says: 'transaction still allocates', within: ['transaction'], does: 'might_alloc' },
      {
        says: 'transaction still takes the lock',
        within: ['transaction'],
        does: 'mutex_lock',
        on: 'fs lock',
      },
      {
        says: 'kswapd still takes the lock to free an inode',
        within: ['kswapd0', 'fs_shrink'],
        does: 'mutex_lock',
        on: 'fs lock',
      },
    ],
  },
  {
    id: 'lost-wake-up',
    title: 'A lost wake-up',
    told: [
      'Not every task that hangs waits for memory or a lock. reader looks at a condition, and sleeps when it does not hold. If irq sets it and wakes in between, nobody is asleep yet: the wake-up is lost.',
      'prepare() puts the task on the queue. From there on a wake-up counts, and schedule() then returns at once. So there is one right order.',
    ],
    task: 'Make it safe: the condition has to be looked at after prepare(), and before schedule().',
    policy: 'scope',
    keeps: [
      { says: 'reader still sleeps', within: ['reader'], does: 'schedule' },
      { says: 'irq still sets done', within: ['irq'], does: 'set', on: 'done' },
      { says: 'irq still wakes', within: ['irq'], does: 'wake_up', on: 'io_wait' },
    ],
  },
]

export const STOPS: readonly Stop[] = TOUR.map((told) => {
  const text = texts[told.id]
  if (text === undefined) throw new Error(`the stop ${told.id} has no text`)
  return { ...told, ...text }
})
