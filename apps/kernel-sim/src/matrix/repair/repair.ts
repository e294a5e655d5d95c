/**
 * Repair: the least that makes a scenario safe. All sets of interventions none of whose parts can be left out or made
 * weaker, each proved by an exhaustive search.
 *
 * They are found as the minimal sets that hit all counterexamples (Reiter 1987, "A theory of diagnosis from first principles").
 * A set that deadlocks has a schedule, and whatever repairs it has one of the parts that could have changed that schedule
 * (blame.ts): the set is tried with each of them. So every minimal set is come to by sets each of which is smaller, and nothing
 * else has to be tried. No monotonicity is assumed for that. Where it is proved (Memory.isMonotone), a schedule
 * found once also refutes other sets, and most need no search: docs/decisions/0009-repairs-are-minimal-sets.md has the proof.
 */

import type { Machine, Watch } from '@scopemask/checker/machine'
import {
  Search,
  type SearchOptions,
  type SearchResult,
  scheduleTo,
} from '@scopemask/checker/search'
import type { Intervention } from '../../kernel/intervention.js'
import type { Policy } from '../../kernel/policy.js'
import type { Scenario } from '../../kernel/scenario.js'
import { type BuiltSubject, subjectOf } from '../subject.js'
import { blame } from './blame.js'
import { type Cost, compareCosts, costOf } from './cost.js'
import { describePart, type PartText } from './describe.js'
import { isRestriction, type Part, PartSet } from './part.js'
import { placesOf } from './places.js'
import { requestsOf } from './requests.js'

/** A set that makes a scenario safe, and none of whose parts can be left out or made weaker. */
export interface Repair {
  readonly parts: readonly PartText[]
  /** The same as the kernel takes them. */
  readonly interventions: readonly Intervention[]
  readonly cost: Cost
  /** What the search that proves it visited. */
  readonly states: number
  readonly transitions: number
}

export interface Repairs {
  /** All that there are, cheapest first. */
  readonly repairs: readonly Repair[]
  /** How many sets were looked at: by a search, and by a schedule or a repair that was known already. */
  readonly searched: number
  readonly known: number
  /** How many sets a limit left undecided: with those there may be more repairs. */
  readonly undecided: number
}

/** How many sets are searched at most. */
const MAX_SEARCHES = 5_000

/** A set that is not safe: every repair that has it has one of these parts. */
interface Refuted {
  readonly set: PartSet
  readonly anyOf: readonly Part[]
  /** True if it is by a deadlock. */
  readonly isDeadlock: boolean
  /** True if a deadlock stays one when restrictions are taken away. */
  readonly isMonotone: boolean
}

/** A search for whether a set is a repair. */
interface Searched {
  readonly subject: BuiltSubject
  readonly search: Search
  readonly result: SearchResult
}

/** A set that is safe. */
interface Safe {
  readonly set: PartSet
  readonly machine: Machine
  readonly search: Search
  readonly states: number
  readonly transitions: number
}

/**
 * The repairs of a scenario under a policy; none where it is safe.
 * @param watch stops the scenario's code where it does not come to its next step. By default nothing does.
 * @throws Misuse when the scenario breaks a rule.
 */
export function repairsOf(
  scenario: Scenario,
  policy: Policy,
  limits: SearchOptions = {},
  watch: Watch | null = null,
): Repairs {
  return new RepairSearch(scenario, policy, limits, watch).run()
}

class RepairSearch {
  readonly #scenario: Scenario
  readonly #policy: Policy
  readonly #limits: SearchOptions
  readonly #watch: Watch | null
  readonly #refuted: Refuted[] = []
  readonly #safe: Safe[] = []
  #searched = 0
  #known = 0
  #undecided = 0

  constructor(scenario: Scenario, policy: Policy, limits: SearchOptions, watch: Watch | null) {
    this.#watch = watch
    this.#scenario = scenario
    this.#policy = policy
    this.#limits = limits
  }

  run(): Repairs {
    const levels: PartSet[][] = [[PartSet.EMPTY]]
    const seen = new Set<string>()
    for (let weight = 0; weight < levels.length; weight++) {
      for (const set of levels[weight] ?? []) {
        for (const part of this.#try(set)) {
          const next = set.with(part)
          if (seen.has(next.key)) continue
          seen.add(next.key)
          const level = (levels[next.weight] ??= [])
          level.push(next)
        }
      }
    }
    return this.#result()
  }

  /** Looks at a set. @returns the parts with each of which it is to be tried; none when it is a repair, or has one in it. */
  #try(set: PartSet): readonly Part[] {
    if (this.#safe.some((repair) => set.includes(repair.set))) {
      this.#known++
      return []
    }
    const known = this.#refuted.find((refuted) => this.#refutes(refuted, set))
    if (known !== undefined) {
      this.#known++
      return known.anyOf
    }
    if (this.#searched >= MAX_SEARCHES) {
      this.#undecided++
      return []
    }
    return this.#search(set)
  }

  #search(set: PartSet): readonly Part[] {
    this.#searched++
    const searched = (): Searched => {
      const subject = subjectOf(this.#scenario, this.#policy, set.interventions)
      subject.machine.watch = this.#watch
      const search = new Search(subject.machine, this.#limits)
      return { subject, search, result: search.run() }
    }
    const { subject, search, result } = this.#watch?.whole(searched) ?? searched()
    if (result.misuse) throw result.misuse.error
    if (result.verdict === 'safe') {
      const { states, transitions } = result
      this.#safe.push({ set, search, machine: subject.machine, states, transitions })
      return []
    }
    if (result.verdict === 'bounded') {
      this.#undecided++
      return []
    }
    const [deadlock] = result.deadlocks
    const { programs } = search.stepper
    const anyOf =
      deadlock === undefined
        ? placesOf(subject, programs).filter(
            ({ place, strength }) => set.strengthAt(place) < strength,
          )
        : blame(subject, programs, scheduleTo(search, deadlock), set)
    this.#refuted.push({
      set,
      anyOf,
      isDeadlock: deadlock !== undefined,
      // A policy that sorts items by what restricts them makes a scope decide more than what reclaim does.
      isMonotone: subject.situations.memory.isMonotone && !this.#policy.separateQueues,
    })
    return anyOf
  }

  /** Returns true if a set is not safe because another is not. */
  #refutes({ set: other, anyOf, isDeadlock, isMonotone }: Refuted, set: PartSet): boolean {
    if (anyOf.some(({ place, strength }) => set.strengthAt(place) >= strength)) return false
    if (set.includes(other)) return true
    // The schedule is one of both sets together; without the restrictions of the other one it stays a deadlock.
    const queues = other.parts.filter((part) => !isRestriction(part))
    return (
      isDeadlock &&
      isMonotone &&
      queues.every(({ place, strength }) => set.strengthAt(place) >= strength)
    )
  }

  #result(): Repairs {
    const base = new Search(subjectOf(this.#scenario, this.#policy).machine, {
      ...this.#limits,
      allDeadlocks: true,
      livelocks: false,
    })
    base.run()
    const before = requestsOf(base.stepper.programs)
    // All of them are minimal: smaller sets were tried first, and no set that has a safe one in it is searched.
    const repairs = this.#safe.map(({ set, search, states, transitions, machine }) => ({
      set,
      repair: {
        parts: set.parts.map((part) => describePart(machine, part)),
        interventions: set.interventions,
        cost: costOf(machine, set, before, requestsOf(search.stepper.programs)),
        states,
        transitions,
      },
    }))
    repairs.sort(
      (a, b) => compareCosts(a.repair.cost, b.repair.cost) || (a.set.key < b.set.key ? -1 : 1),
    )
    return {
      repairs: repairs.map(({ repair }) => repair),
      searched: this.#searched,
      known: this.#known,
      undecided: this.#undecided,
    }
  }
}
