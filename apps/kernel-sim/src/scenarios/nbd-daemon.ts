/** Case 23: a process serves a block device; what it allocates for that can have to write to the same device. */
import { __GFP_FS, GFP_KERNEL, PF_MEMALLOC_NOIO } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'
import { nothingConveyed } from './inapplicable.js'

const SOCKET = 'requests go to the process through a socket, and no mask can travel with them'

export const nbdDaemon = scenario({
  name: 'nbd-daemon',
  summary:
    'the daemon of a network block device allocates to send, and reclaim writes to that device',
  source: 'commit 8d19f1c8e193',
  inapplicable: nothingConveyed(SOCKET),
  history: {
    told: 'Drivers such as nbd, iscsi and dm-multipath have parts in user space on the I/O path. In the kernel they would allocate with GFP_NOIO; a system call of the daemon could not, so that sendmsg() reclaimed by writing to XFS on the very device that the daemon serves (2019).',
    leavesOut:
      'The remote server, PF_LOCAL_THROTTLE, and allocations of the daemon before it asks for the flag.',
    upstream: {
      says: 'prctl(PR_SET_IO_FLUSHER) puts the whole process into a NOIO scope.',
      under: 'scope',
      verdict: 'safe',
    },
  },
  build(kernel) {
    const nbd = kernel.blockDevice(
      'nbd0',
      function* () {
        // sendmsg(): user space passes no gfp.
        yield* kernel.kmalloc(GFP_KERNEL)
      },
      kernel.scopes.forLife(PF_MEMALLOC_NOIO),
    )
    kernel.shrinker('xfs_reclaim_inode', __GFP_FS, function* () {
      yield* nbd.submitBioWait()
    })
    kernel.task('write', function* () {
      yield* nbd.submitBioWait()
    })
  },
})
