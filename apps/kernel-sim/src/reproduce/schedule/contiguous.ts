/** Contiguous: an execution in an order that actors can follow which must not sleep, and so cannot wait for the director. */
import { Execution, type MicroStep } from '@scopemask/checker/search'
import { KernelOperation } from '../../kernel/operation.js'
import { callOf } from '../module/forms.js'
import { Refused } from '../module/refused.js'

/** A step in a new order. */
export interface Placed extends MicroStep {
  /** True if the actor must not sleep before it. */
  readonly within: boolean
}

/**
 * The steps of an execution in an order in which nobody comes between the steps of an actor that must not sleep: those under a
 * spinlock, and those in an interrupt. Whoever must not sleep cannot wait for the director.
 * @throws Refused when in such an order they come to something else.
 */
export function contiguous({ machine, steps, programs }: Execution): readonly Placed[] {
  const placed: Placed[] = []
  const taken = new Set<MicroStep>()
  for (const [at, first] of steps.entries()) {
    if (taken.has(first)) continue
    placed.push({ ...first, within: false })
    let depth = deepened(first)
    for (const step of depth > 0 ? steps.slice(at + 1) : []) {
      if (depth === 0) break
      if (step.task !== first.task) continue
      placed.push({ ...step, within: true })
      taken.add(step)
      depth += deepened(step)
    }
    if (depth > 0) {
      throw new Refused(`${machine.tasks[first.task]}`, STUCK)
    }
  }
  const replay = new Execution(machine, programs)
  for (const { task, outcome, result } of placed) {
    if (replay.step(task, outcome) && replay.steps.at(-1)?.result === result) continue
    throw new Refused(`${machine.tasks[task]}`, INTERRUPTED)
  }
  return placed
}

const STUCK = 'it waits for ever where it must not sleep: a machine with one processor would stop'
const INTERRUPTED =
  'others come between its steps where it must not sleep, so it cannot wait for them'

/** By how much a step deepens a section in which its task must not sleep. */
function deepened({ operation }: MicroStep): number {
  if (!(operation instanceof KernelOperation)) return 0
  const { effect, hold } = operation
  if (effect?.kind === 'irq_enter') return 1
  if (effect?.kind === 'irq_exit') return -1
  if (callOf(operation)?.on !== 'spinlock') return 0
  return hold?.kind === 'takes' ? 1 : -1
}
