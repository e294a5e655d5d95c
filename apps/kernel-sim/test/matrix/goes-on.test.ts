/**
 * Whatever a machine of the kernel numbers as it comes up (positions, flags, requests) has to have the same numbers in every process that
 * goes on with a search, and in every thread that helps. A case of which something is left out comes to other states, or to none.
 */
import { Search, type SearchResult } from '@scopemask/checker/search'
import { describe, expect, it } from 'vitest'
import { POLICIES } from '../../src/kernel/policy.js'
import { subjectOf } from '../../src/matrix/subject.js'
import { CASES } from '../../src/scenarios/catalogue.js'

const LIMITS = { maxStates: 400 }

/** What two searches that are the same have in common. */
function found(search: Search): Partial<SearchResult> {
  const { seconds: _, bytes: __, ...result } = search.run()
  return result
}

describe.each(CASES.map(({ scenario }) => scenario))('$name', (scenario) => {
  it('comes to the same in a process that has to learn what another one knows', () => {
    for (const policy of POLICIES) {
      const machine = () => subjectOf(scenario, policy).machine
      const stopped = new Search(machine(), { maxStates: 60 })
      if (stopped.run().bound === null) continue
      const search = new Search(machine(), LIMITS)
      search.resume(structuredClone(stopped.snapshot()))
      expect(found(search), policy.name).toEqual(found(new Search(machine(), LIMITS)))
    }
  })
})
