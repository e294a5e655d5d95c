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
