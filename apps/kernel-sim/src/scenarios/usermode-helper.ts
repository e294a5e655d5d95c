/**
 * Case 2: from a NOFS context the kernel asks user space for a key. A work item forks a process that looks it up; the
 * item and the process allocate, and no interface in between takes a gfp.
 */
import { __GFP_FS, GFP_KERNEL, GFP_NOFS, PF_MEMALLOC_NOFS } from '@scopemask/allocator'
import { scenario } from '../kernel/scenario.js'

export const usermodeHelper = scenario({
  name: 'usermode-helper',
  summary: 'evm_verify_hmac in a NOFS scope waits for a usermode helper, which a kworker forks',
  source: 'Tetsuo Handa, linux-mm, 2016-04-27',
  history: {
    told: 'The day after the patch for scopes was posted Tetsuo Handa followed the call chain of evm_verify_hmac(): request_key() starts a process in user space by a work item and waits for it; the item and the process allocate with GFP_KERNEL, and no interface in between takes a gfp.',
    leavesOut: 'What request-key does in user space after it has started, and the key.',
    upstream: {
      says: 'Not answered. Kernels 6.1 and 6.12 that were made to follow the schedule hang.',
      under: 'scope',
      verdict: 'deadlock',
    },
  },
  build(kernel) {
    const lock = kernel.mutex('i_mutex')
    const done = kernel.completion('sub_info->complete')
    kernel.shrinker('prune_dcache_sb', __GFP_FS, function* () {
      yield* lock.lock()
      yield* lock.unlock()
    })
    const unbound = kernel.workqueue('system_unbound_wq')
    const helper = kernel.process('request-key', function* () {
      yield* kernel.kmalloc(GFP_KERNEL)
      yield* done.complete()
    })
    const exec = kernel.work('call_usermodehelper_exec_work', function* () {
      yield* kernel.scopes.calleeSection(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(GFP_KERNEL)
        yield* helper.fork()
      })
    })
    kernel.task('evm_verify_hmac', function* () {
      yield* lock.lock()
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(kernel.gfp(GFP_NOFS))
        yield* kernel.queueWork(unbound, exec)
        yield* kernel.waitForWork(done, exec)
      })
      yield* lock.unlock()
    })
  },
})
