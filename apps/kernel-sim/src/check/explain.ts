/** Explain: the one sentence that says why tasks wait for each other for ever. */
import type { Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { Execution } from './execution.js'
import type { Waiter } from './wait-for.js'

/** The procedure that stands for direct reclaim: see kernel/memory.ts. */
const RECLAIM = 'try_to_free_pages'
const ALLOCATION = '__alloc_pages'

interface Subject {
  readonly machine: Machine
  readonly flagsOf: (row: Row, task: number) => string
}

/** @param waiting the tasks along the circle, or all that are not done where there is none. */
export function explain(
  { machine, flagsOf }: Subject,
  execution: Execution,
  waiting: readonly Waiter[],
): string {
  const name = (task: number): string => `${machine.tasks[task]}`
  if (waiting.every(({ blocked }) => !blocked)) {
    const tasks = waiting.map(({ task }) => name(task)).join(' and ')
    return `${tasks} can only try again and again: nobody who is left may free what they need`
  }
  const reclaiming = waiting.find(({ stack }) => stack.includes(RECLAIM))
  if (reclaiming === undefined) {
    const links = waiting.map(({ task, what }) => `${name(task)} waits for ${what}`)
    return `${links.join(', ')}: no memory is involved, so no restriction can help`
  }
  const { task, stack, what } = reclaiming
  const shrinker = stack[stack.lastIndexOf(RECLAIM) - 1] ?? 'reclaim'
  const caller = stack[stack.lastIndexOf(ALLOCATION) + 1] ?? name(task)
  const who = caller === name(task) ? name(task) : `${name(task)} in ${caller}`
  const does = `${who} allocates without a restriction and reclaim (${shrinker}) waits for ${what}`
  const others = waiting.filter((waiter) => waiter.task !== task)
  if (others.length === 0) return `${does}, which it holds itself`
  const scoped = others.find((waiter) => flagsOf(execution.row, waiter.task) !== '')
  if (scoped === undefined) {
    const holder = others.map((waiter) => `${name(waiter.task)} waits for ${waiter.what}`)
    return `${does}, while ${holder.join(' and ')}: nobody on the circle has a scope`
  }
  const flags = flagsOf(execution.row, scoped.task).replaceAll('MEMALLOC_', '')
  return `${does}, because ${flags} of ${name(scoped.task)}, which waits for ${scoped.what}, does not hold for ${name(task)}`
}
