/** Brute force: the minimal sets of interventions that make a scenario safe, by trying every set. */
import { Search } from '@scopemask/checker/search'
import type { Policy } from '../../src/kernel/policy.js'
import type { Scenario } from '../../src/kernel/scenario.js'
import { type Part, PartSet } from '../../src/matrix/repair/part.js'
import { placesOf } from '../../src/matrix/repair/places.js'
import { subjectOf } from '../../src/matrix/subject.js'

/** Every part that there is, the stronger ones included. */
export function everyPart(scenario: Scenario, policy: Policy): Part[] {
  const subject = subjectOf(scenario, policy)
  const search = new Search(subject.machine, { allDeadlocks: true, livelocks: false })
  search.run()
  return placesOf(subject, search.stepper.programs)
}

/** Every set of these parts that has at most so many of them. */
export function everySet(parts: readonly Part[], most: number): PartSet[] {
  let sets = [PartSet.EMPTY]
  for (const part of parts) {
    const more = sets.flatMap((set) =>
      set.strengthAt(part.place) === 0 && set.parts.length < most ? [set.with(part)] : [],
    )
    sets = [...sets, ...more]
  }
  return sets
}

/** Whether a scenario is safe with a set, without any reduction. */
export function isSafe(scenario: Scenario, policy: Policy, set: PartSet): boolean {
  const { machine } = subjectOf(scenario, policy, set.interventions)
  return new Search(machine, { partialOrder: false, symmetry: false }).run().verdict === 'safe'
}

/** The minimal safe sets among some, by their keys. */
export function minimalSafe(
  scenario: Scenario,
  policy: Policy,
  sets: readonly PartSet[],
): string[] {
  const safe = sets.filter((set) => isSafe(scenario, policy, set))
  const minimal = safe.filter((set) => !safe.some((other) => other !== set && set.includes(other)))
  return minimal.map(({ key }) => key).sort()
}
