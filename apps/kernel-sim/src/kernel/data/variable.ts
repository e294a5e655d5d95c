/**
 * Variable: a small number that tasks share, 0 or more. Plain JavaScript variables cannot be used for that: every
 * interleaving must see its own value.
 */

import type { Field, Machine, MachineObject } from '@scopemask/checker/machine'
import { BLOCKED, MAX_VALUE, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { KernelOperation, type Kinded } from '../operation.js'
import type { TaskStates } from '../task/task-state.js'

/** What an operation on a variable is made of. */
type Change = Pick<Operation, 'attempt' | 'wakes'> &
  Kinded & {
    readonly operands: readonly number[]
    readonly outcomes?: number
    readonly results?: readonly string[]
    /** What it waits for the variable to be, where it waits. */
    readonly until?: string
  }

/** A whole number that tasks share, from 0 to 1,073,741,823. Each function is one step. */
export class Variable {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #value: Field
  readonly #tasks: TaskStates
  readonly #operations = new Map<string, Operation>()
  readonly #get: Operation

  constructor(machine: Machine, tasks: TaskStates, name: string, initial: number) {
    this.#tasks = tasks
    this.object = machine.object(name)
    this.#check(initial)
    this.#value = machine.field(this.object, 'value', initial)
    this.#get = new KernelOperation({
      name: 'read',
      object: this.object,
      attempt: (row) => this.#value.get(row),
    })
  }

  /** Reads it. */
  *get(): Steps<number> {
    return yield* this.#get
  }

  /** Writes it. @throws Misuse when it is not a whole number from 0 to 1,073,741,823. */
  *set(value: number): Steps<void> {
    this.#check(value)
    yield* this.#change('set', [value], (row) => {
      this.#value.set(row, value)
      return 0
    })
  }

  /** Adds to it, in one step. @throws Misuse when it would be less than 0. */
  *add(by: number): Steps<void> {
    yield* this.#change('add', [by], (row, task) => {
      const value = this.#value.get(row) + by
      if (value < 0 || value > MAX_VALUE) {
        throw new Misuse(
          `${this.#tasks.name(task)} makes ${this.object} ${value}: it holds whole numbers from 0 to ${MAX_VALUE}`,
        )
      }
      this.#value.set(row, value)
      return 0
    })
  }

  /** Sleeps until it has this value. */
  *waitUntil(value: number): Steps<void> {
    yield* this.#operation({
      name: 'wait_event',
      operands: [value],
      wakes: false,
      until: `${value}`,
      attempt: (row, task) => {
        this.#tasks.mightSleep(row, task, 'wait_event', this.object)
        return this.#value.get(row) === value ? 0 : BLOCKED
      },
    })
  }

  /** As {@link waitUntil}, but as long as it has another value it may time out. @returns true if it has the value. */
  *waitUntilTimeout(value: number): Steps<boolean> {
    const wait = this.#operation({
      name: 'wait_event_timeout',
      operands: [value],
      wakes: false,
      outcomes: 2,
      results: ['timed out', 'holds'],
      until: `${value}`,
      attempt: (row, task, outcome) => {
        this.#tasks.mightSleep(row, task, 'wait_event_timeout', this.object)
        const holds = this.#value.get(row) === value ? 1 : 0
        return outcome === holds ? holds : BLOCKED
      },
    })
    return (yield* wait) === 1
  }

  /** Sleeps until it has another value than this. */
  *waitWhile(value: number): Steps<void> {
    yield* this.#operation({
      name: 'wait_event_not',
      operands: [value],
      wakes: false,
      until: `other than ${value}`,
      attempt: (row, task) => {
        this.#tasks.mightSleep(row, task, 'wait_event_not', this.object)
        return this.#value.get(row) === value ? BLOCKED : 0
      },
    })
  }

  /** Sleeps until it has the value `from`, and gives it the value `to` in the same step. */
  *exchange(from: number, to: number): Steps<void> {
    this.#check(to)
    yield* this.#operation({
      name: 'wait_and_set',
      operands: [from, to],
      wakes: true,
      until: `${from}`,
      attempt: (row, task) => {
        this.#tasks.mightSleep(row, task, 'wait_and_set', this.object)
        if (this.#value.get(row) !== from) return BLOCKED
        this.#value.set(row, to)
        return 0
      },
    })
  }

  /** An operation that takes one away if there is one, and results in whether there was. */
  takeOne(name: string): Operation {
    const attempt: Operation['attempt'] = (row) => {
      const value = this.#value.get(row)
      if (value === 0) return 0
      this.#value.set(row, value - 1)
      return 1
    }
    return this.#operation({ name, kind: 'take_one', operands: [], wakes: true, attempt })
  }

  /** An operation that gives it another value, and so may end waits. */
  #change(
    name: 'set' | 'add',
    operands: readonly number[],
    attempt: Operation['attempt'],
  ): Operation {
    return this.#operation({ name, operands, wakes: true, attempt })
  }

  #operation({ until, ...spec }: Change): Operation {
    const key = `${spec.kind ?? ''} ${spec.name} ${spec.operands.join()}`
    let operation = this.#operations.get(key)
    if (operation === undefined) {
      const { object } = this
      const wait = until === undefined ? {} : { wait: () => ({ what: `${object} to be ${until}` }) }
      operation = new KernelOperation({ ...spec, ...wait, object })
      this.#operations.set(key, operation)
    }
    return operation
  }

  #check(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > MAX_VALUE) {
      throw new Misuse(
        `${this.object} is set to ${value}: it holds whole numbers from 0 to ${MAX_VALUE}`,
      )
    }
  }
}
