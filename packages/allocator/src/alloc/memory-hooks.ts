/** Memory hooks: what the page allocator asks of the machine around it. */
import type { MigrateHooks } from '../compaction/migrate-hooks.js'
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import type { ReclaimHooks } from '../reclaim/reclaim-hooks.js'

/** All may be left out. */
export interface MemoryHooks extends ReclaimHooks, MigrateHooks {
  /** The kernel log: reports of failed allocations, and of requests that ask for more than their scope allows. */
  log?(text: string): void
  /** The report of a call site that asks for more than its scope allows, once for each; by default it goes to the log. */
  unsafe?(text: string): void
  /**
   * Returns true while a node has no more than its share of dirty pages (node_dirty_ok): requests for pages that are about to be dirtied
   * (`__GFP_WRITE`) pass others over on their first try. By default none has.
   */
  nodeDirtyOk?(node: number): boolean
  /** kswapd of a node is needed, if it is not awake: run `balance` soon. */
  wakeKswapd?(node: number, order: number, highest: number): void
  /**
   * The OOM killer: kills somebody and frees memory, and returns whether it found anybody. It is asked for requests with `__GFP_FS`
   * only. By default there is nobody.
   */
  outOfMemory?(gfp: number, order: number): boolean
  /**
   * The OOM killer of a memory cgroup: kills somebody of the group or below it, and returns whether it found anybody. Unlike the other one it
   * is asked for requests without `__GFP_FS` too. By default there is nobody.
   */
  memcgOutOfMemory?(group: MemCgroup, gfp: number, order: number): boolean
  /** Returns true if a failed allocation may be reported now: the kernel reports one in 10 seconds (nopage_rs of warn_alloc). By default each is. */
  mayWarn?(): boolean
}
