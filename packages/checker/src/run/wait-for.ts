/** Wait-for: in a state where nothing moves on, who waits for what, who holds it, and where the circle closes. */
import type { MachineObject } from '../machine/object.js'
import type { Execution } from './execution.js'

/** A task that is not done, and what it waits for. */
export interface Waiter {
  readonly task: number
  /** What it waits for, or what it does when it can move (in a livelock). */
  readonly what: string
  readonly blocked: boolean
  /** The tasks that could end the wait. */
  readonly for: readonly number[]
  /** The procedures it is in, innermost first. */
  readonly stack: readonly string[]
}

/** All tasks that are neither at an end nor at rest. */
export function waiters(execution: Execution): Waiter[] {
  const { tasks } = execution.machine
  const active = tasks.map(({ index }) => index).filter((task) => !execution.rests(task))
  return active.map((task) => {
    const operation = execution.next(task)
    const wait = operation?.wait?.(execution.row, task)
    const object = operation?.object ?? null
    const blocked = execution.possible(task).length === 0
    const holders = wait?.tasks ?? []
    return {
      task,
      what: wait?.what ?? `${operation}`,
      blocked,
      for:
        holders.length > 0 || object === null ? holders : wakers(execution, active, task, object),
      stack: execution.stack(task).map(({ name }) => name),
    }
  })
}

/** The tasks under way whose code, as far as it is known, wakes who waits for an object. */
function wakers(
  execution: Execution,
  active: readonly number[],
  waiter: number,
  object: MachineObject,
): number[] {
  return active.filter(
    (task) =>
      task !== waiter &&
      execution.programs[task]?.operations.some(
        (operation) =>
          operation?.object === object &&
          (operation.effect?.kind === 'wake' || operation.effect?.kind === 'release'),
      ),
  )
}

/** A shortest circle of tasks each of which waits for the next; empty when there is none. */
export function cycle(waiting: readonly Waiter[]): Waiter[] {
  let shortest: Waiter[] = []
  for (const start of waiting) {
    const from = new Map<number, Waiter>()
    const queue = [start]
    for (const at of queue) {
      for (const task of at.for) {
        const next = waiting.find((waiter) => waiter.task === task)
        if (next === start) {
          const circle = [at]
          for (let back = from.get(at.task); back; back = from.get(back.task)) circle.unshift(back)
          if (shortest.length === 0 || circle.length < shortest.length) shortest = circle
        } else if (next && next !== start && !from.has(task)) {
          from.set(task, at)
          queue.push(next)
        }
      }
    }
  }
  return shortest
}
