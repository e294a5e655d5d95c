/**
 * Replay memory: feeds the page events of a recording through the allocator, which decides itself where blocks are, and compares its
 * memory with the one that the recording implies.
 *
 * Both begin alike: what the recording allocates before it frees is free, all else is in use. So the difference between them is what the
 * kernel decided otherwise, and what it did meanwhile for others.
 */
import {
  type AllocatorRules,
  gfpMigratetype,
  NO_PAGE,
  RULES_6_1,
  RULES_6_18,
} from '@scopemask/allocator'
import { CgroupCharges, memcgReclaims } from './cgroup-charges.js'
import { CompactionsBeside } from './compactions-beside.js'
import { FallbackComparison } from './fallback-comparison.js'
import { Footprint } from './footprint.js'
import type {
  CompactionsReport,
  MemoryReplay,
  MemorySample,
  RulesOutcome,
  Unserved,
} from './memory-replay.js'
import { Mixture } from './mixture.js'
import { ModelMemory } from './model-memory.js'
import { ALLOC, MOVED, type PageLog, RETURNED } from './page-log.js'
import { RecordedMemory } from './recorded-memory.js'
import { ZoneWatch } from './watermark-crossings.js'

const ORDERS = 11
/** CPUs that have lists of their own; events of others are those of the last. */
const MOST_CPUS = 64

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
  readonly #fallbacks: FallbackComparison
  readonly #compactions = new CompactionsBeside()
  #compactionsDone = 0
  /** Tasks for whose request memory was compacted, and which have not got their block yet. */
  readonly #waiting = new Set<number>()
  readonly #charges: CgroupCharges
  readonly #watches: readonly ZoneWatch[]
  readonly #samples: MemorySample[] = []
  readonly #unserved: Unserved[] = []
  #pagesInUse = 0
  #allocations = 0
  #frees = 0
  /** What {@link MemoryReplay.departures} has of it in the end. */
  readonly #departures = {
    unservedCount: 0,
    otherZone: 0,
    otherMigratetype: 0,
    unseenFrees: 0,
    unseenAllocations: 0,
    otherOrder: 0,
  }

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
    this.#fallbacks = new FallbackComparison(log.fallbacks)
    const limited = log.reclaims.tasks.keys()
    this.#memory = new ModelMemory(
      footprint,
      { cpus: Math.min(cpus, MOST_CPUS), rules, limited },
      {
        moved: (holder, page) => this.#modelMoved(holder, page),
        fellBack: (event) => this.#fallbacks.fellBack(event),
      },
    )
    this.#charges = new CgroupCharges(log.reclaims, this.#memory)
    this.#watches = this.#memory.zones.all.map((zone) => new ZoneWatch(zone))
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
        for (const watch of this.#watches) watch.look(log.line[i] as number)
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
      cgroups: this.#charges.report(),
      samples: this.#samples,
      fallbacks: this.#fallbacks.model(),
      kernelFallbacks: this.#fallbacks.kernel(),
      compaction: this.#compaction(),
      otherRules,
      watermarks: this.#watches.map((watch) => watch.result()),
      departures: {
        freePages: this.#samples.filter(({ recorded, moved, model }) => {
          return recorded.free - moved !== model.free + model.perCpu
        }).length,
        unserved: this.#unserved,
        ...this.#departures,
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
    this.#charges.upTo(place)
  }

  #alloc(i: number, page: number): void {
    const log = this.#log
    const order = log.order[i] as number
    const gfp = log.gfp[i] as number
    const migratetype = log.migratetype[i] as number
    this.#allocations++
    this.#clear(page, order, i)
    this.#recorded.take(page, order)
    if (gfpMigratetype(gfp) !== migratetype) this.#departures.otherMigratetype++
    this.#fallbacks.begin()
    const pid = log.pid[i] as number
    const found = this.#memory.alloc(page, { gfp, order, cpu: this.#cpu(i), pid })
    if (this.#waiting.delete(pid) && found !== NO_PAGE) this.#memory.served(found, order)
    this.#fallbacks.end(i)
    if (found === NO_PAGE) {
      if (this.#departures.unservedCount++ < MOST_NAMED) {
        const free = this.#memory.zones.freePages()
        this.#unserved.push({ line: log.line[i] as number, order, free })
      }
    } else {
      if (this.#memory.zones.zoneOf(found) !== this.#memory.zones.zoneOf(page))
        this.#departures.otherZone++
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
      if (known !== order + 1) this.#departures.otherOrder++
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
    if (others > 0) this.#departures.unseenAllocations++
    else if (this.#isInside(page)) this.#departures.otherOrder++
    // What is free already has been given to somebody meanwhile; by compaction, as far as that has moved pages.
    else if (kind !== RETURNED && !this.#memory.freeStray(cpu)) this.#departures.unseenAllocations++
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
      this.#departures.unseenFrees++
      this.#release(each, this.#cpu(i))
    }
    for (let size = order + 1; size < ORDERS; size++) {
      const head = page & -(1 << size)
      if ((this.#inUse[head] as number) <= size) continue
      this.#departures.unseenFrees++
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

  #compaction(): CompactionsReport | null {
    const { own } = this.#memory
    const { all, deferrals } = this.#log.compactions
    if (all.length === 0 && own.asked === 0) return null
    return { rows: this.#compactions.rows(), deferrals, own }
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
