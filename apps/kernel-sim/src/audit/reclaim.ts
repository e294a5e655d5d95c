/** Reclaim: which tasks entered it, allowed to do what, for how long, and which shrinkers ran. */
import { type GfpClass, gfpClass } from '@scopemask/allocator'
import { reclaimSiteOn } from '../trace/attribute/reclaim-functions.js'
import type { ReclaimBeginEvent, ReclaimEndEvent, ShrinkEvent } from '../trace/event.js'
import { Recent } from './recent.js'
import { Rows } from './rows.js'
import { type SampleBudget, Samples, type StackSample } from './samples.js'
import { isRestricted, scopeName } from './scope-name.js'

/** The entries into reclaim of one kind, from one place. */
export interface ReclaimFact {
  /** `direct`: the machine is short of memory. `memcg`: a memory cgroup is. */
  readonly kind: 'direct' | 'memcg'
  readonly scope: string
  /** What the flags in effect allow reclaim to do. */
  readonly class: GfpClass
  /** On whose behalf. */
  readonly site: string
  readonly caller: string
  readonly entries: number
  /** Pages reclaimed. */
  readonly reclaimed: number
  /** How long the tasks were in it, together and at most, in microseconds. */
  readonly totalUs: number
  readonly maxUs: number
  /** The flags in effect and how often each was met, most frequent first. */
  readonly gfp: readonly { readonly gfp: number; readonly entries: number }[]
  readonly samples: readonly StackSample[]
}

/** The entries into reclaim of the tasks of one name, allowed to do the same. */
export interface ReclaimTaskFact {
  readonly comm: string
  readonly kind: 'direct' | 'memcg'
  readonly scope: string
  readonly class: GfpClass
  readonly entries: number
  readonly reclaimed: number
  readonly totalUs: number
  readonly maxUs: number
}

/** The runs of one shrinker. */
export interface ShrinkerFact {
  readonly shrinker: string
  readonly scope: string
  readonly class: GfpClass
  readonly runs: number
}

export interface ReclaimFacts {
  readonly entries: readonly ReclaimFact[]
  readonly tasks: readonly ReclaimTaskFact[]
  readonly shrinkers: readonly ShrinkerFact[]
  /**
   * Entries in which reclaim may not enter the filesystem: because of the scope that the task was in, or because
   * the caller asked for it outside of any scope.
   */
  readonly restricted: { readonly byScope: number; readonly byCaller: number }
}

/** What is summed up over entries. */
interface Sums {
  entries: number
  reclaimed: number
  totalUs: number
  maxUs: number
}

interface Row extends Sums {
  readonly kind: 'direct' | 'memcg'
  readonly scope: string
  readonly class: GfpClass
  readonly site: string
  readonly caller: string
  readonly gfp: Map<number, number>
  readonly samples: Samples
}

interface TaskRow extends Sums, Omit<ReclaimTaskFact, keyof Sums> {}

/** A task that is in reclaim. */
interface Entered {
  readonly sums: readonly Sums[]
  readonly time: number
}

const TASKS = 1 << 14

/** Flags in effect seldom have more variants at one place; entries with further ones only count in sum. */
const VARIANTS = 16

export class ReclaimAudit {
  readonly #entered = new Recent<number, Entered>(TASKS)
  readonly #budget: SampleBudget
  readonly #rows = new Rows(
    2,
    (site: string, caller: string, kind: ReclaimFact['kind'], scope: string, name: GfpClass) =>
      reclaimRow(site, caller, kind, scope, name, new Samples(this.#budget)),
  )
  readonly #tasks = new Rows(1, taskRow)
  readonly #shrinkers = new Rows(1, (shrinker: string, scope: string, name: GfpClass) => ({
    shrinker,
    scope,
    class: name,
    runs: 0,
  }))
  #byScope = 0
  #byCaller = 0

  constructor(budget: SampleBudget) {
    this.#budget = budget
  }

  begin({ event, pid, comm, time, gfp, taskFlags, stack, line }: ReclaimBeginEvent): void {
    const { site, caller } = reclaimSiteOn(stack?.functions ?? [])
    const kind = event === 'mm_vmscan_direct_reclaim_begin' ? 'direct' : 'memcg'
    const name = gfpClass(gfp)
    const scope = scopeName(taskFlags)
    const row = this.#rows.of(site, caller, kind, scope, name)
    row.samples.add(stack, line)
    const variants = row.gfp.get(gfp)
    if (variants !== undefined || row.gfp.size < VARIANTS) row.gfp.set(gfp, (variants ?? 0) + 1)
    const sums = [row, this.#tasks.of(comm, kind, scope, name)]
    for (const each of sums) each.entries++
    if (name === 'NOFS' || name === 'NOIO') {
      if (isRestricted(taskFlags)) this.#byScope++
      else this.#byCaller++
    }
    this.#entered.set(pid, { sums, time })
  }

  end({ pid, time, reclaimed }: ReclaimEndEvent): void {
    const entered = this.#entered.take(pid)
    if (entered === undefined) return
    const us = (time - entered.time) / 1000
    for (const each of entered.sums) {
      each.reclaimed += reclaimed
      each.totalUs += us
      each.maxUs = Math.max(each.maxUs, us)
    }
  }

  shrink({ shrinker, taskFlags, gfp }: ShrinkEvent): void {
    this.#shrinkers.of(shrinker, scopeName(taskFlags), gfpClass(gfp)).runs++
  }

  /** A new recording begins: nobody is in reclaim. */
  restart(): void {
    this.#entered.clear()
  }

  facts(): ReclaimFacts {
    return {
      entries: this.#rows
        .values()
        .map(({ samples, gfp, ...row }) => ({
          ...row,
          gfp: [...gfp]
            .map(([gfp, entries]) => ({ gfp, entries }))
            .sort((a, b) => b.entries - a.entries),
          samples: samples.top(),
        }))
        .sort((a, b) => b.entries - a.entries),
      tasks: this.#tasks.values().sort((a, b) => b.entries - a.entries),
      shrinkers: this.#shrinkers.values().sort((a, b) => b.runs - a.runs),
      restricted: { byScope: this.#byScope, byCaller: this.#byCaller },
    }
  }
}

function reclaimRow(
  site: string,
  caller: string,
  kind: 'direct' | 'memcg',
  scope: string,
  name: GfpClass,
  samples: Samples,
): Row {
  return {
    kind,
    scope,
    class: name,
    site,
    caller,
    entries: 0,
    reclaimed: 0,
    totalUs: 0,
    maxUs: 0,
    gfp: new Map(),
    samples,
  }
}

function taskRow(comm: string, kind: 'direct' | 'memcg', scope: string, name: GfpClass): TaskRow {
  return { comm, kind, scope, class: name, entries: 0, reclaimed: 0, totalUs: 0, maxUs: 0 }
}
