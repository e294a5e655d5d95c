/**
 * Parting: one schedule under two policies, side by side: one that fails and one that holds. The second follows the first step by
 * step as long as its tasks do the same; from where they part it goes on to its end.
 */
import { lookAround } from '@scopemask/checker'
import type { Machine, MachineObject, Operation } from '@scopemask/checker/machine'
import { Execution } from '@scopemask/checker/search'
import { type Story, storyOf } from './story.js'
import type { Subject } from './subject.js'
import type { Turn } from './turn.js'

/** One row: a step of each side, by number from 1; null where that side does nothing. */
export interface PartingRow {
  readonly left: number | null
  readonly right: number | null
}

export interface Parting {
  /** The story under the policy that holds. */
  readonly story: Story
  readonly rows: readonly PartingRow[]
  /** The row at which they part, from 0; the number of rows when they never do. */
  readonly parts: number
}

/** How many steps of its own a task of the second side may take, such as to open a scope, before it does the same again. */
const DETOUR = 3
/** How long the second side may go on. */
const MAX_STEPS = 200

/**
 * @param failing the side to follow, with the turns that it takes.
 * @param holding the same scenario under the other policy.
 */
export function partingOf(failing: Subject, turns: readonly Turn[], holding: Subject): Parting {
  const follower = new Follower(holding.machine)
  const rows: PartingRow[] = []
  const left = new Execution(failing.machine, lookAround(failing.machine))
  let parts: number | null = null
  for (const [at, { task, outcome }] of turns.entries()) {
    const before = left.next(task)
    const name = `${failing.machine.tasks[task]}`
    left.step(task, outcome)
    if (parts !== null) {
      rows.push({ left: at + 1, right: follower.moveOn(name) })
      continue
    }
    const detour = before === null ? null : follower.follow(name, before, outcome)
    if (detour === null) {
      parts = rows.length
      rows.push({ left: at + 1, right: follower.moveOn(name) })
      continue
    }
    for (const own of detour.slice(0, -1)) rows.push({ left: null, right: own })
    rows.push({ left: at + 1, right: detour.at(-1) ?? null })
    if (resultAt(left) !== resultAt(follower.execution)) parts = rows.length - 1
  }
  parts ??= rows.length
  for (const step of follower.finish()) rows.push({ left: null, right: step })
  return { story: storyOf(holding, follower.turns), rows, parts }
}

/** What came of the last step, where that was open. */
function resultAt({ steps }: Execution): string {
  const last = steps.at(-1)
  return last === undefined ? '' : last.operation.meaning(last.result)
}

class Follower {
  readonly #machine: Machine
  readonly execution: Execution
  readonly turns: Turn[] = []

  constructor(machine: Machine) {
    this.#machine = machine
    this.execution = new Execution(machine, lookAround(machine))
  }

  /** Another execution as far as this one. */
  #again(): Execution {
    const again = new Execution(this.#machine, this.execution.programs)
    for (const { task, outcome } of this.turns) again.step(task, outcome)
    return again
  }

  /**
   * Lets the task of this name do this operation, after some steps of its own if need be.
   * @returns the numbers of its steps, or null when it does something else.
   */
  follow(name: string, operation: Operation, outcome: number): number[] | null {
    const task = this.#task(name)
    if (task === undefined) return null
    const detour = this.#detourTo(task, operation)
    if (detour === null) return null
    const taken: number[] = []
    for (let step = 0; step < detour; step++) taken.push(this.#step(task, 0) ?? 0)
    const last = this.#step(task, outcome)
    return last === null ? null : [...taken, last]
  }

  /** Lets the task of this name do its next step, whatever that is, if it can. */
  moveOn(name: string): number | null {
    const task = this.#task(name)
    return task === undefined ? null : this.#step(task, this.execution.possible(task)[0] ?? 0)
  }

  /** Lets all tasks go on until they rest. */
  finish(): number[] {
    const taken: number[] = []
    while (taken.length < MAX_STEPS) {
      const before = taken.length
      for (const { index } of this.#machine.tasks) {
        // A task goes on as long as it can, which is easier to read.
        while (taken.length < MAX_STEPS && !this.execution.rests(index)) {
          const step = this.#step(index, this.execution.possible(index)[0] ?? 0)
          if (step === null) break
          taken.push(step)
        }
        const begins = this.execution.rests(index) && this.execution.possible(index).length > 0
        if (begins) taken.push(this.#step(index, this.execution.possible(index)[0] ?? 0) ?? 0)
      }
      if (taken.length === before) break
    }
    return taken
  }

  /** How many steps of its own the task takes before this operation; null when it does not come to it. */
  #detourTo(task: number, operation: Operation): number | null {
    return this.#stepsTo(this.#again(), task, operation)
  }

  #stepsTo(attempt: Execution, task: number, operation: Operation): number | null {
    for (let steps = 0; steps <= DETOUR; steps++) {
      const next = attempt.next(task)
      if (next === null) return null
      if (isSame(next, operation)) return attempt.possible(task).length > 0 ? steps : null
      if (!attempt.step(task, 0)) return null
    }
    return null
  }

  #step(task: number, outcome: number): number | null {
    if (!this.execution.step(task, outcome)) return null
    return this.turns.push({ task, outcome })
  }

  #task(name: string): number | undefined {
    return this.#machine.tasks.find((task) => `${task}` === name)?.index
  }
}

/** Returns true if two machines of one scenario do the same: what differs in numbers, such as flags passed, is the policy's. */
function isSame(one: Operation, other: Operation): boolean {
  const names = ({ object, operands }: Operation): string =>
    [object, ...operands.filter((each): each is MachineObject => typeof each !== 'number')].join()
  return one.name === other.name && names(one) === names(other)
}
