/**
 * Model memory: the page allocator of this project with the memory that a recording touches, and nothing more. It decides itself where
 * blocks are, and it compacts when the kernel did. Blocks have holders, numbers that the replay knows them by, since compaction moves them.
 *
 * Of the pages in use, those of requests with `__GFP_MOVABLE` can be moved, and belong to a file unless they were asked for zeroed; what
 * somebody has had since before the recording stays where it is.
 */
import {
  __GFP_ACCOUNT,
  __GFP_DIRECT_RECLAIM,
  __GFP_MOVABLE,
  __GFP_ZERO,
  ALLOC_NO_WATERMARKS,
  type AllocatorRules,
  atOnce,
  COMPACT_PRIO_ASYNC,
  COMPACT_PRIO_SYNC_LIGHT,
  COMPACT_SUCCESS,
  type CompactionSteps,
  type FallbackEvent,
  gfpToAllocFlags,
  type MemCgroup,
  MIGRATE_MOVABLE,
  NO_PAGE,
  PageAllocator,
  PF,
  PG_FILE,
  type Zone,
  type Zones,
} from '@scopemask/allocator'
import { Task } from '@scopemask/core/task'
import { type Footprint, PAGEBLOCK } from './footprint.js'
import type { CompactionKind } from './recorded-compactions.js'

/** Of a task that is not real-time: recordings do not say (DEFAULT_PRIO). */
const DEFAULT_PRIO = 120
/** No holder. */
const NOBODY = -1

/** So many tasks are charged to cgroups of their own; all others share one. */
const MOST_GROUPS = 1000

/** A request as it is replayed. */
export interface ModelRequest {
  readonly gfp: number
  readonly order: number
  readonly cpu: number
  /** The task that asks. */
  readonly pid: number
}

/** What a compaction came to. */
export interface ModelCompaction {
  /** As the COMPACT_ constants have it. */
  readonly result: number
  /** Pages that were moved. */
  readonly moved: number
}

/** How often the model compacted for itself, since it had no block, and how often it had one then. */
export interface OwnCompactions {
  readonly asked: number
  readonly served: number
}

export interface ModelOptions {
  readonly cpus: number
  readonly rules: AllocatorRules
  /** The tasks that are in a cgroup with a limit. */
  readonly limited: Iterable<number>
}

/** What the model tells the replay. */
export interface ModelHooks {
  /** The block of a holder is elsewhere now. */
  moved(holder: number, page: number): void
  fellBack(event: FallbackEvent): void
}

export class ModelMemory {
  readonly #memory: PageAllocator
  readonly #hooks: ModelHooks
  /** Requests of all tasks are in effect already: no scope is applied again. */
  readonly #task = new Task(PF, { name: 'recorded' })
  /** By the first page of a block. */
  readonly #holders: Int32Array
  /** By page: 1 for one that is on an LRU list, so that compaction can move it. */
  readonly #listed: Uint8Array
  /** Pages in use that the recording has lost sight of, the oldest first. */
  readonly #strays = new Set<number>()
  readonly #groups = new Map<number, MemCgroup>()
  /** Above those of all tasks; undefined where no task is in one. */
  readonly #limited: MemCgroup | undefined
  #moved = 0
  #own = { asked: 0, served: 0 }

  constructor(footprint: Footprint, options: ModelOptions, hooks: ModelHooks) {
    const pids = [...options.limited]
    this.#hooks = hooks
    this.#holders = new Int32Array(footprint.pages).fill(NOBODY)
    this.#listed = new Uint8Array(footprint.pages)
    this.#memory = new PageAllocator(
      {
        nodes: [footprint.zones],
        cpus: options.cpus,
        rules: options.rules,
        // Nobody is there to lower them again.
        watermarkBoostFactor: 0,
        memcgs: Math.min(pids.length, MOST_GROUPS) + 2,
      },
      { migrate: (from, to) => this.#migrate(from, to) },
    )
    if (pids.length > 0) {
      const { memcgs } = this.#memory
      this.#limited = memcgs.create('limited')
      const others = memcgs.create('others', {}, this.#limited)
      for (const [i, pid] of pids.entries()) {
        this.#groups.set(
          pid,
          i < MOST_GROUPS ? memcgs.create(String(pid), {}, this.#limited) : others,
        )
      }
    }
    for (const zone of this.zones.all) this.#begin(zone, footprint)
  }

  get zones(): Zones {
    return this.#memory.zones
  }

  /** What it did for itself. */
  get own(): OwnCompactions {
    return { ...this.#own }
  }

  /** How many pages are in use that the recording has lost sight of. */
  get strays(): number {
    return this.#strays.size
  }

  /** Pages that are charged to cgroups with limits; of one task where one is given. */
  charged(pid?: number): { readonly now: number; readonly most: number } {
    const counter = (pid === undefined ? this.#limited : this.#groups.get(pid))?.memory
    return { now: counter?.usage ?? 0, most: counter?.watermark ?? 0 }
  }

  /** Returns the first page of a block for a holder; NO_PAGE when there is none. */
  alloc(holder: number, request: ModelRequest): number {
    const { gfp, order, pid } = request
    const page = this.#find(request)
    if (page === NO_PAGE) return NO_PAGE
    this.#holders[page] = holder
    const movable = (gfp & __GFP_MOVABLE) !== 0
    if (movable || (gfp & __GFP_ACCOUNT) !== 0) this.#charge(page, order, pid)
    if (movable && order === 0) {
      this.#listed[page] = 1
      this.#memory.lru.add(page, (gfp & __GFP_ZERO) === 0 ? PG_FILE : 0)
    }
    return page
  }

  free(page: number, order: number, cpu: number): void {
    this.#holders[page] = NOBODY
    if (this.#listed[page] === 1) this.#memory.lru.remove(page)
    this.#listed[page] = 0
    this.#memory.free(page, order, cpu)
  }

  /** A page stays in use, and nobody knows any more by which number the recording calls it. */
  lose(page: number): void {
    this.#holders[page] = NOBODY
    this.#strays.add(page)
  }

  /** Frees one of those pages, the one that was lost first. Returns false where there is none. */
  freeStray(cpu: number): boolean {
    for (const page of this.#strays) {
      this.#strays.delete(page)
      this.free(page, 0, cpu)
      return true
    }
    return false
  }

  /** A request for which memory was compacted has got its block. */
  served(page: number, order: number): void {
    this.#memory.compacted(page, order)
  }

  /** Compacts as the kernel was asked to. */
  compact({ by, order, gfp, priority }: CompactionKind, cpu: number): ModelCompaction {
    const before = this.#moved
    const result = atOnce(
      by === 'request'
        ? this.#compacting({ order, gfp, priority }, cpu)
        : by === 'kcompactd'
          ? this.#memory.kcompactd(0, order)
          : this.#memory.compactingNode(0),
    )
    return { result, moved: this.#moved - before }
  }

  /** As the slow path does: the lists of CPUs are asked, then memory is compacted. */
  #find(request: ModelRequest): number {
    let page = this.#search(request)
    if (page !== NO_PAGE) return page
    this.zones.drain()
    page = this.#search(request)
    if (page !== NO_PAGE || request.order === 0) return page
    if ((request.gfp & __GFP_DIRECT_RECLAIM) === 0) return page
    this.#own.asked++
    for (const priority of [COMPACT_PRIO_ASYNC, COMPACT_PRIO_SYNC_LIGHT]) {
      if (atOnce(this.#compacting({ ...request, priority }, request.cpu)) !== COMPACT_SUCCESS)
        continue
      page = this.#search(request)
      if (page === NO_PAGE) continue
      this.#memory.compacted(page, request.order)
      this.#own.served++
      return page
    }
    return NO_PAGE
  }

  #search({ gfp, order, cpu }: ModelRequest): number {
    return this.zones.alloc(gfp, order, ALLOC_NO_WATERMARKS, { cpu, node: 0 })
  }

  #compacting(
    { order, gfp, priority }: Omit<CompactionKind, 'by'>,
    cpu: number,
  ): CompactionSteps<number> {
    const allocFlags = gfpToAllocFlags(gfp, order, DEFAULT_PRIO, 0)
    const request = { task: this.#task, gfp, order, cpu }
    return this.#memory.compacting(request, { kind: 'compact', gfp, allocFlags, priority })
  }

  /** The kernel charges a page before it is on a list. The limit is the kernel's: here all is charged. */
  #charge(page: number, order: number, pid: number): void {
    const group = this.#groups.get(pid)
    if (group === undefined) return
    group.memory.charge(1 << order)
    this.#memory.memcgs.commit(page, group)
  }

  #migrate(from: number, to: number): boolean {
    this.#moved++
    const holder = this.#holders[from] as number
    this.#holders[from] = NOBODY
    this.#holders[to] = holder
    this.#listed[from] = 0
    this.#listed[to] = 1
    if (this.#strays.delete(from)) this.#strays.add(to)
    if (holder !== NOBODY) this.#hooks.moved(holder, to)
    return true
  }

  /** Everything is in use, then what was free at the beginning is not. */
  #begin(zone: Zone, { initiallyFree, migratetypes }: Footprint): void {
    const { buddy } = zone
    let page = NO_PAGE
    do page = buddy.alloc(0, MIGRATE_MOVABLE)
    while (page !== NO_PAGE)
    for (page = zone.start; page < zone.start + zone.managed; page++) {
      if (page % PAGEBLOCK === 0) {
        buddy.setPageblockMigratetype(page, migratetypes[page / PAGEBLOCK] as number)
      }
      if (initiallyFree[page] !== 0) buddy.free(page, 0)
    }
    zone.onFallback = (event) => this.#hooks.fellBack(event)
  }
}
