/** Reclaim: which tasks entered it, allowed to do what, for how long, and which shrinkers ran. */
import { type GfpClass, gfpClass } from '@scopemask/allocator/gfp'
import { reclaimSiteOn } from '../trace/attribute/reclaim-functions.js'
import type {
  ReclaimBeginEvent,
  ReclaimEndEvent,
  ShrinkEndEvent,
  ShrinkEvent,
} from '../trace/event.js'
import { countDuration, type Histogram, newHistogram } from './histogram.js'
import { Recent } from './recent.js'
import { KeyedRows, Rows } from './rows.js'
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
  /** Entries whose end was seen: only what they reclaimed and their time are known. */
  readonly ended: number
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
  readonly ended: number
  readonly reclaimed: number
  readonly totalUs: number
  readonly maxUs: number
  /** Of the entries whose end was seen. */
  readonly histogram: Histogram
}

/** The runs of one shrinker, for the tasks of one name. */
export interface ShrinkerFact {
  readonly shrinker: string
  readonly comm: string
  readonly scope: string
  readonly class: GfpClass
  readonly runs: number
  /** Runs whose end was seen: only their time is known. */
  readonly ended: number
  readonly totalUs: number
  readonly maxUs: number
  readonly histogram: Histogram
}

export interface ReclaimFacts {
  readonly entries: readonly ReclaimFact[]
  readonly tasks: readonly ReclaimTaskFact[]
  readonly shrinkers: readonly ShrinkerFact[]
  /**
   * Entries in which reclaim may not enter the filesystem: because of the scope that the task was in, because the caller asked
   * for it outside of any scope, or nobody knows, since the recording does not tell the scope of the task.
   */
  readonly restricted: {
    readonly byScope: number
    readonly byCaller: number
    readonly unknown: number
  }
}

/** What is summed up over entries. */
interface Sums {
  entries: number
  ended: number
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

interface TaskRow extends Sums, Omit<ReclaimTaskFact, keyof Sums | 'histogram'> {
  readonly histogram: number[]
}

interface ShrinkerRow extends ShrinkerKey {
  runs: number
  ended: number
  totalUs: number
  maxUs: number
  readonly histogram: number[]
}

interface ReclaimKey {
  readonly site: string
  readonly caller: string
  readonly kind: ReclaimFact['kind']
  readonly scope: string
  readonly class: GfpClass
}

interface ShrinkerKey {
  readonly shrinker: string
  readonly comm: string
  readonly scope: string
  readonly class: GfpClass
}

/** A task that is in reclaim. */
interface Entered {
  readonly row: Row
  readonly task: TaskRow
  readonly time: number
}

/** A task that runs a shrinker. */
interface Shrinking {
  readonly row: ShrinkerRow
  readonly time: number
}

const TASKS = 1 << 14

/** Flags in effect seldom have more variants at one place; entries with further ones only count in sum. */
const VARIANTS = 16

export class ReclaimAudit {
  readonly #entered = new Recent<number, Entered>(TASKS)
  readonly #budget: SampleBudget
  readonly #shrinking = new Recent<number, Shrinking>(TASKS)
  readonly #rows = new KeyedRows<ReclaimKey, Row>(
    ['site', 'caller'],
    ['kind', 'scope', 'class'],
    (key) => ({ ...key, ...noSums(), gfp: new Map(), samples: new Samples(this.#budget) }),
  )
  readonly #tasks = new Rows(1, taskRow)
  readonly #shrinkers = new KeyedRows<ShrinkerKey, ShrinkerRow>(
    ['shrinker', 'comm'],
    ['scope', 'class'],
    (key) => ({ ...key, runs: 0, ended: 0, totalUs: 0, maxUs: 0, histogram: newHistogram() }),
  )
  #byScope = 0
  #byCaller = 0
  #unknown = 0

  constructor(budget: SampleBudget) {
    this.#budget = budget
  }

  begin({
    event,
    pid,
    comm,
    time,
    gfp,
    taskFlags,
    flagsFrom,
    stack,
    line,
  }: ReclaimBeginEvent): void {
    const { site, caller } = reclaimSiteOn(stack?.functions ?? [])
    const kind = event === 'mm_vmscan_direct_reclaim_begin' ? 'direct' : 'memcg'
    const name = gfpClass(gfp)
    const scope = scopeName(taskFlags)
    const row = this.#rows.of({ site, caller, kind, scope, class: name })
    row.samples.add(stack, line)
    const variants = row.gfp.get(gfp)
    if (variants !== undefined || row.gfp.size < VARIANTS) row.gfp.set(gfp, (variants ?? 0) + 1)
    const task = this.#tasks.of(comm, kind, scope, name)
    row.entries++
    task.entries++
    if (name === 'NOFS' || name === 'NOIO') {
      if (isRestricted(taskFlags)) this.#byScope++
      else if (flagsFrom === undefined || flagsFrom === 'stack') this.#unknown++
      else this.#byCaller++
    }
    this.#entered.set(pid, { row, task, time })
  }

  end({ pid, time, reclaimed }: ReclaimEndEvent): void {
    const entered = this.#entered.take(pid)
    if (entered === undefined) return
    const us = (time - entered.time) / 1000
    for (const sums of [entered.row, entered.task]) {
      sums.ended++
      sums.reclaimed += reclaimed
      sums.totalUs += us
      sums.maxUs = Math.max(sums.maxUs, us)
    }
    countDuration(entered.task.histogram, us)
  }

  shrink({ shrinker, comm, pid, time, taskFlags, gfp }: ShrinkEvent): void {
    const scope = scopeName(taskFlags)
    const row = this.#shrinkers.of({ shrinker, comm, scope, class: gfpClass(gfp) })
    row.runs++
    this.#shrinking.set(pid, { row, time })
  }

  /** A task runs one shrinker after another: the one that ends is the one that it started last. */
  shrinkEnd({ shrinker, pid, time }: ShrinkEndEvent): void {
    const shrinking = this.#shrinking.take(pid)
    if (shrinking === undefined || shrinking.row.shrinker !== shrinker) return
    const us = (time - shrinking.time) / 1000
    const { row } = shrinking
    row.ended++
    row.totalUs += us
    row.maxUs = Math.max(row.maxUs, us)
    countDuration(row.histogram, us)
  }

  /** A new recording begins: nobody is in reclaim. */
  restart(): void {
    this.#entered.clear()
    this.#shrinking.clear()
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
      restricted: { byScope: this.#byScope, byCaller: this.#byCaller, unknown: this.#unknown },
    }
  }
}

function noSums(): Sums {
  return { entries: 0, ended: 0, reclaimed: 0, totalUs: 0, maxUs: 0 }
}

function taskRow(comm: string, kind: 'direct' | 'memcg', scope: string, name: GfpClass): TaskRow {
  return { comm, kind, scope, class: name, ...noSums(), histogram: newHistogram() }
}
