/** Stalls: the direct reclaims of tasks, one by one (mm_vmscan_direct_reclaim_begin and _end). */

export interface Stall {
  readonly task: string
  /** As the request asks for memory, filtered by the scopes of its task. */
  readonly gfp: number
  /** ns: when it began, and how long it took. */
  readonly at: number
  readonly time: number
  readonly reclaimed: number
}

export class Stalls {
  readonly all: Stall[] = []

  /** Notes one. */
  add(stall: Stall): void {
    this.all.push(stall)
  }
}
