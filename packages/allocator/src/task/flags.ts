/**
 * Task flags: `current->flags`, PF_* of include/linux/sched.h (6.1.192), as a domain of core. Any uint32 is a valid value:
 * bits without a use have the kernel's hole names. The restrictions and the grants have the same bits in 6.18, where
 * some of the rest differ: 0x4000 is USER_WORKER, 0x10000 KCOMPACTD, 0x20000000 BLOCK_TS, and 0x800000 a hole.
 */
import { defineDomain, type Mask } from '@scopemask/core'

/** The domain of task flags. A core task of it is `current->flags`. */
export const PF = defineDomain({
  name: 'PF',
  version: 1,
  restrictions: {
    /** All requests inherit GFP_NOFS. */
    MEMALLOC_NOFS: 18,
    /** All requests inherit GFP_NOIO. */
    MEMALLOC_NOIO: 19,
    /** Requests may not be movable. */
    MEMALLOC_PIN: 28,
  },
  grants: {
    /** Allocating memory to free memory: may use reserves, does not enter direct reclaim. */
    MEMALLOC: 11,
    /** I am kswapd. XFS lends it to its btree split worker (1f6d64829db7). */
    KSWAPD: 17,
    /** Throttle writes only against the bdi I write to. */
    LOCAL_THROTTLE: 20,
  },
  identity: {
    VCPU: 0,
    IDLE: 1,
    EXITING: 2,
    POSTCOREDUMP: 3,
    IO_WORKER: 4,
    WQ_WORKER: 5,
    FORKNOEXEC: 6,
    MCE_PROCESS: 7,
    SUPERPRIV: 8,
    DUMPCORE: 9,
    SIGNALED: 10,
    NPROC_EXCEEDED: 12,
    USED_MATH: 13,
    _HOLE__00004000: 14,
    NOFREEZE: 15,
    _HOLE__00010000: 16,
    KTHREAD: 21,
    RANDOMIZE: 22,
    NO_NOTIFY_SIGNAL: 23,
    _HOLE__01000000: 24,
    _HOLE__02000000: 25,
    NO_SETAFFINITY: 26,
    MCE_EARLY: 27,
    _HOLE__20000000: 29,
    _HOLE__40000000: 30,
    SUSPEND_TASK: 31,
  },
  // As in the kernel, where every task may set its own flags.
  granting: 'anyone',
})

/** A set of task flags. */
export type TaskFlags = Mask<'PF'>

/** Allocating to free memory: the task may use all reserves, and does not enter direct reclaim (bit 11). */
export const PF_MEMALLOC: TaskFlags = PF.flags.MEMALLOC
/** The task is kswapd, or acts for it (bit 17). */
export const PF_KSWAPD: TaskFlags = PF.flags.KSWAPD
/** The task writes so that others can go on: it is throttled only by the device that it writes to (bit 20). */
export const PF_LOCAL_THROTTLE: TaskFlags = PF.flags.LOCAL_THROTTLE
/** All requests of the task lose `__GFP_FS` (bit 18). */
export const PF_MEMALLOC_NOFS: TaskFlags = PF.flags.MEMALLOC_NOFS
/** All requests of the task lose `__GFP_IO` and `__GFP_FS` (bit 19). */
export const PF_MEMALLOC_NOIO: TaskFlags = PF.flags.MEMALLOC_NOIO
/** No request of the task is movable: its pages will be pinned for long (bit 28). */
export const PF_MEMALLOC_PIN: TaskFlags = PF.flags.MEMALLOC_PIN
