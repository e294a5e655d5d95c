/**
 * Rehearsal: a few executions of a model as JavaScript itself would run them, each task's generator once and for all, beside the
 * same executions by automata. A task that depends on a JavaScript variable, array or object to which others write does one thing
 * here and another there: automata run its code again and again, each time with what all former runs have left behind.
 *
 * What changes while the model runs can also be seen by running code again (see automaton.ts), but not what comes to be the same each
 * time: the first of two tasks that adds itself to an array is the first one for ever.
 */
import { Misuse, Violation } from '../machine/errors.js'
import { KeptRow } from '../machine/kept-row.js'
import type { Row } from '../machine/layout.js'
import type { Machine, Task } from '../machine/machine.js'
import {
  Call,
  corresponds,
  Operation,
  type ProcedureLike,
  type Steps,
} from '../machine/operation.js'
import type { Program } from '../machine/program.js'
import { Execution } from './execution.js'
import { xorshift } from './random.js'

/** How many steps an execution may have. */
const MAX_STEPS = 200
/** How often a task may call, return and start over between two steps. */
const MAX_TURNS = 1_000

/** Chooses the task that goes on. */
type Pick = (able: readonly number[]) => number

/**
 * Rehearses a model: each task as far as it comes, from the first to the last and the other way round, and at random.
 * @param build makes the machine anew.
 * @param programs what a search of such a machine has learned.
 * @throws Misuse when a task does not do what the automata say.
 */
export function rehearse(
  machine: Machine,
  programs: readonly Program[],
  build: () => Machine,
): void {
  for (const seed of [1, 2, 3, 4]) {
    const random = xorshift(seed)
    const picks: Pick[] = [(able) => able[0] ?? 0, (able) => able.at(-1) ?? 0]
    const pick = picks[seed - 1] ?? ((able) => able[random(able.length)] ?? 0)
    perform(new Execution(machine, programs), new Stage(build()), pick, random)
  }
}

function perform(
  execution: Execution,
  stage: Stage,
  pick: Pick,
  random: (below: number) => number,
): void {
  const { tasks } = execution.machine
  for (const task of tasks) compare(execution, stage, task)
  for (let step = 0; step < MAX_STEPS; step++) {
    const able = tasks.flatMap(({ index }) => (execution.possible(index).length > 0 ? index : []))
    if (able.length === 0) return
    const index = pick(able)
    const outcomes = execution.possible(index)
    const outcome = outcomes[random(outcomes.length)] ?? 0
    const task = tasks[index] as Task
    const done = stage.step(index, outcome)
    execution.step(index, outcome)
    if (!done) throw differs(task, `${execution.steps.at(-1)?.operation}`, 'wait')
    compare(execution, stage, task)
  }
}

function compare(execution: Execution, stage: Stage, task: Task): void {
  const here = execution.next(task.index)
  const there = stage.next(task.index)
  if (!corresponds(here, there, (id) => id)) {
    throw differs(task, `${here ?? 'return'}`, `${there ?? 'return'}`)
  }
}

function differs(task: Task, here: string, there: string): Misuse {
  return new Misuse(
    `${task} does ${here} in one run and ${there} in another, after the same steps of all tasks: it depends on a JavaScript ` +
      'variable, array or object to which tasks write. Keep what they share in a variable(), where every interleaving sees a ' +
      'value of its own',
  )
}

/** A machine whose tasks are generators that run. */
class Stage {
  readonly #machine: Machine
  readonly #actors: readonly Actor[]
  readonly #kept: KeptRow

  constructor(machine: Machine) {
    this.#machine = machine
    this.#kept = new KeptRow(machine.layout, () => machine.layout.initialRow())
    this.#actors = machine.tasks.map(({ root, daemon }) => new Actor(root, daemon))
    for (const actor of this.#actors) this.#watched(() => actor.go(undefined))
  }

  next(task: number): Operation | null {
    return this.#actors[task]?.next ?? null
  }

  /** @returns false when the task cannot do its next step with this outcome. */
  step(task: number, outcome: number): boolean {
    const operation = this.next(task)
    if (operation === null) return false
    const kept = this.#kept
    const result = kept.fitting(() => {
      const next = kept.row.slice()
      const attempted = attempt(operation, next, task, outcome)
      if (attempted >= 0) kept.row = next
      return attempted
    })
    if (result < 0) return false
    this.#watched(() => this.#actors[task]?.go(result))
    return true
  }

  /** Runs the model's code, which may loop without a step. */
  #watched(act: () => void): void {
    const { watch } = this.#machine
    if (watch === null) act()
    else watch.runOnce(act)
  }
}

/** The result of an attempt; an assertion that does not hold is a step that cannot happen. */
function attempt(operation: Operation, row: Row, task: number, outcome: number): number {
  try {
    return operation.attempt(row, task, outcome)
  } catch (thrown) {
    if (thrown instanceof Violation) return -1
    throw thrown
  }
}

interface Frame {
  readonly procedure: ProcedureLike
  readonly args: readonly unknown[]
  steps: Steps<unknown>
}

/** A task whose generator runs. */
class Actor {
  /** What it does next; null when it has returned. */
  next: Operation | null = null
  readonly #root: ProcedureLike
  readonly #daemon: boolean
  readonly #frames: Frame[] = []

  constructor(root: ProcedureLike, daemon: boolean) {
    this.#root = root
    this.#daemon = daemon
    this.#enter(root, [])
  }

  /** Goes on with the result of its step, up to the next one. */
  go(result: unknown): void {
    let given = result
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const frame = this.#frames.at(-1)
      if (frame === undefined) break
      const { value } = frame.steps.next(given)
      given = undefined
      if (value instanceof Operation) {
        this.next = value
        return
      }
      if (value instanceof Call) this.#enter(value.procedure, value.args)
      else if (this.#startsOver(frame.procedure, value)) {
        frame.steps = start(frame.procedure, frame.args)
      } else {
        this.#frames.pop()
        given = value
      }
    }
    this.next = null
  }

  /** Returns true if a procedure that has returned this runs once more. */
  #startsOver(procedure: ProcedureLike, returned: unknown): boolean {
    return procedure === this.#root ? this.#daemon : procedure.loop && returned === undefined
  }

  #enter(procedure: ProcedureLike, args: readonly unknown[]): void {
    this.#frames.push({ procedure, args, steps: start(procedure, args) })
  }
}

function start({ body }: ProcedureLike, args: readonly unknown[]): Steps<unknown> {
  return body(...(args as never))
}
