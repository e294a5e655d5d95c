/**
 * Replay memory: feeds the page events of a recording through the allocator, which decides itself where blocks are, and compares its
 * memory with the one that the recording implies.
 *
 * Both begin alike: what the recording allocates before it frees is free, all else is in use. So the difference between them is what the
 * kernel decided otherwise, and what it did meanwhile for others.
 */
import {
  ALLOC_NO_WATERMARKS,
  type AllocatorRules,
  type FallbackEvent,
  gfpMigratetype,
  MIGRATE_MOVABLE,
  NO_PAGE,
  RULES_6_1,
  RULES_6_18,
  type Zone,
  type ZoneLabel,
  Zones,
} from '@scopemask/allocator'
import { Footprint, PAGEBLOCK } from './footprint.js'
import type { KernelFallback } from './kernel-fallbacks.js'
import { Mixture } from './mixture.js'
import { ALLOC, type MemcgReclaims, type PageLog, type Pressure } from './page-log.js'
import { RecordedMemory } from './recorded-memory.js'

const ORDERS = 11
/** CPUs that have lists of their own; events of others are those of the last. */
const MOST_CPUS = 64

/** Memory at some moment. */
export interface MemoryState {
  /** Pages on the free lists. */
  readonly free: number
  /** Free pages that CPUs keep at hand. */
  readonly perCpu: number
  /** By order: free blocks. */
  readonly blocks: readonly number[]
  /** Pageblocks in which the recording's pages are, and those where pages of different migratetypes are. */
  readonly pageblocks: { readonly used: number; readonly mixed: number }
}

/** Both at the same moment. */
export interface MemorySample {
  /** How many page events there were. */
  readonly events: number
  readonly line: number
  /** Nanoseconds since the first page event. */
  readonly time: number
  /** Pages that the recording has in use. */
  readonly inUse: number
  readonly recorded: MemoryState
  readonly model: MemoryState
}

/** What the watermarks of the model's zone saw. */
export interface WatermarkCrossings {
  readonly zone: ZoneLabel
  readonly low: number
  readonly min: number
  /** The fewest free pages. */
  readonly fewest: number
  /** How often the free pages sank below. */
  readonly belowLow: number
  readonly belowMin: number
  /** Where they first sank below low. */
  readonly firstLine: number | undefined
}

/** Fallbacks of the model, by the migratetype that ran out and the one that gave. */
export interface FallbackCount {
  readonly wanted: number
  readonly from: number
  readonly count: number
  /** How many changed the migratetype of a whole pageblock. */
  readonly changed: number
}

/** The fallbacks that the kernel recorded (mm_page_alloc_extfrag), and how those of the model compare, allocation by allocation. */
export interface RecordedFallbacks {
  readonly counts: readonly FallbackCount[]
  /** Fallbacks whose allocation is not in the recording. */
  readonly unattributed: number
  /** Allocations for which both took from the same migratetype first. */
  readonly alike: number
  /** Those for which both took from another migratetype, but not from the same. */
  readonly otherwise: number
  readonly onlyKernel: number
  readonly onlyModel: number
}

/** What the rules of a kernel make of a recording. */
export interface RulesOutcome {
  /** The kernel. */
  readonly kernel: string
  readonly fallbacks: readonly FallbackCount[]
  /** In the end: see {@link MemoryState.pageblocks}. */
  readonly pageblocks: MemoryState['pageblocks']
}

/** What came of a replay. */
export interface MemoryReplay {
  readonly allocations: number
  readonly frees: number
  /** Pages of the zones that the recording touches, and how many of them were free at its beginning. */
  readonly zones: readonly { readonly zone: ZoneLabel; readonly pages: number }[]
  readonly footprint: number
  readonly pressure: Pressure
  readonly memcg: MemcgReclaims
  readonly samples: readonly MemorySample[]
  readonly fallbacks: readonly FallbackCount[]
  /** Null when the recording has none: then nobody recorded them, or there were none. */
  readonly kernelFallbacks: RecordedFallbacks | null
  /** The same memory under the rules of another kernel, which chooses otherwise where a migratetype has no pages. */
  readonly otherRules: RulesOutcome
  readonly watermarks: readonly WatermarkCrossings[]
  readonly departures: Departures
}

/** Where the model and the recording part, and what the recording does not say. */
export interface Departures {
  /** Samples at which the free pages differ: the model could not serve all that the kernel served. */
  readonly freePages: number
  /** Allocations that the model had no block for. */
  readonly unserved: readonly Unserved[]
  readonly unservedCount: number
  /** Allocations from another zone than the kernel's. */
  readonly otherZone: number
  /** Allocations whose recorded migratetype is not what their flags say. */
  readonly otherMigratetype: number
  /** Pages that were allocated again though the recording does not see them freed. */
  readonly unseenFrees: number
  /** Frees of what the recording does not see allocated. */
  readonly unseenAllocations: number
  /** Frees of another order than that of the allocation, or of a part of it. */
  readonly otherOrder: number
  /** Page events without a page number, or outside of the memory that is replayed. */
  readonly leftOut: number
}

/** An allocation that the model had no block for. */
export interface Unserved {
  readonly line: number
  readonly order: number
  /** Free pages that the model had. */
  readonly free: number
}

/** How many unserved allocations are named. */
const MOST_NAMED = 5

/**
 * Replays a recording.
 * @param samples how often both are compared, evenly spread over the events
 */
export function replayMemory(log: PageLog, samples: number): MemoryReplay {
  const other = new Replay(log, RULES_6_18).run(1, NO_OUTCOME)
  return new Replay(log, RULES_6_1).run(samples, {
    kernel: RULES_6_18.kernel,
    fallbacks: other.fallbacks,
    pageblocks: other.samples.at(-1)?.model.pageblocks ?? NO_OUTCOME.pageblocks,
  })
}

/** A replay whose own outcome is looked for. */
const NO_OUTCOME: RulesOutcome = { kernel: '', fallbacks: [], pageblocks: { used: 0, mixed: 0 } }

class Replay {
  readonly #log: PageLog
  readonly #footprint: Footprint
  readonly #zones: Zones
  readonly #recorded: RecordedMemory
  readonly #recordedMixture: Mixture
  readonly #modelMixture: Mixture
  /** By page: whether somebody whom the recording does not see has had it since the beginning. */
  readonly #others: Uint8Array
  /** By page: the order of the block that the recording has in use there, and one more; 0 for none. */
  readonly #inUse: Uint8Array
  /** By that page: the model's page, or NO_PAGE; and the migratetype. */
  readonly #model: Int32Array
  readonly #migratetype: Uint8Array
  readonly #fallbacks = new FallbackCounts()
  /** Of the allocation that is being served: the migratetype that gave first. */
  #gave = NO_TYPE
  readonly #compared = { alike: 0, otherwise: 0, onlyKernel: 0, onlyModel: 0 }
  readonly #crossings: Crossings[]
  readonly #samples: MemorySample[] = []
  readonly #unserved: Unserved[] = []
  #pagesInUse = 0
  #allocations = 0
  #frees = 0
  #unservedCount = 0
  #otherZone = 0
  #otherMigratetype = 0
  #unseenFrees = 0
  #unseenAllocations = 0
  #otherOrder = 0

  constructor(log: PageLog, rules: AllocatorRules) {
    this.#log = log
    const footprint = new Footprint(log)
    const { pages } = footprint
    this.#footprint = footprint
    this.#recorded = new RecordedMemory(pages)
    this.#recordedMixture = new Mixture(pages)
    this.#modelMixture = new Mixture(pages)
    this.#others = footprint.initiallyFree.map((free) => 1 - free)
    this.#inUse = new Uint8Array(pages)
    this.#model = new Int32Array(pages).fill(NO_PAGE)
    this.#migratetype = new Uint8Array(pages)
    let cpus = 1
    for (let i = 0; i < log.length; i++) cpus = Math.max(cpus, (log.cpu[i] as number) + 1)
    this.#zones = new Zones(
      { nodes: [footprint.zones], cpus: Math.min(cpus, MOST_CPUS), rules },
      () => 'not known',
    )
    for (const zone of this.#zones.all) this.#begin(zone)
    this.#crossings = this.#zones.all.map((zone) => new Crossings(zone))
  }

  run(samples: number, otherRules: RulesOutcome): MemoryReplay {
    const log = this.#log
    const every = Math.max(1, Math.ceil(log.length / samples))
    for (let i = 0; i < log.length; i++) {
      const page = this.#footprint.page(log.pfn[i] as number)
      if (page >= 0) {
        if (log.kind[i] === ALLOC) this.#alloc(i, page)
        else this.#free(i, page)
        for (const crossings of this.#crossings) crossings.look(log.line[i] as number)
      }
      if ((i + 1) % every === 0 || i === log.length - 1) this.#sample(i)
    }
    return {
      allocations: this.#allocations,
      frees: this.#frees,
      zones: this.#zones.all.map(({ name, managed }) => ({ zone: name, pages: managed })),
      footprint: this.#footprint.initiallyFree.reduce((sum, free) => sum + free, 0),
      pressure: log.pressure,
      memcg: log.memcg,
      samples: this.#samples,
      fallbacks: this.#fallbacks.counts(),
      kernelFallbacks: this.#kernelFallbacks(),
      otherRules,
      watermarks: this.#crossings.map((crossings) => crossings.result()),
      departures: {
        freePages: this.#samples.filter(({ recorded, model }) => {
          return recorded.free !== model.free + model.perCpu
        }).length,
        unserved: this.#unserved,
        unservedCount: this.#unservedCount,
        otherZone: this.#otherZone,
        otherMigratetype: this.#otherMigratetype,
        unseenFrees: this.#unseenFrees,
        unseenAllocations: this.#unseenAllocations,
        otherOrder: this.#otherOrder,
        leftOut: log.unnumbered + this.#footprint.leftOut,
      },
    }
  }

  /** Everything is in use, then what was free at the beginning is not. */
  #begin(zone: Zone): void {
    const { buddy } = zone
    let page = NO_PAGE
    do page = buddy.alloc(0, MIGRATE_MOVABLE)
    while (page !== NO_PAGE)
    const { initiallyFree, migratetypes } = this.#footprint
    for (page = zone.start; page < zone.start + zone.managed; page++) {
      if (page % PAGEBLOCK === 0) {
        buddy.setPageblockMigratetype(page, migratetypes[page / PAGEBLOCK] as number)
      }
      if (initiallyFree[page] === 0) continue
      buddy.free(page, 0)
      this.#recorded.give(page, 0)
    }
    zone.onFallback = (event) => this.#fellBack(event)
  }

  #alloc(i: number, page: number): void {
    const log = this.#log
    const order = log.order[i] as number
    const gfp = log.gfp[i] as number
    const migratetype = log.migratetype[i] as number
    this.#allocations++
    this.#clear(page, order, i)
    this.#recorded.take(page, order)
    if (gfpMigratetype(gfp) !== migratetype) this.#otherMigratetype++
    this.#gave = NO_TYPE
    const found = this.#find(gfp, order, this.#cpu(i))
    this.#compare(i)
    if (found === NO_PAGE) {
      if (this.#unservedCount++ < MOST_NAMED) {
        const free = this.#zones.freePages()
        this.#unserved.push({ line: log.line[i] as number, order, free })
      }
    } else {
      if (this.#zones.zoneOf(found) !== this.#zones.zoneOf(page)) this.#otherZone++
      this.#modelMixture.count(found, 1 << order, migratetype)
    }
    this.#recordedMixture.count(page, 1 << order, migratetype)
    this.#model[page] = found
    this.#migratetype[page] = migratetype
    this.#inUse[page] = order + 1
    this.#pagesInUse += 1 << order
  }

  /** As the slow path does, the lists of CPUs are asked last. */
  #find(gfp: number, order: number, cpu: number): number {
    const page = this.#zones.alloc(gfp, order, ALLOC_NO_WATERMARKS, { cpu, node: 0 })
    if (page !== NO_PAGE) return page
    this.#zones.drain()
    return this.#zones.alloc(gfp, order, ALLOC_NO_WATERMARKS, { cpu, node: 0 })
  }

  #free(i: number, page: number): void {
    const log = this.#log
    const order = log.order[i] as number
    this.#frees++
    const known = this.#inUse[page] as number
    if (known !== 0) {
      if (known !== order + 1) this.#otherOrder++
      this.#release(page, this.#cpu(i))
      return
    }
    let others = 0
    for (let each = page; each < page + (1 << order); each++) {
      if (this.#others[each] === 0) continue
      others++
      this.#others[each] = 0
      this.#recorded.give(each, 0)
      this.#zones.zoneOf(each).free(each, 0, this.#cpu(i))
    }
    // What is neither somebody else's nor the beginning of a block is part of one.
    if (others > 0) this.#unseenAllocations++
    else this.#otherOrder++
  }

  /** Frees all that the recording has in use where something is allocated: it has not seen that freed. */
  #clear(page: number, order: number, i: number): void {
    for (let each = page; each < page + (1 << order); each++) {
      if (this.#inUse[each] === 0) continue
      this.#unseenFrees++
      this.#release(each, this.#cpu(i))
    }
    for (let size = order + 1; size < ORDERS; size++) {
      const head = page & -(1 << size)
      if ((this.#inUse[head] as number) <= size) continue
      this.#unseenFrees++
      this.#release(head, this.#cpu(i))
    }
  }

  /** Frees a block, here and there. */
  #release(page: number, cpu: number): void {
    const order = (this.#inUse[page] as number) - 1
    const migratetype = this.#migratetype[page] as number
    const model = this.#model[page] as number
    this.#inUse[page] = 0
    this.#pagesInUse -= 1 << order
    this.#recorded.give(page, order)
    this.#recordedMixture.count(page, -(1 << order), migratetype)
    if (model === NO_PAGE) return
    this.#zones.zoneOf(model).free(model, order, cpu)
    this.#modelMixture.count(model, -(1 << order), migratetype)
  }

  #cpu(i: number): number {
    return Math.min(this.#log.cpu[i] as number, this.#zones.cpus - 1)
  }

  #fellBack({ wanted, from, changed }: FallbackEvent): void {
    if (this.#gave === NO_TYPE) this.#gave = from
    this.#fallbacks.add({ wanted, from, changed })
  }

  /** Holds what served an allocation here against what the kernel recorded. */
  #compare(i: number): void {
    const [kernel] = this.#log.fallbacks.of(i)
    const compared = this.#compared
    if (kernel === undefined) {
      if (this.#gave !== NO_TYPE) compared.onlyModel++
    } else if (this.#gave === NO_TYPE) compared.onlyKernel++
    else if (this.#gave === kernel.from) compared.alike++
    else compared.otherwise++
  }

  #kernelFallbacks(): RecordedFallbacks | null {
    const { all, unattributed } = this.#log.fallbacks
    if (all.length === 0) return null
    const counts = new FallbackCounts()
    for (const fallback of all) counts.add(fallback)
    return { counts: counts.counts(), unattributed, ...this.#compared }
  }

  #sample(i: number): void {
    const log = this.#log
    const zones = this.#zones.all
    const blocks = Array.from({ length: ORDERS }, (_, order) =>
      zones.reduce((sum, { buddy }) => sum + buddy.freeBlocks(order), 0),
    )
    const perCpu = zones.reduce(
      (sum, zone) => sum + zone.perCpu.reduce((pages, { count }) => pages + count, 0),
      0,
    )
    this.#samples.push({
      events: i + 1,
      line: log.line[i] as number,
      time: (log.time[i] as number) - (log.time[0] as number),
      inUse: this.#pagesInUse,
      recorded: {
        free: this.#recorded.free,
        perCpu: 0,
        blocks: [...this.#recorded.blocks],
        pageblocks: this.#recordedMixture.blocks(),
      },
      model: {
        free: this.#zones.freePages(),
        perCpu,
        blocks,
        pageblocks: this.#modelMixture.blocks(),
      },
    })
  }
}

/** Watches the watermarks of a zone. */
class Crossings {
  readonly #zone: Zone
  #fewest: number
  #belowLow = 0
  #belowMin = 0
  #wasBelowLow = false
  #wasBelowMin = false
  #firstLine: number | undefined

  constructor(zone: Zone) {
    this.#zone = zone
    this.#fewest = zone.freePages
  }

  look(line: number): void {
    const { freePages, watermarks } = this.#zone
    if (freePages < this.#fewest) this.#fewest = freePages
    const belowLow = freePages < watermarks.low
    const belowMin = freePages < watermarks.min
    if (belowLow && !this.#wasBelowLow) {
      this.#belowLow++
      this.#firstLine ??= line
    }
    if (belowMin && !this.#wasBelowMin) this.#belowMin++
    this.#wasBelowLow = belowLow
    this.#wasBelowMin = belowMin
  }

  result(): WatermarkCrossings {
    const { name, watermarks } = this.#zone
    return {
      zone: name,
      low: watermarks.low,
      min: watermarks.min,
      fewest: this.#fewest,
      belowLow: this.#belowLow,
      belowMin: this.#belowMin,
      firstLine: this.#firstLine,
    }
  }
}

/** No migratetype. */
const NO_TYPE = -1

/** Counts fallbacks by the migratetypes of both sides. */
class FallbackCounts {
  readonly #counts = new Map<string, FallbackCount>()

  add({ wanted, from, changed }: KernelFallback): void {
    const key = `${wanted} ${from}`
    const before = this.#counts.get(key)
    this.#counts.set(key, {
      wanted,
      from,
      count: (before?.count ?? 0) + 1,
      changed: (before?.changed ?? 0) + (changed ? 1 : 0),
    })
  }

  /** The most frequent first. */
  counts(): readonly FallbackCount[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count)
  }
}
