/**
 * Variable: a value that tasks share. A JavaScript variable cannot be used for that, because every interleaving has to
 * see a value of its own. Each function is one step; other tasks can move between two of them.
 */
import type { Field, Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { BLOCKED, Operation, type Steps } from '../machine/operation.js'
import { Operations } from '../machine/operations.js'
import type { Domain } from './domain.js'
import type { Observable } from './observable.js'

/** A value that tasks share, out of a finite set. Each function is one step, which `yield*` takes. */
export class Variable<T> implements Observable<T> {
  /** What stands for it in the machine: for `build.any`, and for tools. */
  readonly object: MachineObject
  /** The values that it can hold. */
  protected readonly domain: Domain<T>
  /** Where a row has its value. */
  protected readonly field: Field
  readonly #get: Operation
  readonly #set: Operations<number>
  readonly #exchange: Operations<number>
  readonly #compareAndSet: Operations<string>
  readonly #until: Operations<number>
  readonly #untilNot: Operations<number>

  /** @throws Misuse when the domain does not have the initial value. */
  constructor(machine: Machine, name: string, initial: T, domain: Domain<T>) {
    const object = machine.object(name)
    const field = machine.field(object, 'value', domain.encode(initial, object))
    const text = (held: number): string => `${domain.decode(held)}`
    this.object = object
    this.domain = domain
    this.field = field
    this.#get = new Operation({
      name: 'get',
      object,
      label: `${object}.get()`,
      results: text,
      attempt: (row) => field.get(row),
    })
    this.#set = new Operations(
      (value) =>
        new Operation({
          name: 'set',
          object,
          operands: [value],
          label: `${object}.set(${text(value)})`,
          wakes: true,
          attempt: (row) => {
            field.set(row, value)
            return 0
          },
        }),
    )
    this.#exchange = new Operations(
      (value) =>
        new Operation({
          name: 'exchange',
          object,
          operands: [value],
          label: `${object}.exchange(${text(value)})`,
          results: text,
          wakes: true,
          attempt: (row) => {
            const before = field.get(row)
            field.set(row, value)
            return before
          },
        }),
    )
    this.#compareAndSet = new Operations((key) => {
      const [expected, value] = key.split(' ').map(Number) as [number, number]
      return new Operation({
        name: 'compareAndSet',
        object,
        operands: [expected, value],
        label: `${object}.compareAndSet(${text(expected)}, ${text(value)})`,
        results: ['false', 'true'],
        wakes: true,
        attempt: (row) => {
          if (field.get(row) !== expected) return 0
          field.set(row, value)
          return 1
        },
      })
    })
    const waiting = (name: string, holds: (held: number, value: number) => boolean) =>
      new Operations<number>((value) => {
        const label = `${object}.${name}(${text(value)})`
        return new Operation({
          name,
          object,
          operands: [value],
          label,
          wait: () => ({ what: label }),
          attempt: (row) => (holds(field.get(row), value) ? 0 : BLOCKED),
        })
      })
    this.#until = waiting('until', (held, value) => held === value)
    this.#untilNot = waiting('untilNot', (held, value) => held !== value)
  }

  /** Reads it. */
  *get(): Steps<T> {
    return this.domain.decode(yield* this.#get)
  }

  /** Writes it. @throws Misuse when it cannot hold the value. */
  *set(value: T): Steps<void> {
    yield* this.#set.with(this.encode(value))
  }

  /** Writes it, and returns what it held before. @throws Misuse when it cannot hold the value. */
  *exchange(value: T): Steps<T> {
    return this.domain.decode(yield* this.#exchange.with(this.encode(value)))
  }

  /** Writes it if it holds `expected`, and returns whether it did. @throws Misuse when it cannot hold one of them. */
  *compareAndSet(expected: T, value: T): Steps<boolean> {
    const key = `${this.encode(expected)} ${this.encode(value)}`
    return (yield* this.#compareAndSet.with(key)) === 1
  }

  /** Waits until it holds this value. */
  *until(value: T): Steps<void> {
    yield* this.#until.with(this.encode(value))
  }

  /** Waits until it holds another value than this. */
  *untilNot(value: T): Steps<void> {
    yield* this.#untilNot.with(this.encode(value))
  }

  observe(row: Row): T {
    return this.domain.decode(this.field.get(row))
  }

  /** The number of a value. @throws Misuse when it cannot hold it. */
  protected encode(value: T): number {
    return this.domain.encode(value, this.object)
  }
}
