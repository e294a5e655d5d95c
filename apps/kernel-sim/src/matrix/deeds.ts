/**
 * Deeds: what the tasks of a scenario do anywhere, as facts: for each operation that a task comes to, the procedures that it is in then
 * and the locks that it holds. They tell what a change to a scenario has taken away.
 */
import { lookAround } from '@scopemask/checker'
import { Execution } from '@scopemask/checker/search'
import type { Policy } from '../kernel/policy.js'
import type { Scenario } from '../kernel/scenario.js'
import { visitStates } from './reachable.js'
import { subjectOf } from './subject.js'

export interface Deed {
  /** The procedures that the task is in, innermost first: the last is its own. */
  readonly stack: readonly string[]
  /** The kernel's name of what it does, such as `mutex_lock`. */
  readonly does: string
  /** The object that it does it to; empty for none. */
  readonly on: string
  /** The locks that it holds then. */
  readonly holding: readonly string[]
}

/**
 * All that is done under a policy, each once. Of a scenario with very many states it is what a part of them shows.
 * @throws Misuse when the scenario cannot be built or breaks a rule.
 */
export function deedsOf(scenario: Scenario, policy: Policy): Deed[] {
  const { machine, situations } = subjectOf(scenario, policy)
  const names = new Map(situations.locks.map((lock) => [lock.kin, lock.name]))
  const deeds = new Map<string, Deed>()
  visitStates(new Execution(machine, lookAround(machine)), (there) => {
    for (const { index } of machine.tasks) {
      const operation = there.next(index)
      if (operation === null) continue
      const deed = {
        stack: there.stack(index).map(({ name }) => name),
        does: operation.name,
        on: operation.object?.name ?? '',
        holding: situations.of(there.row, index).locks.map((lock) => names.get(lock) ?? ''),
      }
      deeds.set(JSON.stringify(deed), deed)
    }
    return false
  })
  return [...deeds.values()]
}
