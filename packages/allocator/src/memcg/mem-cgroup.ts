/** Memory cgroup: tasks whose memory is counted together, and limited (mm/memcontrol.c, struct mem_cgroup, 6.1.192; the files of cgroup v2). */
import { ObjectCharge } from './object-charge.js'
import { NO_LIMIT, PageCounter } from './page-counter.js'

/** How often what happened to a group: memory.events. */
export interface MemcgEvents {
  /** It was reclaimed although it was below `low`. */
  low: number
  /** Its tasks reclaimed because it was above `high`. */
  high: number
  /** It was about to go above `max`. */
  max: number
  /** It was above `max`, and reclaim had found nothing. */
  oom: number
  /** A task of it was killed by an OOM killer. */
  oom_kill: number
  /** All of its tasks were killed together: see {@link MemCgroup.oomGroup}. */
  oom_group_kill: number
}

/** Nothing has happened yet. */
export function noEvents(): MemcgEvents {
  return { low: 0, high: 0, max: 0, oom: 0, oom_kill: 0, oom_group_kill: 0 }
}

/** How often what happened to a group's swap: memory.swap.events. */
export interface MemcgSwapEvents {
  /** It was at memory.swap.max when a page wanted a slot. */
  max: number
  /** A page got no slot, for that or since there was none. */
  fail: number
}

/** The limits of a group, pages. What is left out limits, and protects, nothing. */
export interface MemcgLimits {
  /** memory.max: no more than that is charged, but for requests that must not fail. */
  readonly max?: number
  /** memory.high: above it the tasks of the group reclaim, and are slowed down. */
  readonly high?: number
  /** memory.low: below it the group is reclaimed only when there is nothing else. */
  readonly low?: number
  /** memory.min: below it the group is not reclaimed. */
  readonly min?: number
  /** memory.swap.max: no more than that of it is in swap space. */
  readonly swapMax?: number
}

/** A group. The root has no limits, and all other groups below it. */
export class MemCgroup {
  /** Its path, `/` for the root. */
  readonly path: string
  /** Its number: pages carry it. 0 is the root. */
  readonly number: number
  /** The group above it; null for the root. */
  readonly parent: MemCgroup | null
  /** The groups right below it. */
  readonly children: MemCgroup[] = []
  /** How often what happened to it or below it (memory.events), and to it alone (memory.events.local). */
  readonly events: MemcgEvents = noEvents()
  /** See {@link MemCgroup.events}. */
  readonly eventsLocal: MemcgEvents = noEvents()
  /** memory.oom.group: the OOM killer kills all of its tasks, or none. */
  oomGroup = false
  /** How much reclaim prefers memory of programs to page cache, 0 to 200: see `swappiness` of the memory. */
  swappiness: number
  /** It has been removed; it stays until its last page is uncharged. */
  isOffline = false
  /** See {@link MemcgLimits.high}. */
  high = NO_LIMIT
  /** What the groups above afford it of memory.min, pages: see protection.ts. */
  effectiveMin = 0
  /** The same of memory.low. */
  effectiveLow = 0
  /** What is charged to it and below it. */
  readonly memory: PageCounter
  /** Slots of swap space that its pages, and those of groups below it, are in. */
  readonly swap: PageCounter
  /** The objects of slabs that are charged to it alone. */
  readonly objects: ObjectCharge = new ObjectCharge()
  /** How often what happened to its swap, or below it. */
  readonly swapEvents: MemcgSwapEvents = { max: 0, fail: 0 }

  /** @internal */
  constructor(options: {
    readonly path: string
    readonly number: number
    readonly parent: MemCgroup | null
    readonly swappiness: number
  }) {
    const { path, number, parent, swappiness } = options
    this.path = path
    this.number = number
    this.parent = parent
    this.swappiness = swappiness
    this.memory = new PageCounter(parent?.memory ?? null)
    this.swap = new PageCounter(parent?.swap ?? null)
  }

  /** Pages of it that are in swap space: memory.swap.current. */
  get swapUsage(): number {
    return this.swap.usage
  }

  /**
   * Pages of it that can still go to swap space: as far as its limit, and those above it, let them (mem_cgroup_get_nr_swap_pages).
   * @param free slots of swap space that are free
   */
  swapRoom(free: number): number {
    let room = free
    for (let group: MemCgroup = this; group.parent !== null; group = group.parent) {
      room = Math.min(room, group.swap.max - group.swap.usage)
    }
    return room
  }

  /** Pages that are charged: memory.current. CPUs keep some of them at hand, as the kernel's do. */
  get usage(): number {
    return this.memory.usage
  }

  /** Sets limits (memory.max and its like). Limits that are left out stay. Whoever lowers one reclaims what is above it. */
  setLimits({ max, high, low, min, swapMax }: MemcgLimits): void {
    for (const [name, pages] of Object.entries({ max, high, low, min, 'swap.max': swapMax })) {
      if (pages !== undefined && !(pages >= 0)) {
        throw new RangeError(`memory.${name} of ${this.path} is 0 pages or more, not ${pages}`)
      }
    }
    if (max !== undefined) this.memory.max = max
    if (high !== undefined) this.high = high
    if (low !== undefined) this.memory.low = low
    if (min !== undefined) this.memory.min = min
    if (swapMax !== undefined) this.swap.max = swapMax
  }

  /** Something has happened to it: the groups above it are told too (memcg_memory_event). */
  raise(event: keyof MemcgEvents): void {
    this.eventsLocal[event]++
    for (let group: MemCgroup = this; ; group = group.parent) {
      group.events[event]++
      if (group.parent === null || group.parent.parent === null) return
    }
  }

  /** Something has happened to its swap: the groups above it are told too. */
  raiseSwap(event: keyof MemcgSwapEvents): void {
    for (let group: MemCgroup = this; ; group = group.parent) {
      group.swapEvents[event]++
      if (group.parent === null || group.parent.parent === null) return
    }
  }

  /** Returns true if this is the other group, or below it. */
  isBelow(other: MemCgroup): boolean {
    for (let group: MemCgroup | null = this; group !== null; group = group.parent) {
      if (group === other) return true
    }
    return false
  }

  /** This group and all below it, each before those below it (mem_cgroup_iter). */
  *subtree(): Generator<MemCgroup, void, void> {
    yield this
    for (const child of this.children) yield* child.subtree()
  }
}
