/**
 * Operation: one atomic step of a task. A task yields operations; what it does in between is invisible to others.
 * An operation reads and writes the row and nothing else, so the search can apply it to any state without
 * running the task's code.
 */
import type { Row } from './layout.js'
import type { MachineObject } from './object.js'

/** What a generator of operations is, with `R` as what it returns. */
export type Steps<R> = Generator<Operation | Call, R, unknown>

/** The result of an attempt that cannot happen now. */
export const BLOCKED = -1

/** Whom a blocked task waits for. */
export interface Wait {
  /** What it waits for, as the end of a sentence: `mutex dqlock`. */
  readonly what: string
  /** The tasks that can end the wait, by number; none when nobody in particular can. */
  readonly tasks: readonly number[]
}

/** What an operation is made of. */
export interface OperationSpec {
  /** The kernel's name for it: `mutex_lock`. */
  readonly name: string
  /** What it works on; by default only on the task that runs it. */
  readonly object?: MachineObject
  /** A second object, or a number, that tells it from others on the same object. */
  readonly operand?: MachineObject | number
  /**
   * Does it: changes the row and returns the result (0 or more), or returns BLOCKED and changes nothing.
   * `outcome` (0 to `outcomes` - 1) says which of the possible turns it takes.
   */
  readonly attempt: (row: Row, task: number, outcome: number) => number
  /** How many ways it can turn out, where that is not decided by the row. By default 1. */
  readonly outcomes?: number
  /** What each result means, for schedules. */
  readonly results?: readonly string[]
  /** Whether a result v > 0 refers to the machine's object v - 1. */
  readonly refers?: boolean
  /** Says whom a blocked task waits for. */
  readonly wait?: (row: Row, task: number) => Wait
  /** What it does to its object, as a bit. See partial-order.ts. */
  readonly access?: number
  /**
   * The accesses, by other tasks to the same object, that it does not commute with as a left mover. By default all:
   * it is no left mover. See partial-order.ts.
   */
  readonly conflicts?: number
  /** Locks that it takes or drops and the like, for whoever watches a single execution. */
  readonly effect?: Effect
}

/** What an operation means to an observer of an execution, such as lockdep. */
export type Effect =
  | {
      readonly kind: 'acquire'
      readonly lock: MachineObject
      /** What lockdep takes the lock for; by default its name. */
      readonly class?: string
      readonly mode: 'write' | 'read' | 'recursive-read'
      /** A trylock has taken the lock if its result is not 0. */
      readonly trylock?: boolean
      readonly subclass?: number
    }
  | { readonly kind: 'release'; readonly lock: MachineObject; readonly class?: string }
  /** An allocation; whether lockdep takes it as one that may enter the filesystem follows from its result. */
  | { readonly kind: 'alloc'; readonly entersFs: (result: number) => boolean }
  | { readonly kind: 'fs_reclaim_acquire' | 'fs_reclaim_release' }
  /** A worker begins the item that the result refers to, from a queue that is found in the row. */
  | { readonly kind: 'begin_work'; readonly queue: (row: Row, result: number) => string }
  | { readonly kind: 'finish_work'; readonly lock: MachineObject }
  /** Somebody waits for something that lockdep takes for a lock, such as a work item; perhaps for more, by the result. */
  | {
      readonly kind: 'pass'
      readonly lock: MachineObject
      readonly class?: string
      readonly also?: (result: number) => string | null
    }
  /** It wakes who waits for its object. */
  | { readonly kind: 'wake' }

/** Conflicts of an operation that is no left mover. */
const ALL = -1

export class Operation {
  readonly name: string
  readonly object: MachineObject | null
  readonly operand: MachineObject | number | null
  readonly attempt: (row: Row, task: number, outcome: number) => number
  readonly outcomes: number
  readonly results: readonly string[] | null
  readonly refers: boolean
  readonly wait: ((row: Row, task: number) => Wait) | null
  readonly access: number
  readonly conflicts: number
  readonly effect: Effect | null
  /** Where to note from where it is yielded, while somebody wants to know. */
  sites: string[] | null = null

  constructor(spec: OperationSpec) {
    this.name = spec.name
    this.object = spec.object ?? null
    this.operand = spec.operand ?? null
    this.attempt = spec.attempt
    this.outcomes = spec.outcomes ?? 1
    this.results = spec.results ?? null
    this.refers = spec.refers ?? false
    this.wait = spec.wait ?? null
    this.access = spec.access ?? 0
    this.conflicts = spec.conflicts ?? (spec.object === undefined ? 0 : ALL)
    this.effect = spec.effect ?? null
  }

  /** Performs it as a step of the running task: `yield* operation`. Returns its result. */
  *[Symbol.iterator](): Steps<number> {
    this.sites?.push(new Error().stack ?? '')
    return (yield this) as number
  }

  /** `mutex_lock(dqlock)`; a choice has no operands, only its name. */
  toString(): string {
    const operands = [this.object, this.operand].filter((operand) => operand !== null)
    if (operands.length === 0 && (this.outcomes > 1 || this.name.endsWith(')'))) return this.name
    return `${this.name}(${operands.join(', ')})`
  }
}

/** What may be given to a procedure and returned by it: what has an identity of its own. */
export type Value = number | string | boolean | undefined | null | MachineObject

/** A request to run a procedure as a frame of its own. See procedure.ts. */
export class Call {
  constructor(
    readonly procedure: ProcedureLike,
    readonly args: readonly Value[],
  ) {}
}

/** A procedure, as far as a call has to know it. */
export interface ProcedureLike {
  readonly name: string
  readonly loop: boolean
  readonly body: (...args: never) => Steps<unknown>
}
