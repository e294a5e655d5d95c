/**
 * Domain: the values that a variable or a channel can hold, and the number that stands for each in a row. What tasks share
 * has to be plain and finite, since states are compared by what they hold.
 */
import { Misuse } from '../machine/errors.js'
import { MAX_VALUE } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import { MachineObject } from '../machine/object.js'

/** A set of values, each of which has a number. */
export interface Domain<T> {
  /** Says of what is held that it refers to the machine's objects: then symmetry may rename it. */
  readonly refers: boolean
  /**
   * The number that stands for a value, from 0.
   * @param holder what is to hold it, for the error.
   * @throws Misuse when the domain does not have the value.
   */
  encode(value: T, holder: MachineObject): number
  /** The value that a number stands for. */
  decode(held: number): T
}

/** Whole numbers from 0 to 1,073,741,823: each stands for itself. */
export const WHOLE_NUMBERS: Domain<number> = {
  refers: false,
  encode(value, holder) {
    if (!Number.isInteger(value) || value < 0 || value > MAX_VALUE) {
      throw new Misuse(
        `${holder} cannot hold ${describe(value)}: it holds whole numbers from 0 to ${MAX_VALUE}`,
      )
    }
    return value
  },
  decode: (held) => held,
}

/** The values of a list; each is known by its place in it. */
export function oneOf<T>(values: readonly T[]): Domain<T> {
  if (values.length === 0) throw new Misuse('a list of values needs at least one')
  const places = new Map(values.map((value, place) => [value, place]))
  return {
    refers: false,
    encode(value, holder) {
      const place = places.get(value)
      if (place === undefined) {
        throw new Misuse(
          `${holder} cannot hold ${describe(value)}: it holds ${values.map(describe).join(', ')}`,
        )
      }
      return place
    },
    decode: (held) => values[held] as T,
  }
}

/** The objects of a machine. An object is known by reference, so identical ones remain interchangeable. */
export function objectsOf(machine: Machine): Domain<MachineObject> {
  return {
    refers: true,
    encode(value, holder) {
      if (!(value instanceof MachineObject) || machine.objects[value.id] !== value) {
        throw new Misuse(
          `${holder} cannot hold ${describe(value)}: it holds shared objects of this model`,
        )
      }
      return value.reference
    },
    decode: (held) => machine.referred(held) as MachineObject,
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
