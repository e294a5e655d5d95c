/**
 * Scan balance: how a round is divided between pages of files and pages of programs (mm/vmscan.c, get_scan_count, 6.1.192). What has cost
 * less to reclaim is scanned more; swappiness says how much cheaper a page of a file is in the first place.
 */

/** How many parts of a list's share are scanned, of `denominator`. */
export interface ScanBalance {
  readonly anon: number
  readonly file: number
  readonly denominator: number
}

/** What the balance follows from. */
export interface ScanState {
  /** Pages of programs can be reclaimed: there is free swap space. */
  readonly canSwap: boolean
  /** 0 to 200. */
  readonly swappiness: number
  /** The round: 0 is the last. */
  readonly priority: number
  /** Reclaim for the limit of a memory cgroup. */
  readonly cgroup: boolean
  /** There are so few pages of files that those alone would not do. */
  readonly fileIsTiny: boolean
  /** There are plenty of pages of files that are not used. */
  readonly cacheTrim: boolean
  /** See scan-cost.ts. */
  readonly anonCost: number
  readonly fileCost: number
}

const FILE: ScanBalance = { anon: 0, file: 1, denominator: 1 }
const ANON: ScanBalance = { anon: 1, file: 0, denominator: 1 }
/** Relative to the size of the lists (SCAN_EQUAL). */
const EQUAL: ScanBalance = { anon: 1, file: 1, denominator: 1 }

/** Decides on the balance of a round. */
export function scanBalance(state: ScanState): ScanBalance {
  const { canSwap, swappiness, priority, cgroup, fileIsTiny, cacheTrim } = state
  if (!canSwap) return FILE
  if (cgroup && swappiness === 0) return FILE
  // Nearly out of memory: no cleverness.
  if (priority === 0 && swappiness > 0) return EQUAL
  if (fileIsTiny) return ANON
  if (cacheTrim) return FILE
  // No list is left behind for good: a third of the pressure is applied at least.
  const total = state.anonCost + state.fileCost
  const anonCost = total + state.anonCost
  const fileCost = total + state.fileCost
  const sum = anonCost + fileCost + 1
  const anon = Math.floor((swappiness * sum) / (anonCost + 1))
  const file = Math.floor(((200 - swappiness) * sum) / (fileCost + 1))
  return { anon, file, denominator: anon + file }
}
