/**
 * Case 22: reclaim waits for a flush on md's queue, whose rescuer runs a flush of another disk. That one waits for mdmon, which is
 * notified by an item on the system queue, for which there is no worker.
 */
import { __GFP_FS, GFP_KERNEL } from '@scopemask/allocator'
import type { Kernel } from '../kernel/kernel.js'
import { scenario } from '../kernel/scenario.js'
import { LAST_IDLE_WORKER } from './last-idle-worker.js'

function build(kernel: Kernel, memReclaim: boolean): void {
  const pool = kernel.workerPool('0', LAST_IDLE_WORKER)
  const md = kernel.workqueue('md', { pool, memReclaim: true })
  const events = kernel.workqueue('events', { pool, memReclaim })
  const log = kernel.bitLock('XFS log write')
  const superblock = kernel.bitLock('MD_SB_CHANGE_PENDING')
  kernel.shrinker('xfs_reclaim_inodes', __GFP_FS, function* () {
    yield* log.wait()
  })
  const flushOfLog = kernel.work('md_submit_flush_data, md0', function* () {
    yield* log.clear()
  })
  const flushOfOther = kernel.work('md_submit_flush_data, md1', function* () {
    yield* superblock.wait()
  })
  const notify = kernel.work('kernfs_notify_workfn', function* () {
    // mdmon wakes up and writes the superblock.
    yield* superblock.clear()
  })
  const stranger = kernel.work('an item of somebody else', function* () {
    yield* kernel.kmalloc(GFP_KERNEL)
  })
  kernel.task('write to md1', function* () {
    yield* superblock.set()
    yield* kernel.queueWork(md, flushOfOther)
    yield* kernel.queueWork(events, notify)
  })
  kernel.task('xfsaild', function* () {
    yield* log.set()
    yield* kernel.queueWork(md, flushOfLog)
  })
  kernel.task('somebody else', function* () {
    yield* kernel.queueWork(events, stranger)
  })
}

const TOLD =
  'Intel IMSM raid1 volumes, 2023: reclaim waits for the XFS journal and so for an md flush that is queued but never runs. No kworker can be created, and the rescuer of md has a flush of another disk, which waits for mdmon to write a superblock; mdmon is woken through kernfs_notify(), by an item on the system queue.'
const LEAVES_OUT =
  'mdmon, a process in user space that may have to allocate too, and the flushes of other disks.'

export const mdFlush = scenario({
  name: 'md-flush',
  summary:
    'the rescuer of md waits for an item on the system queue, and reclaim for the next item of md',
  source: 'linux-kernel 2023-11-07, "workqueue: allow system workqueue be used in memory reclaim"',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'A deadlock; the dependency is to be untangled in md.',
      under: 'unrestricted',
      verdict: 'deadlock',
    },
  },
  build: (kernel) => build(kernel, false),
})

export const mdFlushSystemRescued = scenario({
  name: 'md-flush-system-rescued',
  summary: 'the same with a rescuer for the system queue, as was proposed',
  source: 'linux-kernel 2023-11-09, answer to it',
  history: {
    told: TOLD,
    leavesOut: LEAVES_OUT,
    upstream: {
      says: 'Refused: the queue is shared, and somebody else may occupy the rescuer, which guarantees progress for one item only.',
      under: 'unrestricted',
      verdict: 'deadlock',
    },
  },
  build: (kernel) => build(kernel, true),
})
