/**
 * Steps by hand: in which order locks are taken, by following every execution of a machine, without the search and what it leaves
 * out, and without the emulation of lockdep. It is slow and simple, to test both against.
 */
import type { Machine, Row } from '@scopemask/checker/machine'
import { Execution, type MicroStep } from '@scopemask/checker/search'
import { type Effect, KernelOperation } from '../../src/kernel/operation.js'

export interface Steps {
  /** `A -> B`: B was taken by a task whose latest lock was A. */
  readonly orders: ReadonlySet<string>
  /** What the kernel warns of. */
  readonly warnings: ReadonlySet<string>
}

/** A state, and what each task holds, the latest last. */
interface Place {
  readonly row: Row
  readonly held: readonly (readonly string[])[]
}

/** Follows every execution; null when there are more states than `limit`. */
export function stepsByHand(machine: Machine, limit: number): Steps | null {
  // Room for everything from the start: rows that lie in the stack must not change their layout.
  machine.layout.relimit(() => 0xfff)
  const execution = new Execution(machine)
  const orders = new Set<string>()
  const warnings = new Set<string>()
  const known = new Set<string>()
  const tasks = machine.tasks.map(({ index }) => index)
  const open: Place[] = [{ row: execution.row, held: tasks.map(() => []) }]
  while (open.length > 0) {
    const place = open.pop() as Place
    const key = `${[...place.row]} ${JSON.stringify(place.held)}`
    if (known.has(key)) continue
    if (known.size >= limit) return null
    known.add(key)
    for (const task of tasks) {
      execution.row = place.row
      const operation = execution.next(task)
      const effect = operation instanceof KernelOperation ? operation.effect : null
      // Lockdep looks at a lock before it is waited for.
      if (effect?.kind === 'acquire') noteOrder(orders, place.held[task] ?? [], nameOf(effect))
      for (const outcome of execution.possible(task)) {
        execution.row = place.row
        execution.step(task, outcome)
        const step = execution.steps.at(-1) as MicroStep
        const held = place.held.map((each, at) =>
          at === task && effect !== null ? after(each, effect, step, execution.row, orders) : each,
        )
        const warning =
          effect?.kind === 'pass' ? effect.warns?.(execution.row, task, step.result) : null
        if (warning) warnings.add(warning)
        open.push({ row: execution.row, held })
      }
    }
  }
  return { orders, warnings }
}

/** What a task holds after a step. */
function after(
  held: readonly string[],
  effect: Effect,
  { result }: MicroStep,
  row: Row,
  orders: Set<string>,
): readonly string[] {
  const note = (from: readonly string[], taken: string): void => noteOrder(orders, from, taken)
  const takes = (...taken: readonly string[]): readonly string[] => {
    const now = [...held]
    for (const lock of taken) {
      note(now, lock)
      now.push(lock)
    }
    return now
  }
  switch (effect.kind) {
    case 'acquire':
      return takes(nameOf(effect))
    case 'release':
      return without(held, nameOf(effect))
    case 'alloc':
      if (effect.entersFs(result)) note(held, 'fs_reclaim')
      return held
    case 'fs_reclaim_acquire':
      return takes('fs_reclaim')
    case 'fs_reclaim_release':
      return without(held, 'fs_reclaim')
    case 'pass': {
      note(held, nameOf(effect))
      const also = effect.also?.(result)
      if (also) note(held, also)
      return held
    }
    case 'begin_work':
      return result === 0
        ? held
        : takes(
            `(wq_completion)${effect.queue(row, result)}`,
            `(work_completion)${effect.workName(result)}`,
          )
    case 'finish_work':
      return held.filter((lock) => !/^\((wq|work)_completion\)/.test(lock))
    default:
      return held
  }
}

function without(held: readonly string[], lock: string): readonly string[] {
  const at = held.lastIndexOf(lock)
  return held.filter((_, index) => index !== at)
}

function nameOf({
  lock,
  class: given,
}: {
  readonly lock: { readonly name: string }
  readonly class?: string
}): string {
  return given ?? lock.name
}

/** Of a class that is held already lockdep has nothing more to say. */
function noteOrder(orders: Set<string>, held: readonly string[], taken: string): void {
  const latest = held.includes(taken) ? taken : held.at(-1)
  if (latest !== undefined) orders.add(`${latest} -> ${taken}`)
}
