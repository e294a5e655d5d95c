/**
 * Object: a named thing that tasks share (a lock, a queue, a variable, another task). What it remembers is in fields
 * of the row, nowhere else.
 */
import type { Field } from './layout.js'

/** Identical parts of a machine: what one call of `replicate` made. Its members may be renamed freely. */
export interface Group {
  readonly name: string
  readonly size: number
  /** The objects made for each replica; those at the same place correspond. */
  readonly replicas: MachineObject[][]
}

/** Where an object belongs, when it is one of several identical ones. */
export interface Membership {
  readonly group: Group
  readonly replica: number
  readonly place: number
}

/** A named thing in a machine. Made through the machine, which numbers it. */
export class MachineObject {
  readonly fields: Field[] = []
  /** What this object and those corresponding to it have in common: the id of the first of them. */
  readonly kin: number

  constructor(
    /** Its number in the machine. */
    readonly id: number,
    readonly name: string,
    readonly membership: Membership | null,
  ) {
    this.kin = membership?.group.replicas[0]?.[membership.place]?.id ?? id
  }

  /** What stands for it in a field that refers to objects; 0 there refers to none. */
  get reference(): number {
    return this.id + 1
  }

  /** Its name; of one among several identical ones, with its number. */
  toString(): string {
    const several = this.membership !== null && this.membership.group.size > 1
    return several ? `${this.name}#${this.membership.replica + 1}` : this.name
  }
}
