/**
 * Fairness: whether each task comes to its end, and each daemon to rest again and again, under every scheduler that is weakly fair.
 * It is a property of its own, beside what `check` proves: that an end can be reached from every state. What it asks of schedulers,
 * and how it is decided, is in search/starvation.ts.
 */
import { machineOf, misuse } from './check.js'
import { type Counterexample, counterexample } from './counterexample.js'
import type { Machine } from './machine/machine.js'
import type { Model } from './model/model.js'
import { Execution } from './run/execution.js'
import { tokenOf } from './run/token.js'
import type { Limits } from './search/limits.js'
import { scheduleBy, scheduleTo } from './search/schedule.js'
import { Search } from './search/search.js'
import { findStarvation, type StarvationFound, type StarvationKind } from './search/starvation.js'
import { StateGraph } from './search/state-graph.js'

/** A task that can be kept from its end for ever. */
export interface Starvation {
  /** Its name. */
  readonly task: string
  /** How it starves: it is passed over though it could go on, goes round for ever, or waits while others go round. */
  readonly kind: StarvationKind
  /** A shortest way to where it begins, and the loop that can be repeated for ever. */
  readonly counterexample: Counterexample
}

/** What {@link checkFairness} has found. */
export interface FairnessResult {
  /** `bounded`: a limit, or something that is violated, stopped the search, and nothing is claimed. */
  readonly verdict: 'fair' | 'starvation' | 'bounded'
  /** Which limit stopped the search, when one did. */
  readonly bound: keyof Limits | null
  /** The tasks that can starve, one for all that are replicas of it. */
  readonly starvations: readonly Starvation[]
  /** How many states there are: all, since no reduction is made. */
  readonly states: number
}

/**
 * Looks for tasks that can starve under weak fairness. It needs a search without reductions, and memory for all steps.
 * @throws Misuse when the model is wrong, with the task and the place.
 */
export function checkFairness(subject: Model | Machine, limits: Limits = {}): FairnessResult {
  const machine = machineOf(subject)
  const search = new Search(machine, {
    ...limits,
    partialOrder: false,
    symmetry: false,
    allDeadlocks: true,
    livelocks: false,
  })
  const result = search.run()
  if (result.misuse) throw misuse(search, result.misuse)
  const { bound, states, violation } = result
  if (bound !== null || violation !== null) {
    return { verdict: 'bounded', bound, starvations: [], states }
  }
  const graph = new StateGraph(search)
  const found = new Map<number, StarvationFound>()
  for (const { index, kin } of machine.tasks) {
    const starvation = found.has(kin) ? null : findStarvation(graph, index)
    if (starvation !== null) found.set(kin, starvation)
  }
  return {
    verdict: found.size === 0 ? 'fair' : 'starvation',
    bound,
    starvations: [...found.values()].map((each) => ({
      task: `${machine.tasks[each.task]}`,
      kind: each.kind,
      counterexample: counterexampleOf(search, each),
    })),
    states,
  }
}

function counterexampleOf(search: Search, { state, loop }: StarvationFound): Counterexample {
  const { machine } = search
  const stem = scheduleTo(search, state)
  const token = tokenOf(machine, [...stem, ...scheduleBy(search, loop)], stem.length)
  return counterexample(machine, token, new Execution(machine, search.stepper.programs))
}
