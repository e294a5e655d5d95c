/** Reclaim: which tasks entered it, allowed to do what, for how long, and which shrinkers ran. */
import { type GfpClass, gfpClass } from '@scopemask/allocator'
import { reclaimSiteOn } from './attribute/reclaim-functions.js'
import { Recent } from './recent.js'
import { Rows } from './rows.js'
import { Samples, type StackSample } from './samples.js'
import { isRestricted, scopeName } from './scope-name.js'
import type { ReclaimBeginEvent, ReclaimEndEvent, ShrinkEvent } from './trace-event.js'

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
  readonly samples: readonly StackSample[]
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
  readonly shrinkers: readonly ShrinkerFact[]
  /**
   * Entries in which reclaim may not enter the filesystem: because of the scope that the task was in, or because
   * the caller asked for it outside of any scope.
   */
  readonly restricted: { readonly byScope: number; readonly byCaller: number }
}

interface Row {
  readonly fact: { -readonly [key in keyof Omit<ReclaimFact, 'samples'>]: ReclaimFact[key] }
  readonly samples: Samples
}

/** A task that is in reclaim. */
interface Entered {
  readonly row: Row
  readonly time: number
}

const TASKS = 1 << 14

export class ReclaimAudit {
  readonly #entered = new Recent<number, Entered>(TASKS)
  readonly #rows = new Rows(2, reclaimRow)
  readonly #shrinkers = new Rows(1, (shrinker: string, scope: string, name: GfpClass) => ({
    shrinker,
    scope,
    class: name,
    runs: 0,
  }))
  #byScope = 0
  #byCaller = 0

  begin({ event, pid, time, gfp, taskFlags, stack, line }: ReclaimBeginEvent): void {
    const { site, caller } = reclaimSiteOn(stack?.functions ?? [])
    const kind = event === 'mm_vmscan_direct_reclaim_begin' ? 'direct' : 'memcg'
    const name = gfpClass(gfp)
    const row = this.#rows.of(site, caller, kind, scopeName(taskFlags), name)
    row.fact.entries++
    row.samples.add(stack, line)
    if (name === 'NOFS' || name === 'NOIO') {
      if (isRestricted(taskFlags)) this.#byScope++
      else this.#byCaller++
    }
    this.#entered.set(pid, { row, time })
  }

  end({ pid, time, reclaimed }: ReclaimEndEvent): void {
    const entered = this.#entered.take(pid)
    if (entered === undefined) return
    const { fact } = entered.row
    const us = (time - entered.time) / 1000
    fact.reclaimed += reclaimed
    fact.totalUs += us
    fact.maxUs = Math.max(fact.maxUs, us)
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
        .map(({ fact, samples }) => ({ ...fact, samples: samples.top() }))
        .sort((a, b) => b.entries - a.entries),
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
): Row {
  const fact = {
    kind,
    scope,
    class: name,
    site,
    caller,
    entries: 0,
    reclaimed: 0,
    totalUs: 0,
    maxUs: 0,
  }
  return { fact, samples: new Samples() }
}
