/**
 * Replay memory: feeds the page events of a recording through the allocator, which decides itself where blocks are, and compares its
 * memory with the one that the recording implies.
 *
 * Both begin alike: what the recording allocates before it frees is free, all else is in use. So the difference between them is what the
 * kernel decided otherwise, and what it did meanwhile for others.
 */
import {
  type AllocatorRules,
  type FallbackEvent,
  gfpMigratetype,
  NO_PAGE,
  RULES_6_1,
  RULES_6_18,
  type Zone,
  type ZoneLabel,
} from '@scopemask/allocator'
import { type CompactionRow, CompactionsBeside } from './compactions-beside.js'
import { Footprint } from './footprint.js'
import type { KernelFallback } from './kernel-fallbacks.js'
import { Mixture } from './mixture.js'
import { ModelMemory, type OwnCompactions } from './model-memory.js'
import { ALLOC, MOVED, type PageLog, type Pressure, RETURNED } from './page-log.js'
import type { Deferrals } from './recorded-compactions.js'
import { RecordedMemory } from './recorded-memory.js'
import type { LimitedTask, ReclaimSum } from './recorded-reclaims.js'

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
  /** Pages in use that compaction has moved: the recording does not say where to, and they are free in `recorded`. */
  readonly moved: number
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

/** What the kernel's compaction did, and the model's. */
export interface CompactionsReport {
  /** By what they were asked for: both were asked the same at the same moment. */
  readonly rows: readonly CompactionRow[]
  /** How often the kernel put compaction of a zone off. */
  readonly deferrals: Deferrals
  /** What the model compacted beside that, for requests that it had no block for. */
  readonly own: OwnCompactions
}

/** Reclaim for the limits of memory cgroups. */
export interface MemcgReclaims {
  /** How often a task reclaimed because a cgroup was at its limit. */
  readonly count: number
  /** How often it might not enter the filesystem meanwhile: then reclaim is as weak as any such. */
  readonly withoutFs: number
  /** Pages that were freed. */
  readonly reclaimed: number
  /** How often nothing was. */
  readonly inVain: number
}

/** A task that is in a cgroup with a limit, and what is charged there of what it was seen to allocate. */
export interface ChargedTask extends LimitedTask {
  /** Pages in the end. */
  readonly charged: number
  /** The most pages at any time. */
  readonly most: number
  /** The fewest and the most pages whenever it found its cgroup at memory.max; null when it never did. */
  readonly whenFull: PageRange | null
}

/** The fewest and the most of some numbers of pages. */
export interface PageRange {
  readonly fewest: number
  readonly most: number
}

/** What is known of the memory cgroups that have limits. */
export interface CgroupsReport {
  /** Those that were seen to reclaim for a limit; the one with the most reclaims first. */
  readonly tasks: readonly ChargedTask[]
  /** Pages that are charged for all of them: in the end, and at most at any time. */
  readonly charged: number
  readonly most: number
  /** Events whose stacks show that they were recorded while a cgroup was reclaimed. */
  readonly insideReclaim: number
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
  /** Reclaim of the machine, and for memory cgroups, by cause. */
  readonly reclaims: readonly ReclaimSum[]
  readonly cgroups: CgroupsReport
  readonly samples: readonly MemorySample[]
  readonly fallbacks: readonly FallbackCount[]
  /** Null when the recording has none: then nobody recorded them, or there were none. */
  readonly kernelFallbacks: RecordedFallbacks | null
  /** Null when the recording has no events of compaction, and the model had no need of it. */
  readonly compaction: CompactionsReport | null
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
  /** Frees of what the recording does not see allocated, but for pages that compaction has moved. */
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
  readonly #memory: ModelMemory
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
  readonly #compactions = new CompactionsBeside()
  #compactionsDone = 0
  #marksDone = 0
  /** Tasks for whose request memory was compacted, and which have not got their block yet. */
  readonly #waiting = new Set<number>()
  /** By task: what was charged whenever it found its cgroup full. */
  readonly #whenFull = new Map<number, PageRange>()
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
    for (let page = 0; page < pages; page++) {
      if (footprint.initiallyFree[page] === 1) this.#recorded.give(page, 0)
    }
    const limited = log.reclaims.tasks.keys()
    this.#memory = new ModelMemory(
      footprint,
      { cpus: Math.min(cpus, MOST_CPUS), rules, limited },
      {
        moved: (holder, page) => this.#modelMoved(holder, page),
        fellBack: (event) => this.#fellBack(event),
      },
    )
    this.#crossings = this.#memory.zones.all.map((zone) => new Crossings(zone))
  }

  run(samples: number, otherRules: RulesOutcome): MemoryReplay {
    const log = this.#log
    const every = Math.max(1, Math.ceil(log.length / samples))
    for (let i = 0; i < log.length; i++) {
      this.#beside(i)
      const page = this.#footprint.page(log.pfn[i] as number)
      if (page >= 0) {
        if (log.kind[i] === ALLOC) this.#alloc(i, page)
        else this.#free(i, page)
        for (const crossings of this.#crossings) crossings.look(log.line[i] as number)
      }
      if (i === log.length - 1) this.#beside(log.length)
      if ((i + 1) % every === 0 || i === log.length - 1) this.#sample(i)
    }
    return {
      allocations: this.#allocations,
      frees: this.#frees,
      zones: this.#memory.zones.all.map(({ name, managed }) => ({ zone: name, pages: managed })),
      footprint: this.#footprint.initiallyFree.reduce((sum, free) => sum + free, 0),
      pressure: log.pressure,
      memcg: memcgReclaims(log.reclaims.sums),
      reclaims: log.reclaims.sums,
      cgroups: this.#cgroups(),
      samples: this.#samples,
      fallbacks: this.#fallbacks.counts(),
      kernelFallbacks: this.#kernelFallbacks(),
      compaction: this.#compaction(),
      otherRules,
      watermarks: this.#crossings.map((crossings) => crossings.result()),
      departures: {
        freePages: this.#samples.filter(({ recorded, moved, model }) => {
          return recorded.free - moved !== model.free + model.perCpu
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

  /** Does what the recording has between page events, up to that one. */
  #beside(place: number): void {
    const compactions = this.#log.compactions.all
    for (;;) {
      const next = compactions[this.#compactionsDone]
      if (next === undefined || next.place > place) break
      this.#compactionsDone++
      this.#compactions.add(next, this.#memory.compact(next, this.#cpuOf(next.cpu)))
      if (next.by === 'request') this.#waiting.add(next.pid)
    }
    const { marks } = this.#log.reclaims
    for (;;) {
      const next = marks[this.#marksDone]
      if (next === undefined || next.place > place) break
      this.#marksDone++
      this.#isFull(next.pid)
    }
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
    const pid = log.pid[i] as number
    const found = this.#memory.alloc(page, { gfp, order, cpu: this.#cpu(i), pid })
    if (this.#waiting.delete(pid) && found !== NO_PAGE) this.#memory.served(found, order)
    this.#compare(i)
    if (found === NO_PAGE) {
      if (this.#unservedCount++ < MOST_NAMED) {
        const free = this.#memory.zones.freePages()
        this.#unserved.push({ line: log.line[i] as number, order, free })
      }
    } else {
      if (this.#memory.zones.zoneOf(found) !== this.#memory.zones.zoneOf(page)) this.#otherZone++
      this.#modelMixture.count(found, 1 << order, migratetype)
    }
    this.#recordedMixture.count(page, 1 << order, migratetype)
    this.#model[page] = found
    this.#migratetype[page] = migratetype
    this.#inUse[page] = order + 1
    this.#pagesInUse += 1 << order
  }

  #free(i: number, page: number): void {
    const log = this.#log
    const order = log.order[i] as number
    const kind = log.kind[i] as number
    const cpu = this.#cpu(i)
    this.#frees++
    const known = this.#inUse[page] as number
    if (kind === MOVED && (known === 1 || this.#others[page] === 1)) {
      this.#lose(page)
      return
    }
    if (known !== 0) {
      if (known !== order + 1) this.#otherOrder++
      this.#release(page, cpu)
      return
    }
    let others = 0
    for (let each = page; each < page + (1 << order); each++) {
      if (this.#others[each] === 0) continue
      others++
      this.#others[each] = 0
      this.#recorded.give(each, 0)
      this.#memory.free(each, 0, cpu)
    }
    if (others > 0) this.#unseenAllocations++
    else if (this.#isInside(page)) this.#otherOrder++
    // What is free already has been given to somebody meanwhile; by compaction, as far as that has moved pages.
    else if (kind !== RETURNED && !this.#memory.freeStray(cpu)) this.#unseenAllocations++
  }

  /** A page lives on elsewhere. It is free here, and the model's page stays in use. */
  #lose(page: number): void {
    this.#recorded.give(page, 0)
    if (this.#others[page] === 1) {
      this.#others[page] = 0
      this.#memory.lose(page)
      return
    }
    const model = this.#model[page] as number
    const migratetype = this.#migratetype[page] as number
    this.#inUse[page] = 0
    this.#pagesInUse--
    this.#recordedMixture.count(page, -1, migratetype)
    if (model === NO_PAGE) return
    this.#modelMixture.count(model, -1, migratetype)
    this.#memory.lose(model)
  }

  /** The model's compaction has moved the page of a block that the recording has in use. */
  #modelMoved(holder: number, page: number): void {
    const migratetype = this.#migratetype[holder] as number
    this.#modelMixture.count(this.#model[holder] as number, -1, migratetype)
    this.#modelMixture.count(page, 1, migratetype)
    this.#model[holder] = page
  }

  /** Returns true if a page is part of a block that the recording has in use, and not its first. */
  #isInside(page: number): boolean {
    for (let size = 1; size < ORDERS; size++) {
      if ((this.#inUse[page & -(1 << size)] as number) > size) return true
    }
    return false
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
    this.#memory.free(model, order, cpu)
    this.#modelMixture.count(model, -(1 << order), migratetype)
  }

  #cpu(i: number): number {
    return this.#cpuOf(this.#log.cpu[i] as number)
  }

  #cpuOf(recorded: number): number {
    return Math.min(recorded, this.#memory.zones.cpus - 1)
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

  #compaction(): CompactionsReport | null {
    const { own } = this.#memory
    const { all, deferrals } = this.#log.compactions
    if (all.length === 0 && own.asked === 0) return null
    return { rows: this.#compactions.rows(), deferrals, own }
  }

  #isFull(pid: number): void {
    const { now } = this.#memory.charged(pid)
    const { fewest, most } = this.#whenFull.get(pid) ?? { fewest: now, most: now }
    this.#whenFull.set(pid, { fewest: Math.min(fewest, now), most: Math.max(most, now) })
  }

  #cgroups(): CgroupsReport {
    const { tasks, insideCgroups } = this.#log.reclaims
    const { now, most } = this.#memory.charged()
    return {
      tasks: [...tasks.values()]
        .map((task) => {
          const charged = this.#memory.charged(task.pid)
          const whenFull = this.#whenFull.get(task.pid) ?? null
          return { ...task, charged: charged.now, most: charged.most, whenFull }
        })
        .sort((a, b) => b.reclaims - a.reclaims),
      charged: now,
      most,
      insideReclaim: insideCgroups,
    }
  }

  #sample(i: number): void {
    const log = this.#log
    const zones = this.#memory.zones.all
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
      moved: this.#memory.strays,
      recorded: {
        free: this.#recorded.free,
        perCpu: 0,
        blocks: [...this.#recorded.blocks],
        pageblocks: this.#recordedMixture.blocks(),
      },
      model: {
        free: this.#memory.zones.freePages(),
        perCpu,
        blocks,
        pageblocks: this.#modelMixture.blocks(),
      },
    })
  }
}

/** Adds up reclaim for cgroups, whatever the cause. */
function memcgReclaims(sums: readonly ReclaimSum[]): MemcgReclaims {
  const total = { count: 0, withoutFs: 0, reclaimed: 0, inVain: 0 }
  for (const { cause, count, withoutFs, reclaimed, inVain } of sums) {
    if (cause === 'machine') continue
    total.count += count
    total.withoutFs += withoutFs
    total.reclaimed += reclaimed
    total.inVain += inVain
  }
  return total
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
