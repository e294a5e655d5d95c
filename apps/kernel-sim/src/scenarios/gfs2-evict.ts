/** Case 25: reclaim evicts an inode of a cluster filesystem and waits for the lock manager, which waits for who reclaims. */
import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { nothingConveyed } from './inapplicable.js'

function build(kernel: Kernel, isAsynchronous: boolean): void {
  const dlm = kernel.bitLock('DLM, until the node is fenced')
  const queue = kernel.workqueue('glock_workqueue', { memReclaim: true })
  const put = kernel.work('glock_work_func', function* () {
    yield* dlm.wait()
  })
  kernel.shrinker('gfs2_evict_inode', __GFP_FS, function* () {
    if (isAsynchronous) yield* kernel.queueWork(queue, put)
    else yield* dlm.wait()
  })
  kernel.task('fence agent', function* () {
    yield* dlm.set()
    // A process in user space passes no gfp. Under a policy with scopes it asks for one, as with PR_SET_IO_FLUSHER.
    yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
    })
    yield* dlm.clear()
  })
}

const TOLD =
  'gfs2_evict_inode() is called to free memory and calls into DLM. If DLM waits for a failed node to be fenced, and the fence agent, a process, waits in reclaim for DLM, nothing moves on. Discussed since 2016, fixed in 2017.'
const LEAVES_OUT =
  'The cluster: which locks are held elsewhere, and what fencing takes. The queue of glocks is per machine.'

const AGENT =
  'the fence agent is a process in user space that is told by a message: no mask can travel with that, and no item is queued'

export const gfs2Evict = scenario({
  name: 'gfs2-evict',
  summary:
    'a fence agent reclaims, and eviction of an inode waits for the lock manager that waits for the agent',
  source: 'before commit 71c1b2136835',
  inapplicable: nothingConveyed(AGENT),
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: { says: 'A deadlock.', under: 'unrestricted', verdict: 'deadlock' },
  },
  build: (kernel) => build(kernel, false),
})

export const gfs2EvictAsync = scenario({
  name: 'gfs2-evict-async',
  summary: 'the same where eviction only queues what calls the lock manager',
  source: 'commit 71c1b2136835',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Fixed by putting glocks in the context of a work item when memory is short.',
      under: 'unrestricted',
      verdict: 'safe',
    },
  },
  build: (kernel) => build(kernel, true),
})
