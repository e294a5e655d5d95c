/** Wait-for: in a state where nothing moves on, who waits for what, who holds it, and where the circle closes. */
import type { MachineObject } from '../machine/object.js'
import type { Operation, Wait } from '../machine/operation.js'
import type { Execution } from './execution.js'

/** A task that is not done, and what it waits for. */
export interface Waiter {
  /** The number of the task. */
  readonly task: number
  /** What it waits for, or what it does when it can move (in a livelock), in words. */
  readonly what: string
  /** The objects that it waits for. */
  readonly objects: readonly MachineObject[]
  /** Says that it cannot do its next step now. In a livelock there are tasks that can. */
  readonly blocked: boolean
  /** The tasks that could end the wait. */
  readonly for: readonly number[]
  /** The procedures it is in, innermost first. */
  readonly stack: readonly string[]
}

/** What a task waits for, or would wait for if it could not go on. */
export function awaited(execution: Execution, task: number): readonly MachineObject[] {
  const operation = execution.next(task)
  const wait = suspended(execution, task) ?? operation?.wait?.(execution.row, task)
  return wait?.objects ?? (operation?.object ? [operation.object] : [])
}

/** What a task waits for on top of which another one runs; null where none does. */
function suspended(execution: Execution, task: number): Wait | null {
  const top = execution.machine.tasks[execution.suspendedBy(task)]
  return top === undefined
    ? null
    : { what: `${top}, which runs on top of it`, objects: [top], tasks: [top.index] }
}

/** All tasks that are neither at an end nor at rest. */
export function waiters(execution: Execution): Waiter[] {
  const { tasks } = execution.machine
  const active = tasks.map(({ index }) => index).filter((task) => !execution.rests(task))
  return active.map((task) => {
    const operation = execution.next(task)
    const wait = suspended(execution, task) ?? operation?.wait?.(execution.row, task)
    const objects = awaited(execution, task)
    return {
      task,
      what: wait?.what ?? `${operation}`,
      objects,
      blocked: execution.possible(task).length === 0,
      for: wait?.tasks ?? wakers(execution, active, task, objects),
      stack: execution.stack(task).map(({ name }) => name),
    }
  })
}

/**
 * The tasks under way whose code, as far as it is known, wakes who waits for one of some objects: those that come to it before
 * they rest, the waiter itself only if there is no other; where there are none, those that ever do, such as a worker that would run
 * the item that does.
 */
function wakers(
  execution: Execution,
  active: readonly number[],
  waiter: number,
  objects: readonly MachineObject[],
): readonly number[] {
  const { machine, programs } = execution
  const wake = ({ wakes, object }: Operation): boolean =>
    wakes && object !== null && objects.includes(object)
  const soon = active.filter((task) => programs[task]?.ahead(execution.position(task)).some(wake))
  // Of identical tasks a search may know one only.
  const kin = new Set(
    machine.tasks
      .filter(({ index }) =>
        programs[index]?.operations.some((each) => each !== null && wake(each)),
      )
      .map((task) => task.kin),
  )
  const ever = active.filter((task) => kin.has(machine.tasks[task]?.kin ?? -1))
  const others = (tasks: readonly number[]) => tasks.filter((task) => task !== waiter)
  // The waiter itself comes last: it would end its wait only after its wait.
  return [others(soon), soon, others(ever), ever].find((tasks) => tasks.length > 0) ?? []
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
