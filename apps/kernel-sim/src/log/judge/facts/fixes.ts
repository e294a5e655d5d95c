/** Fixes: the kinds of fixes that the kernel's history has for these reports, with commits of mainline Linux. */
import type { Fix } from '../explained.js'

export const FIXES = {
  nolockdep: {
    what: 'Say at the allocation that lockdep is wrong here: __GFP_NOLOCKDEP. It restricts nobody, as GFP_NOFS would.',
    commits: [
      { id: '94a69db2367e', subject: 'xfs: use __GFP_NOLOCKDEP instead of GFP_NOFS' },
      { id: '7e7844226f10', subject: 'lockdep: allow to disable reclaim lockup detection' },
    ],
  },
  scope: {
    what: 'Open a scope where the lock is taken, and close it where it is dropped: memalloc_nofs_save() and restore().',
    commits: [
      { id: '7dea19f9ee63', subject: 'mm: introduce memalloc_nofs_{save,restore} API' },
      {
        id: '81378da64de6',
        subject: 'jbd2: mark the transaction context with the scope GFP_NOFS context',
      },
    ],
  },
  convey: {
    what: 'Let the work function open the scope, or take the flags along by hand: a scope belongs to the task that opened it.',
    commits: [
      { id: 'd0a255e795ab', subject: 'loop: set PF_MEMALLOC_NOIO for the worker thread' },
      { id: '1f6d64829db7', subject: 'xfs: block allocation work needs to be kswapd aware' },
    ],
  },
  defer: {
    what: 'Let the shrinker only queue the work, and do it outside of reclaim.',
    commits: [
      {
        id: '7746b32f467b',
        subject: 'NFSD: add shrinker to reap courtesy clients on low memory condition',
      },
    ],
  },
  rescuer: {
    what: 'Put the item on a queue of its own with WQ_MEM_RECLAIM; the item must then not allocate with what waits for it either.',
    commits: [
      {
        id: '72b7ceca857f',
        subject: 'fs: quota: create dedicated workqueue for quota_release_work',
      },
      { id: 'dfd3df31c9db', subject: 'mm/slab/kvfree_rcu: Switch to WQ_MEM_RECLAIM wq' },
    ],
  },
  noRescuer: {
    what: 'If nothing in memory reclaim waits for the queue that flushes, take WQ_MEM_RECLAIM off that queue.',
    commits: [],
  },
  cancelQuiet: {
    what: 'Newer kernels do not warn of a cancel: it only waits for an item that runs already, and needs no worker.',
    commits: [
      {
        id: 'de35994ecd2d',
        subject:
          'workqueue: Do not warn when cancelling WQ_MEM_RECLAIM work from !WQ_MEM_RECLAIM worker',
      },
    ],
  },
  vmalloc: {
    what: 'Ask for memory that need not be contiguous: kvmalloc(), or an array of pages.',
    commits: [{ id: 'a7c3e901a46f', subject: 'mm: introduce kv[mz]alloc helpers' }],
  },
  orderZeroWatermarks: {
    what: 'Since 4.4 free blocks of lower orders no longer count against a request of a higher order.',
    commits: [
      {
        id: '97a16fc82a7c',
        subject: 'mm, page_alloc: only enforce watermarks for order-0 allocations',
      },
    ],
  },
  ioFlusher: {
    what: 'A process that serves I/O says so with prctl(PR_SET_IO_FLUSHER): its allocations then start no I/O themselves.',
    commits: [
      {
        id: '8d19f1c8e193',
        subject: 'prctl: PR_{G,S}ET_IO_FLUSHER to support controlling memory reclaim',
      },
    ],
  },
  noSleep: {
    what: 'Allocate before the lock is taken, or ask with GFP_NOWAIT or GFP_ATOMIC, and get along without memory. No scope does it: scopes take __GFP_FS and __GFP_IO away, and never __GFP_DIRECT_RECLAIM.',
    commits: [],
  },
  sleepOutside: {
    what: 'Do what sleeps before or behind the section, or let a work item do it; or protect the section by a lock that may sleep.',
    commits: [],
  },
  moveOutOfPool: {
    what: 'Put items that run for long on an unbound queue (WQ_UNBOUND), or mark the queue WQ_CPU_INTENSIVE, so that they do not keep a CPU to themselves.',
    commits: [],
  },
} as const satisfies Record<string, Fix>
