/** Scan control: one call for memory, by a request or by kswapd, and how far it has come (mm/vmscan.c, struct scan_control, 6.1). */
import type { MemCgroup } from '../memcg/mem-cgroup.js'
import type { ThrottleReason } from './throttle.js'

/** Direct reclaim stops when so many pages are free, and lists are scanned in clusters of so many. */
export const SWAP_CLUSTER_MAX = 32
/** The first round scans 1/4096 of each list; each further one twice as much. */
export const DEF_PRIORITY = 12

/** What reclaim has just done, or is about to do: whoever steps charges time for it, and waits where it says so. */
export type ReclaimStep =
  | {
      /** Pages at the end of an inactive list were looked at, and some of them freed. */
      readonly kind: 'scan'
      /** How many pages were looked at. */
      readonly scanned: number
      /** How many of them were freed. */
      readonly reclaimed: number
    }
  | {
      /** Pages at the end of an active list became inactive. */
      readonly kind: 'deactivate'
      /** How many. */
      readonly pages: number
    }
  | {
      /** Pages that were used have been promoted, and a new generation has begun (MGLRU). */
      readonly kind: 'age'
    }
  | {
      /** Rounds end: the shrinkers have been asked. Rounds in which there was nothing to look at come together with the next. */
      readonly kind: 'slab'
      /** How many rounds. */
      readonly rounds: number
      /** Of the last round: each list was scanned by its size shifted right by so much, from 12 down to 0. */
      readonly priority: number
      /** Objects that the shrinkers looked at. */
      readonly scanned: number
      /** Objects that the shrinkers freed. */
      readonly freed: number
    }
  | {
      /** The reclaimer waits, if `reclaimThrottle` says so. */
      readonly kind: 'throttle'
      /** Why. */
      readonly reason: ThrottleReason
    }

/** The steps of something that returns `R` in the end. They are to be taken one by one; nothing is answered. */
export type ReclaimSteps<R> = Generator<ReclaimStep, R, void>

/** What a round met (struct reclaim_stat, summed up). */
class Met {
  taken = 0
  dirty = 0
  /** Dirty, and not even queued for writing. */
  unqueuedDirty = 0
  writeback = 0
  /** In writing, and met before. */
  congested = 0
  /** In writing since before reclaim last met them, with the node full of writeback. */
  immediate = 0
  fileTaken = 0
  /** Written for it. */
  pageouts = 0

  /** Another round begins. */
  clear(): void {
    this.taken = 0
    this.dirty = 0
    this.unqueuedDirty = 0
    this.writeback = 0
    this.congested = 0
    this.immediate = 0
    this.fileTaken = 0
    this.pageouts = 0
  }
}

export interface ScanOptions {
  /** Filtered by the scopes of the task. */
  readonly gfp: number
  /** The highest zone that would help, by its index. */
  readonly highest: number
  /** Where it runs: the pages go to what this CPU keeps. */
  readonly cpu: number
  readonly kswapd: boolean
  /** Enough pages. */
  readonly toReclaim: number
  /** The block that is wanted has 2 to this power pages; by default one page. */
  readonly order?: number
  /** Where to begin: see {@link DEF_PRIORITY}, the default. */
  readonly priority?: number
  /** Dirty pages may be written; by default they may. */
  readonly mayWritepage?: boolean
  /** Pages that programs have mapped may be taken, which are those without a file; by default they may. */
  readonly mayUnmap?: boolean
  /** Pages may go to swap space; by default they may. */
  readonly maySwap?: boolean
  /** The memory cgroup whose limit is in the way: only its pages, and those below it, help. By default all do. */
  readonly target?: MemCgroup | null
}

export class ScanControl {
  readonly gfp: number
  readonly highest: number
  readonly cpu: number
  readonly kswapd: boolean
  /** Enough pages. kswapd looks at it anew in each round. */
  toReclaim: number
  /** What is wanted: kswapd is content with single pages once it has freed enough for a block. */
  order: number
  priority: number
  mayWritepage: boolean
  maySwap: boolean
  readonly mayUnmap: boolean
  readonly target: MemCgroup | null
  /** What scanning has cost lately: see scan-cost.ts. */
  anonCost = 0
  fileCost = 0
  /** See scan-balance.ts. */
  cacheTrim = false
  fileIsTiny = false
  /** Compaction would have room enough: there is no need to reclaim for a large block. */
  compactionReady = false
  /** Groups below memory.low were left alone; and they are not any more, since nothing else has helped. */
  memcgLowSkipped = false
  memcgLowReclaim = false
  /** Pages freed since it began. */
  reclaimed = 0
  /** Pages that could be looked at since the round began: nobody else worked on them. */
  scanned = 0
  /** Active pages were left alone. */
  skippedDeactivate = false
  /** Nothing else has helped: active pages too. */
  forceDeactivate = false
  mayDeactivateAnon = false
  mayDeactivateFile = false
  /** Of generations: what kswapd had reclaimed when it last aged, and whether it looks for what needs aging the next time. */
  lastReclaimed = 0
  needsAging = false
  /** Rounds since the last step. */
  rounds = 0
  /** How many pages of each list are still to be looked at in this round, in the order of the lists. */
  readonly left = new Int32Array(4)
  readonly met = new Met()

  constructor(options: ScanOptions) {
    const { gfp, highest, cpu, kswapd, toReclaim } = options
    this.gfp = gfp
    this.highest = highest
    this.cpu = cpu
    this.kswapd = kswapd
    this.toReclaim = toReclaim
    this.order = options.order ?? 0
    this.priority = options.priority ?? DEF_PRIORITY
    this.mayWritepage = options.mayWritepage ?? true
    this.mayUnmap = options.mayUnmap ?? true
    this.maySwap = options.maySwap ?? true
    this.target = options.target ?? null
  }
}
