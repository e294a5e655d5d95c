/**
 * NUMA stats: how often a zone served requests that wanted another node, and the other way round (mm/vmstat.h, zone_statistics; enum
 * numa_stat_item, 6.1.192). Blocks are counted, whatever their size. Only what is not as wanted is counted here, since that is rare: the others
 * are what is left of all blocks of the zone.
 */

/** The counters of one zone: a copy of them is their state. */
export interface NumaStatsState {
  /** See {@link NumaStats.miss}. */
  readonly miss: number
  /** See {@link NumaStats.foreign}. */
  readonly foreign: number
  /** See {@link NumaStats.other}. */
  readonly other: number
  /** See {@link NumaStats.interleave}. */
  readonly interleave: number
}

/** What a zone counts of requests that crossed nodes, in blocks since the machine was started. */
export class NumaStats implements NumaStatsState {
  /** Came from here though another node was preferred (numa_miss). */
  miss = 0
  /** Were wanted from here, and came from another node (numa_foreign). */
  foreign = 0
  /** Went to a CPU of another node (numa_other). */
  other = 0
  /** Came from here since it was this node's turn (numa_interleave). */
  interleave = 0

  /** What is known: a copy. */
  save(): NumaStatsState {
    const { miss, foreign, other, interleave } = this
    return { miss, foreign, other, interleave }
  }

  /** Puts it back. */
  load({ miss, foreign, other, interleave }: NumaStatsState): void {
    this.miss = miss
    this.foreign = foreign
    this.other = other
    this.interleave = interleave
  }
}
