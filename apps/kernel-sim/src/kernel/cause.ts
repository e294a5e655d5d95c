/**
 * Cause: what a deadlock comes from, found by intervention. The same machine is searched again without memory pressure at one
 * allocation: if the same tasks can still come to wait for the same objects, that allocation is not the cause. Where pages are
 * counted, an allocation is spared by a page of its own, which nobody else loses.
 */
import type { Machine, MachineObject, Operation, ProcedureLike } from '@scopemask/checker/machine'
import {
  type Allows,
  awaited,
  type Execution,
  Search,
  type StackFrame,
  standingAt,
  type Waiter,
} from '@scopemask/checker/search'
import { ALLOCATION, roleOf } from './role.js'

/** Where memory is allocated: a function and the task that runs it, which stands for its replicas. */
export interface Site {
  readonly task: number
  /** The function that allocates. */
  readonly frame: StackFrame
}

export type Cause =
  /** It comes to this also when no allocation meets pressure. */
  | { readonly kind: 'none' }
  /** Without pressure at this allocation it never comes to this. */
  | { readonly kind: 'allocation'; readonly site: Site }
  /** Without any pressure it never comes to this, but no single allocation is needed for it. */
  | { readonly kind: 'several' }
  /** The search that would tell is too long. */
  | { readonly kind: 'unknown' }

/** How many states a search for a cause may visit. */
const MAX_STATES = 10_000

/** How allocations meet that memory is tight, and how one can be spared. */
export interface Pressure {
  /** The operation by which an allocation learns whether memory is tight. */
  readonly operation: Operation
  /** The result of it where memory is. */
  readonly result: number
  /** Returns true if the operation may take this outcome, at an allocation that is spared or at another one. */
  allows(outcome: number, isSpared: boolean): boolean
  /** Searches while allocations can be spared. */
  sparing<T>(search: () => T): T
}

/**
 * Finds what a deadlock comes from.
 * @param execution has ended in it.
 * @param waiting the tasks that wait for each other there.
 */
export function causeOf(
  execution: Execution,
  waiting: readonly Waiter[],
  pressures: readonly Pressure[],
): Cause {
  const { machine } = execution
  const sites = candidates(execution, waiting, pressures)
  // The way here met no pressure.
  if (sites.length === 0) return { kind: 'none' }
  for (const site of sites) {
    const calm = recurs(machine, waiting, pressures, site)
    if (calm === null) return { kind: 'unknown' }
    if (!calm) return { kind: 'allocation', site }
  }
  const calm = recurs(machine, waiting, pressures, null)
  if (calm === null) return { kind: 'unknown' }
  return { kind: calm ? 'none' : 'several' }
}

/** The allocation that a stack is in, if any. */
export function siteOf(task: number, stack: readonly StackFrame[]): Site | null {
  const at = stack.findIndex((each) => roleOf(each) === ALLOCATION)
  const frame = at < 0 ? undefined : stack[at + 1]
  return frame === undefined ? null : { task, frame }
}

/** Returns true if two allocations are made by the same function of the same task, or of replicas of it. */
export function sameSite(machine: Machine, a: Site, b: Site): boolean {
  const kin = (task: number) => machine.tasks[task]?.kin
  const procedure = ({ frame }: Site): ProcedureLike => frame.node.automaton.procedure
  // The functions that tasks begin with are their own, also where the tasks are replicas.
  const begins = ({ task, frame }: Site) => procedure({ task, frame }) === machine.tasks[task]?.root
  return kin(a.task) === kin(b.task) && (procedure(a) === procedure(b) || (begins(a) && begins(b)))
}

/** Searches while allocations can be spared all kinds of pressure. */
export function sparing<T>(pressures: readonly Pressure[], search: () => T): T {
  const all = pressures.reduce((inner, pressure) => () => pressure.sparing(inner), search)
  return all()
}

/** Spares one allocation, or all. */
function without(machine: Machine, pressures: readonly Pressure[], site: Site | null): Allows {
  return ({ operation, outcome, task, stack }) => {
    const pressure = pressures.find((each) => each.operation === operation)
    if (pressure === undefined) return true
    const here = siteOf(task, stack)
    const isSpared = site === null || (here !== null && sameSite(machine, site, here))
    return pressure.allows(outcome, isSpared)
  }
}

/** The allocations that met pressure on the way: those that tasks are still in first, then the latest. */
function candidates(
  execution: Execution,
  waiting: readonly Waiter[],
  pressures: readonly Pressure[],
): readonly Site[] {
  const { machine, steps, programs } = execution
  const inside = waiting.map(({ task }) => siteOf(task, execution.stack(task)))
  const met = steps
    .filter(({ operation, result }) =>
      pressures.some((each) => each.operation === operation && each.result === result),
    )
    .map(({ task, position }) => siteOf(task, programs[task]?.stack(position) ?? []))
  const sites: Site[] = []
  for (const site of [...inside, ...met.reverse()]) {
    if (site !== null && !sites.some((known) => sameSite(machine, known, site))) sites.push(site)
  }
  return sites
}

/**
 * Returns true if the same tasks can come to wait for the same objects when an allocation is spared, or all are; null when the search is
 * too long. Replicas count as the same.
 */
function recurs(
  machine: Machine,
  waiting: readonly Waiter[],
  pressures: readonly Pressure[],
  site: Site | null,
): boolean | null {
  const allows = without(machine, pressures, site)
  const options = { maxStates: MAX_STATES, allDeadlocks: true, livelocks: false, allows }
  const search = new Search(machine, options)
  const { deadlocks, bound } = sparing(pressures, () => search.run())
  const isSame = (state: number): boolean => {
    const execution = standingAt(search, state)
    const there = machine.tasks
      .filter(({ index }) => !execution.rests(index))
      .map(({ index }) => signature(machine, index, awaited(execution, index)))
    return waiting.every(({ task, objects }) => there.includes(signature(machine, task, objects)))
  }
  if (deadlocks.some(isSame)) return true
  return bound === null ? false : null
}

/** Who waits for what, replicas not told apart. */
function signature(machine: Machine, task: number, objects: readonly MachineObject[]): string {
  return [machine.tasks[task]?.kin, ...objects.map(({ kin }) => kin)].join()
}
