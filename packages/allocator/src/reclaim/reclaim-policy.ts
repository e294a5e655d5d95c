/**
 * Reclaim policy: in which order pages are looked at. A machine has one of two: the active and inactive lists (shrink-lists.ts), or generations
 * (shrink-generations.ts). What becomes of a page is the same under both (page-reclaim.ts), and so is what goes on around them (vmscan.ts).
 */
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import type { ReclaimSteps, ScanControl } from './scan-control.js'

/** What vmscan.ts asks of a policy. */
export interface ReclaimPolicy {
  /** A round over a node begins (prepare_scan_count). */
  prepare(node: number, control: ScanControl): void
  /** One round over the pages of a group on a node (shrink_lruvec). */
  shrink(group: MemCgroup, node: number, control: ScanControl): ReclaimSteps<void>
  /** kswapd lets a node age, before it reclaims it (kswapd_age_node). */
  age(node: number, control: ScanControl): ReclaimSteps<void>
  /** A page that was looked at on its own was not freed: it goes where the policy wants it (move_folios_to_lru). */
  putBack(page: number, activated: boolean): void
}
