/**
 * Object: a named thing that tasks share (a lock, a queue, a variable, another task). What it remembers is in fields
 * of the row, nowhere else.
 */
import type { Field } from './layout.js'

/** Identical parts of a machine: what one call of `replicate` made. Its members may be renamed freely. */
export interface Group {
  /** What the parts are called. */
  readonly name: string
  /** How many parts there are. */
  readonly size: number
  /** The objects made for each replica; those at the same place correspond. */
  readonly replicas: MachineObject[][]
}

/** Where an object belongs, when it is one of several identical ones. */
export interface Membership {
  /** The group that it belongs to. */
  readonly group: Group
  /** Which of the parts it belongs to, from 0. */
  readonly replica: number
  /** Its number among the objects of its part. Objects at the same place of different parts correspond. */
  readonly place: number
}

/** A named thing in a machine. Made through the machine, which numbers it. */
export class MachineObject {
  /** What it remembers, as fields of a row. */
  readonly fields: Field[] = []
  /** What this object and those corresponding to it have in common: the id of the first of them. */
  readonly kin: number

  constructor(
    /** Its number in the machine. */
    readonly id: number,
    /** Its name, without the number that tells identical ones apart. */
    readonly name: string,
    /** Where it belongs, when it is one of several identical ones; else null. */
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
