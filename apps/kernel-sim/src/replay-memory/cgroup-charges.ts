/** Cgroup charges: what is charged for tasks that are in a memory cgroup with a limit, in the end and whenever they found it full. */
import type { ModelMemory } from './model-memory.js'
import type { LimitedTask, ReclaimSum, RecordedReclaims } from './recorded-reclaims.js'

/** Reclaim for the limits of memory cgroups. */
export interface MemcgReclaims {
  /** How often a task reclaimed because a cgroup was at its limit. */
  readonly count: number
  /** How often it might not enter the filesystem: then only clean pages without buffers can be freed. */
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

export class CgroupCharges {
  readonly #recorded: RecordedReclaims
  readonly #memory: ModelMemory
  /** By task: what was charged whenever it found its cgroup full. */
  readonly #whenFull = new Map<number, PageRange>()
  #marksDone = 0

  constructor(recorded: RecordedReclaims, memory: ModelMemory) {
    this.#recorded = recorded
    this.#memory = memory
  }

  /** Notes what is charged for the tasks that found their cgroups full up to a page event, which is given by its place. */
  upTo(place: number): void {
    const { marks } = this.#recorded
    for (;;) {
      const next = marks[this.#marksDone]
      if (next === undefined || next.place > place) return
      this.#marksDone++
      this.#isFull(next.pid)
    }
  }

  report(): CgroupsReport {
    const { tasks, insideCgroups } = this.#recorded
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

  #isFull(pid: number): void {
    const { now } = this.#memory.charged(pid)
    const { fewest, most } = this.#whenFull.get(pid) ?? { fewest: now, most: now }
    this.#whenFull.set(pid, { fewest: Math.min(fewest, now), most: Math.max(most, now) })
  }
}

/** Adds up reclaim for cgroups, whatever the cause. */
export function memcgReclaims(sums: readonly ReclaimSum[]): MemcgReclaims {
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
