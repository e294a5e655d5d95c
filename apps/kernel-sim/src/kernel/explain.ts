/** Explain: the one sentence that says why tasks wait for each other for ever. */

import type { Machine, Row } from '@scopemask/checker/machine'
import type { Execution, Waiter } from '@scopemask/checker/search'

/** The procedures that stand for an allocation and for direct reclaim: see kernel/memory.ts. */
const ALLOCATION = '__alloc_pages'
const RECLAIM = 'try_to_free_pages'

interface Subject {
  readonly machine: Machine
  restrictionsOf(row: Row, task: number): string
  requestName(gfp: number): string
}

/** @param waiting the tasks along the circle, or all that are not done where there is none. */
export function explain(
  subject: Subject,
  execution: Execution,
  waiting: readonly Waiter[],
): string {
  const name = (task: number): string => `${subject.machine.tasks[task]}`
  if (waiting.every(({ blocked }) => !blocked)) {
    const tasks = waiting.map(({ task }) => name(task)).join(' and ')
    return `${tasks} can only try again for ever: nobody is left who may free what they need`
  }
  const reclaiming = waiting.find(({ stack }) => stack.includes(RECLAIM))
  if (reclaiming === undefined) {
    const links = waiting.map(({ task, what }) => `${name(task)} waits for ${what}`)
    return `${links.join(', ')}: no allocation is involved, so no restriction can help`
  }
  const { task, stack, what } = reclaiming
  const depth = stack.lastIndexOf(RECLAIM)
  const shrinker = stack[depth - 1] ?? 'reclaim'
  const caller = stack[stack.lastIndexOf(ALLOCATION) + 1] ?? name(task)
  const who = caller === name(task) ? name(task) : `${name(task)}, in ${caller},`
  const gfp = Number(execution.stack(task)[depth]?.node.automaton.args[0] ?? 0)
  const does = `${who} allocates ${subject.requestName(gfp)}, and reclaim (${shrinker}) waits for ${what}`
  const others = waiting.filter((waiter) => waiter.task !== task)
  if (others.length === 0) {
    return `${does}, which ${reclaiming.for.includes(task) ? 'it holds itself' : 'nobody else will end'}`
  }
  const scoped = others.find((other) => subject.restrictionsOf(execution.row, other.task) !== '')
  if (scoped === undefined) {
    const links = others.map((other) => `${name(other.task)} waits for ${other.what}`)
    return `${does}, while ${links.join(' and ')}: no scope is open on the circle`
  }
  const restriction = `${subject.restrictionsOf(execution.row, scoped.task)} of ${name(scoped.task)}`
  return scoped.what.includes(caller)
    ? `${does}, because ${restriction} was not conveyed with ${caller}, for which it waits`
    : `${does}: ${restriction} does not hold for it, though ${name(scoped.task)} waits for ${scoped.what}`
}
