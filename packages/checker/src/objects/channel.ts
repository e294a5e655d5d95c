/** Channel: a queue of values between tasks, first in, first out. Who receives from an empty one, or sends into a full one, waits. */
import { Misuse } from '../machine/errors.js'
import type { Field, Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { BLOCKED, Operation, type Steps } from '../machine/operation.js'
import { Operations } from '../machine/operations.js'
import type { Domain } from './domain.js'
import type { Observable } from './observable.js'

/** How many values one channel can hold at most: each has a place in every state. */
const MAX_CAPACITY = 1_000

/** It is seen as the values that it holds, the next one to be received first. */
export class Channel<T> implements Observable<readonly T[]> {
  /** What stands for it in the machine: for `build.any`, and for tools. */
  readonly object: MachineObject
  readonly #domain: Domain<T>
  readonly #length: Field
  readonly #slots: readonly Field[]
  readonly #send: Operations<number>
  readonly #trySend: Operations<number>
  readonly #receive: Operation

  /** @throws Misuse when the capacity is not a whole number from 1. */
  constructor(machine: Machine, name: string, capacity: number, domain: Domain<T>) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
      throw new Misuse(
        `channel ${name} cannot have the capacity ${capacity}: it takes 1 to ${MAX_CAPACITY}`,
      )
    }
    const object = machine.object(name)
    this.object = object
    this.#domain = domain
    this.#length = machine.field(object, 'length')
    this.#slots = Array.from({ length: capacity }, (_, at) =>
      domain.refers ? machine.reference(object, `slot ${at}`) : machine.field(object, `slot ${at}`),
    )
    const text = (held: number): string => `${domain.decode(held)}`
    const sending = (name: string, full: number, sent: number, results: readonly string[]) =>
      new Operations<number>((value) => {
        return new Operation({
          name,
          object,
          operands: [domain.refers ? (machine.referred(value) as MachineObject) : value],
          label: `${object}.${name}(${text(value)})`,
          results,
          wakes: true,
          attempt: (row) => (this.#put(row, value) ? sent : full),
          wait: () => ({ what: `room in channel ${object}` }),
        })
      })
    this.#send = sending('send', BLOCKED, 0, [])
    this.#trySend = sending('trySend', 0, 1, ['false', 'true'])
    this.#receive = new Operation({
      name: 'receive',
      object,
      label: `${object}.receive()`,
      refers: domain.refers,
      results: text,
      wakes: true,
      attempt: (row) => this.#take(row),
      wait: () => ({ what: `a value in channel ${object}` }),
    })
  }

  /** Waits until there is room, and puts a value at the end. @throws Misuse when the channel cannot hold it. */
  *send(value: T): Steps<void> {
    yield* this.#send.with(this.#domain.encode(value, this.object))
  }

  /** Puts a value at the end if there is room, and returns whether there was. @throws Misuse as {@link send} does. */
  *trySend(value: T): Steps<boolean> {
    return (yield* this.#trySend.with(this.#domain.encode(value, this.object))) === 1
  }

  /** Waits until there is a value, and takes the first one off. */
  *receive(): Steps<T> {
    return this.#domain.decode(yield* this.#receive)
  }

  observe(row: Row): readonly T[] {
    return this.#slots
      .slice(0, this.#length.get(row))
      .map((slot) => this.#domain.decode(slot.get(row)))
  }

  #put(row: Row, value: number): boolean {
    const length = this.#length.get(row)
    const slot = this.#slots[length]
    if (slot === undefined) return false
    slot.set(row, value)
    this.#length.set(row, length + 1)
    return true
  }

  #take(row: Row): number {
    const length = this.#length.get(row)
    if (length === 0) return BLOCKED
    const slots = this.#slots
    const taken = (slots[0] as Field).get(row)
    for (let at = 0; at < length; at++) slots[at]?.set(row, slots[at + 1]?.get(row) ?? 0)
    this.#length.set(row, length - 1)
    return taken
  }
}
