/**
 * Operation: one atomic step of a task. A task yields operations; what it does in between is invisible to others.
 * An operation reads and writes the row and nothing else, so the search can apply it to any state without
 * running the task's code.
 */
import { Misuse } from './errors.js'
import type { Row } from './layout.js'
import type { MachineObject } from './object.js'

/** What a generator of operations is, with `R` as what it returns. */
export type Steps<R> = Generator<Operation | Call, R, unknown>

/** The result of an attempt that cannot happen now. */
export const BLOCKED = -1

/** What a blocked task waits for, and who can end that. */
export interface Wait {
  /** What it waits for, as the end of a sentence: `mutex dqlock`. It is for printing alone. */
  readonly what: string
  /** The objects that it waits for. By default the operation's own object. */
  readonly objects?: readonly MachineObject[]
  /**
   * The tasks that can end the wait, by number, where the state tells: the owner of a lock. By default they follow from the
   * code: whoever can come to an operation that wakes one of the objects.
   */
  readonly tasks?: readonly number[]
}

/** What an operation is made of. */
export interface OperationSpec {
  /** What is done: `mutex_lock`. Together with the object and the operands it tells one operation from another. */
  readonly name: string
  /** How it is printed, where `name(object, operands)` would not do. */
  readonly label?: string
  /** What it works on; by default only on the task that runs it. */
  readonly object?: MachineObject
  /** Further objects and numbers that tell it from others of this name on the same object. */
  readonly operands?: readonly (MachineObject | number)[]
  /**
   * Does it: changes the row and returns the result (0 or more), or returns BLOCKED and changes nothing.
   * `outcome` (0 to `outcomes` - 1) says which of the possible turns it takes.
   */
  readonly attempt: (row: Row, task: number, outcome: number) => number
  /** How many ways it can turn out, where that is not decided by the row. By default 1. */
  readonly outcomes?: number
  /** What each result means, for schedules: as a list, or as a function of the result. */
  readonly results?: readonly string[] | ((result: number) => string)
  /** True if a result v > 0 refers to the machine's object v - 1. */
  readonly refers?: boolean
  /** Says what a blocked task waits for. */
  readonly wait?: (row: Row, task: number) => Wait
  /** True if it can end waits of other tasks for its object. By default it cannot. */
  readonly wakes?: boolean
  /** What it does to its object, as a bit. See partial-order.ts. */
  readonly access?: number
  /**
   * The accesses, by other tasks to the same object, that it does not commute with as a left mover. By default all:
   * it is not a left mover. See partial-order.ts.
   */
  readonly conflicts?: number
}

/** The conflicts of an operation that is not a left mover. */
const ALL = -1

/**
 * One atomic step: what it does to a row, what its results mean, and what the reductions may assume of it. Made once
 * for each combination of name, object and operands, since the search tells steps apart by identity.
 */
export class Operation {
  /** See {@link OperationSpec.name}. */
  readonly name: string
  /** What it works on; null when it is only the task that runs it. */
  readonly object: MachineObject | null
  /** See {@link OperationSpec.operands}; empty by default. */
  readonly operands: readonly (MachineObject | number)[]
  /** See {@link OperationSpec.attempt}. */
  readonly attempt: (row: Row, task: number, outcome: number) => number
  /** How many ways it can turn out: at least 1. */
  readonly outcomes: number
  /** What each result means; null when there is nothing to say. */
  readonly results: readonly string[] | ((result: number) => string) | null
  /** Says of a result v > 0 that it refers to the machine's object v - 1. */
  readonly refers: boolean
  /** Says what a blocked task waits for; null when that is the object, and nothing more is known. */
  readonly wait: ((row: Row, task: number) => Wait) | null
  /** What it does to its object, as a bit. See partial-order.ts. */
  readonly access: number
  /** The accesses that it does not commute with as a left mover; all bits when it is not one. See partial-order.ts. */
  readonly conflicts: number
  /** Says that it can end waits of other tasks for its object. */
  readonly wakes: boolean
  readonly #label: string | null
  /** Where to note from where it is yielded, while somebody wants to know. */
  sites: string[] | null = null

  constructor(spec: OperationSpec) {
    this.name = spec.name
    this.object = spec.object ?? null
    this.operands = spec.operands ?? []
    this.attempt = spec.attempt
    this.outcomes = spec.outcomes ?? 1
    if (this.outcomes < 1) throw new Misuse(`${spec.name}: there is nothing to choose from`)
    this.results = spec.results ?? null
    this.refers = spec.refers ?? false
    this.wait = spec.wait ?? null
    this.access = spec.access ?? 0
    this.conflicts = spec.conflicts ?? (spec.object === undefined ? 0 : ALL)
    this.wakes = spec.wakes ?? false
    this.#label = spec.label ?? null
  }

  /** Performs it as a step of the running task: `yield* operation`. Returns its result. */
  *[Symbol.iterator](): Steps<number> {
    this.sites?.push(new Error().stack ?? '')
    return (yield this) as number
  }

  /** What a result means, in words; empty where there is nothing to say. */
  meaning(result: number): string {
    if (typeof this.results === 'function') return this.results(result)
    return this.results?.[result] ?? ''
  }

  /** `mutex_lock(dqlock)`; a choice is printed by its name alone. */
  toString(): string {
    if (this.#label !== null) return this.#label
    const operands = [...(this.object === null ? [] : [this.object]), ...this.operands]
    if (operands.length === 0 && this.outcomes > 1) return this.name
    return `${this.name}(${operands.join(', ')})`
  }
}

/**
 * Returns true if two tasks do the same thing, each to its own objects.
 * @param imageOf the number of the object to which the second does what the first does to the object with this number.
 */
export function corresponds(
  here: Operation | null,
  there: Operation | null,
  imageOf: (id: number) => number,
): boolean {
  if (here === null || there === null) return here === there
  const matches = (a: MachineObject | number | null, b: MachineObject | number | null): boolean => {
    if (a === null || b === null || typeof a === 'number' || typeof b === 'number') return a === b
    return imageOf(a.id) === b.id
  }
  return (
    here.name === there.name &&
    here.outcomes === there.outcomes &&
    matches(here.object, there.object) &&
    here.operands.length === there.operands.length &&
    here.operands.every((operand, at) => matches(operand, there.operands[at] ?? null))
  )
}

/** What may be given to a procedure and returned by it: what has an identity of its own. */
export type Value = number | string | boolean | undefined | null | MachineObject

/** A request to run a procedure as a frame of its own. */
export class Call {
  constructor(
    /** The procedure to run. */
    readonly procedure: ProcedureLike,
    /** What it is given. Numbers, strings, booleans and objects of the machine. */
    readonly args: readonly Value[],
  ) {}
}

/** A procedure, as far as a call has to know it. */
export interface ProcedureLike {
  /**
   * Its number, in the order in which procedures and tasks were made; of one that replicas have, that of the first. Machines
   * that were built alike have the same numbers.
   */
  readonly kin: number
  /** What it is called on stacks. */
  readonly name: string
  /** Says that it starts over, having forgotten all, until it returns something other than undefined. */
  readonly loop: boolean
  /** What it is to whoever built the model, who finds it again on the stacks of tasks. The machine does not look at it. */
  readonly role: unknown
  /** Its code: it is run anew for each way that is new to the search. */
  readonly body: (...args: never) => Steps<unknown>
}
