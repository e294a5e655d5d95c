/** Place: where on a stack a request is made, and by whom: where a scope or an annotation would go. */
import { isAllocatorFunction } from '../../trace/attribute/allocator-functions.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import type { LogStack } from '../report/stack-lines.js'
import { functionsOf } from '../report/stack-lines.js'

/** What lockdep and warnings put on a stack before the allocator. */
const ABOVE =
  /^(?:fs_reclaim_acquire|__fs_reclaim_acquire|fs_reclaim_release|might_alloc|slab_pre_alloc_hook|lock_acquire|__lock_acquire|check_prev_add|check_prevs_add|check_noncircular|check_usage\w*|print_(?:usage|circular|irq_inversion)_bug|print_bad_irq_dependency|mark_lock(?:_irq)?|mark_usage|valid_state|validate_chain|lockdep_trace_alloc|__lockdep_trace_alloc|mark_held_locks|dump_stack\w*|show_stack|dump_backtrace|warn_alloc\w*|dump_header|oom_kill_process|out_of_memory|mem_cgroup_out_of_memory|(?:__)?(?:mem_cgroup_)?(?:try_)?charge(?:_memcg)?|(?:__)?mem_cgroup_(?:charge|try_charge)\w*|mem_cgroup_charge_common|obj_cgroup_charge\w*|(?:__)?memcg_kmem_charge\w*|page_counter_\w+|mem_cgroup_oom\w*|pagefault_out_of_memory|___?might_sleep|__might_resched|dump_stack_lvl|__schedule_bug|__should_failslab|kvmalloc_node|prepare_alloc_pages|kzalloc|kmem_alloc\w*|xa_alloc\w*|memdup\w*|krealloc\w*|kmalloc_order\w*|__get_free_pages?|v(?:un)?map|__vmap\w*|alloc_vmap_area)$/

/** The function that asked for memory, and who called it; undefined where the stack does not reach so far. */
export function requestOn(
  stack: LogStack,
): { readonly fn: string; readonly caller: string; readonly line: number } | undefined {
  const functions = functionsOf(stack)
  const asks = (name: string) => !isAllocatorFunction(name) && !ABOVE.test(plainName(name))
  // Where no frame is sure, others may stand between those of the allocator: whatever asked is outside of the last of these.
  const sure = stack.frames.some(({ unsure }) => !unsure)
  const inside = sure ? -1 : functions.map(isAllocatorFunction).lastIndexOf(true)
  const at = functions.findIndex((name, i) => i > inside && asks(name))
  const fn = functions[at]
  if (fn === undefined) return undefined
  const line =
    stack.lines[stack.frames.findIndex((frame) => frame.fn === fn)] ?? stack.lines[0] ?? 0
  return { fn, caller: functions[at + 1] ?? '?', line }
}
