/**
 * Knowledge: what a search has learned on its way, as plain data. Tasks are unfolded lazily, so the number of a
 * position depends on when it was first come to; so do the width of fields, and which steps were taken for left movers.
 * Whoever goes on with a search, another thread or a later process, has to learn the same in the same order: then
 * the same row means the same state.
 */
import type { Machine } from '../machine/machine.js'
import type { Stepper } from './stepper.js'

/** What a search has learned of the machine, as numbers in the order in which they were learned. */
export interface Knowledge {
  /** New positions in the order of their numbers: task, the position before it, the result that led to it. */
  readonly positions: readonly number[]
  /** Values that got numbers, in the order of these: which table of the machine's, and the value. */
  readonly values: readonly number[]
  /** Decisions about left movers: task, position, 1 for none and 2 for one. */
  readonly decisions: readonly number[]
  /** The largest value that each field has room for. */
  readonly limits: readonly number[]
}

/** How much somebody has learned already. */
export interface Learned {
  /** How many positions of each task. */
  readonly positions: readonly number[]
  /** How many values of each table. */
  readonly values: readonly number[]
  readonly decisions: number
}

/** Says how much a stepper of a machine has learned. */
export function learnedBy(machine: Machine, stepper: Stepper): Learned {
  return {
    positions: stepper.programs.map(({ size }) => size),
    values: machine.wideValues.map(({ size }) => size),
    decisions: stepper.decisions.length,
  }
}

/** What is to be learned beyond `since`; without it, everything. */
export function knowledgeOf(machine: Machine, stepper: Stepper, since?: Learned): Knowledge {
  const positions: number[] = []
  for (const [task, { size, parents, inputs }] of stepper.programs.entries()) {
    for (let position = since?.positions[task] ?? 0; position < size; position++) {
      positions.push(task, parents[position] as number, inputs[position] as number)
    }
  }
  const values: number[] = []
  for (const [at, table] of machine.wideValues.entries()) {
    for (let number = since?.values[at] ?? 0; number < table.size; number++) {
      values.push(at, table.valueOf(number))
    }
  }
  return {
    positions,
    values,
    decisions: stepper.decisions.slice(since?.decisions ?? 0),
    limits: machine.layout.fields.map(({ limit }) => limit),
  }
}

/**
 * Learns what another search has learned of an identical machine.
 * @throws Error when the machine is not identical.
 */
export function learn(
  machine: Machine,
  stepper: Stepper,
  { positions, values, decisions, limits }: Knowledge,
): void {
  // Code that is run to learn positions may ask for the values.
  for (let at = 0; at < values.length; at += 2) {
    machine.wideValues[values[at] as number]?.numberOf(values[at + 1] as number)
  }
  for (let at = 0; at < positions.length; at += 3) {
    const [task, parent, input] = positions.slice(at, at + 3) as [number, number, number]
    // Where a task starts it has known from the beginning.
    if (parent >= 0) stepper.programs[task]?.edge(parent, input)
  }
  for (let at = 0; at < decisions.length; at += 3) {
    const [task, position, decision] = decisions.slice(at, at + 3) as [number, number, number]
    stepper.decide(task, position, decision)
  }
  const { layout } = machine
  if (layout.fields.some(({ limit }, index) => limit !== limits[index])) {
    layout.relimit((_, index) => limits[index] as number)
  }
}

/** What there is to know of a machine as far as it was unfolded, as text: different texts mean different machines. */
export function describeMachine(machine: Machine, { programs }: Stepper): string {
  const { objects, tasks, wideValues } = machine
  const lines = objects.map((object) => [object, ...object.fields.map(({ name }) => name)].join())
  for (const { operations, inputs, name } of programs) {
    lines.push(name, ...operations.map((operation, at) => `${inputs[at]} ${operation}`))
  }
  for (const values of wideValues) {
    const numbers = Array.from({ length: values.size }, (_, number) => values.valueOf(number))
    lines.push(values.name, numbers.join())
  }
  return [...lines, ...tasks].join('\n')
}
