/**
 * Symmetry: states that differ only in which of several identical parts is which are one state. From each class of
 * such states the search keeps one.
 *
 * Why nothing is lost: a renaming of replicas maps tasks to tasks, objects to objects, references to references
 * and, since identical tasks run the same code, positions to positions. Such a renaming maps every execution to an
 * execution. So a state can reach a deadlock, or an end, if and only if its renamed state can; and whatever
 * representative is taken of a class, only a renaming has been applied. That the code of replicas is the same is checked:
 * wherever a position is renamed, the operation there has to be the renamed operation.
 *
 * The representative is found by sorting. Each replica gets a key from what its objects and tasks hold, names
 * left out; then again and again from the keys of the replicas that it refers to and that refer to it (this is colour
 * refinement, the first step of programs that compare graphs). Replicas that still have the same key are taken to be
 * interchangeable: one of them is put first, and the keys of those around it follow. If two were not, which no model
 * has shown, a class would be kept twice, which costs time and is not wrong.
 */
import { Misuse } from '../machine/errors.js'
import type { Field, Row } from '../machine/layout.js'
import { type Machine, Task } from '../machine/machine.js'
import type { Group, MachineObject } from '../machine/object.js'
import { corresponds } from '../machine/operation.js'
import type { Program } from '../machine/program.js'

/** A field of an object, with what sorting has to know of it. */
interface Slot {
  readonly field: Field
  readonly holder: MachineObject
  /** The replica that it belongs to, among all of the machine, or -1. */
  readonly replica: number
  /** The same for corresponding fields. */
  readonly salt: number
  /** The corresponding fields, by the id of their holder. */
  readonly kin: readonly (Field | undefined)[]
}

/** The position of a task. */
interface Place extends Omit<Slot, 'kin' | 'holder'> {
  readonly task: Task
}

/** What a renaming does. */
export interface Renaming {
  /** The object that each becomes, by id. */
  readonly objects: Int32Array
  /** The position that each becomes, by task and position; filled as they come up. */
  readonly positions: number[][]
  /** Says that it changes nothing. */
  readonly identity: boolean
}

/** What a position tells, once names are left out. */
interface Shape {
  /** The same for corresponding positions. */
  readonly key: number
  /** The replicas that the task knows of there, in order. */
  readonly replicas: readonly number[]
}

/** Renames identical parts so that states which differ only in names become one state, their representative. */
export class Symmetry {
  readonly #machine: Machine
  readonly #programs: readonly Program[]
  /** Positions of tasks, references to objects, and numbers. */
  readonly #places: Place[] = []
  readonly #references: Slot[] = []
  readonly #numbers: Slot[] = []
  /** The replica, among all of the machine, of each object by id; -1 for none. */
  readonly #replicas: Int32Array
  readonly #kin: Int32Array
  /** The first replica of each group, among all of the machine. */
  readonly #bases: number[] = []
  readonly #count: number
  readonly #keys: Int32Array
  readonly #around: Int32Array
  /** Which replicas refer to others: from, to, and how. */
  #related = new Int32Array(3 * 16)
  #relations = 0
  readonly #isRelated: Uint8Array
  /** Which replica stands at each place of the representative. */
  readonly #order: Int32Array
  readonly #shapes: Shape[][]
  readonly #renamings = new Map<number | string, Renaming>()
  /** The renaming that `canonicalize` applied last. */
  renaming: Renaming
  /** The renaming that changes nothing. */
  readonly identity: Renaming

  constructor(machine: Machine, programs: readonly Program[]) {
    this.#machine = machine
    this.#programs = programs
    let count = 0
    for (const group of machine.groups) {
      this.#bases.push(count)
      count += group.size
    }
    this.#count = count
    this.#kin = Int32Array.from(machine.objects, ({ kin }) => kin)
    this.#replicas = Int32Array.from(machine.objects, ({ membership }) => {
      if (membership === null) return -1
      return (this.#bases[machine.groups.indexOf(membership.group)] as number) + membership.replica
    })
    this.#keys = new Int32Array(count)
    this.#around = new Int32Array(count)
    this.#isRelated = new Uint8Array(count)
    this.#order = new Int32Array(count)
    this.#shapes = machine.tasks.map(() => [])
    this.identity = this.#renamingOf(this.#order.map((_, at) => this.#placeOf(at)))
    this.renaming = this.identity
    for (const holder of machine.objects) {
      for (const [at, field] of holder.fields.entries()) {
        const replica = this.#replicas[holder.id] as number
        const salt = mix(holder.kin + 1, at + 1)
        if (holder instanceof Task && at === 0) {
          this.#places.push({ field, replica, salt, task: holder })
          continue
        }
        const kin = machine.objects.map((other) =>
          other.kin === holder.kin ? other.fields[at] : undefined,
        )
        const slots = field.refers ? this.#references : this.#numbers
        slots.push({ field, holder, replica, salt, kin })
      }
    }
  }

  /** The symmetry of a machine; null when it has no identical parts. */
  static of(machine: Machine, programs: readonly Program[]): Symmetry | null {
    return machine.groups.some(({ size }) => size > 1) ? new Symmetry(machine, programs) : null
  }

  /** Writes the representative of a state's class into `to`. */
  canonicalize(row: Row, to: Row): void {
    this.#sort(row)
    this.renaming = this.#renamingOf(this.#order)
    this.rename(row, this.renaming, to)
  }

  /** Writes the renamed state into `to`. */
  rename(row: Row, renaming: Renaming, to: Row): void {
    if (renaming.identity) {
      to.set(row)
      return
    }
    to.fill(0)
    const { objects } = renaming
    for (const { field, task } of this.#places) {
      const image = this.#machine.objects[objects[task.id] as number] as Task
      image.position.set(to, this.#image(task, field.get(row), renaming))
    }
    // What is 0 is 0 already.
    for (const { field, holder, kin } of this.#references) {
      const held = field.get(row)
      if (held === 0) continue
      const target = kin[objects[holder.id] as number] as Field
      target.set(to, (objects[held - 1] as number) + 1)
    }
    for (const { field, holder, kin } of this.#numbers) {
      const held = field.get(row)
      if (held !== 0) (kin[objects[holder.id] as number] as Field).set(to, held)
    }
  }

  /** Decides the order of replicas in each group. */
  #sort(row: Row): void {
    const keys = this.#keys
    keys.fill(0)
    this.#isRelated.fill(0)
    this.#relations = 0
    for (const { field, replica, salt, task } of this.#places) {
      const { key, replicas } = this.#shape(task, field.get(row))
      const what = mix(salt, key)
      if (replica >= 0) keys[replica] = (keys[replica] as number) + what
      for (let at = 0; at < replicas.length; at++) {
        const known = replicas[at] as number
        keys[known] = (keys[known] as number) + mix(what, at + 1)
        if (replica >= 0) this.#relate(replica, known, mix(salt, at))
      }
    }
    // What is 0 adds nothing, so most fields can be passed over.
    for (const { field, replica, salt } of this.#references) {
      const held = field.get(row)
      if (held === 0) continue
      const referred = this.#replicas[held - 1] as number
      const what = mix(salt, (this.#kin[held - 1] as number) * 2 + (referred === replica ? 1 : 0))
      if (replica >= 0) keys[replica] = (keys[replica] as number) + what
      if (referred >= 0) {
        keys[referred] = (keys[referred] as number) + mix(what, 1)
        if (replica >= 0) this.#relate(replica, referred, salt)
      }
    }
    for (const { field, replica, salt } of this.#numbers) {
      if (replica < 0) continue
      const held = field.get(row)
      if (held !== 0) keys[replica] = (keys[replica] as number) + mix(salt, held)
    }
    this.#spread()
    for (let tied = this.#arrange(); tied >= 0; tied = this.#arrange()) {
      // Any of them may come first, but those that are related to it have to follow.
      keys[tied] = mix(keys[tied] as number, 1)
      this.#spread()
    }
  }

  /**
   * Sorts the replicas of each group by their keys.
   * @returns one that has the same key as another, and is related to some; -1 when there is none.
   */
  #arrange(): number {
    const keys = this.#keys
    const order = this.#order
    const { groups } = this.#machine
    let tied = -1
    for (let group = 0; group < groups.length; group++) {
      const { size } = groups[group] as Group
      const base = this.#bases[group] as number
      // Insertion sort: groups are small and often in order.
      for (let place = 0; place < size; place++) {
        const key = keys[base + place] as number
        let at = base + place
        while (at > base && (keys[base + (order[at - 1] as number)] as number) > key) {
          order[at] = order[at - 1] as number
          at--
        }
        order[at] = place
      }
      // Which one is taken must not depend on names: the last in order.
      for (let at = base + 1; at < base + size; at++) {
        const before = base + (order[at - 1] as number)
        const key = keys[base + (order[at] as number)] as number
        if (keys[before] === key && this.#isRelated[before] === 1) tied = before
      }
    }
    return tied
  }

  /** Notes that one replica refers to another. */
  #relate(from: number, to: number, salt: number): void {
    if (from !== to) {
      this.#isRelated[from] = 1
      this.#isRelated[to] = 1
      const at = this.#relations++ * 3
      if (at === this.#related.length) {
        const longer = new Int32Array(at * 2)
        longer.set(this.#related)
        this.#related = longer
      }
      this.#related[at] = from
      this.#related[at + 1] = to
      this.#related[at + 2] = salt
    }
  }

  /** Adds the keys of replicas to those that they refer to, and back, as often as the longest chain may be long. */
  #spread(): void {
    const keys = this.#keys
    const around = this.#around
    const related = this.#related
    const end = this.#relations * 3
    const rounds = Math.min(this.#relations, this.#count)
    around.set(keys)
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < end; at += 3) {
        const from = related[at] as number
        const to = related[at + 1] as number
        const salt = related[at + 2] as number
        around[to] = (around[to] as number) + mix(keys[from] as number, salt)
        around[from] = (around[from] as number) + mix(keys[to] as number, salt + 1)
      }
      keys.set(around)
    }
  }

  /** What one renaming and then another do. */
  compose(first: Renaming, second: Renaming): Renaming {
    return this.#renaming(first.objects.map((object) => second.objects[object] as number))
  }

  /** The number of the task that becomes this one. */
  before(task: number, { objects }: Renaming): number {
    const renamed = this.#machine.tasks[task]?.id
    return this.#machine.tasks.findIndex(({ id }) => objects[id] === renamed)
  }

  #renaming(objects: Int32Array): Renaming {
    return {
      objects,
      positions: this.#machine.tasks.map(() => []),
      identity: objects.every((id, at) => id === at),
    }
  }

  /** The place within its group of a replica of the machine. */
  #placeOf(replica: number): number {
    return replica - Math.max(...this.#bases.filter((base) => base <= replica))
  }

  /** The renaming that puts replicas in this order. */
  #renamingOf(order: Int32Array): Renaming {
    const name = order.length <= MAX_NUMBERED ? numbered(order) : order.join()
    let renaming = this.#renamings.get(name)
    if (renaming === undefined) {
      renaming = this.#newRenaming(order)
      this.#renamings.set(name, renaming)
    }
    return renaming
  }

  #newRenaming(order: Int32Array): Renaming {
    const objects = Int32Array.from(this.#machine.objects, ({ id }) => id)
    for (const [index, { replicas }] of this.#machine.groups.entries()) {
      const base = this.#bases[index] as number
      for (const place of replicas.keys()) {
        const from = replicas[order[base + place] as number] as MachineObject[]
        const to = replicas[place] as MachineObject[]
        for (const [at, { id }] of from.entries()) objects[id] = (to[at] as MachineObject).id
      }
    }
    return this.#renaming(objects)
  }

  /** The position of the renamed task that corresponds to a position of this one. */
  #image(task: Task, position: number, renaming: Renaming): number {
    const positions = renaming.positions[task.index] as number[]
    return (positions[position] ??= this.#findImage(task, position, renaming))
  }

  #findImage(task: Task, position: number, { objects }: Renaming): number {
    const program = this.#programs[task.index] as Program
    const renamed = this.#machine.objects[objects[task.id] as number] as Task
    const other = this.#programs[renamed.index] as Program
    const way: number[] = []
    for (let at = position; at >= 0; at = program.parents[at] as number) way.push(at)
    let image = other.start
    for (let index = way.length - 1; ; index--) {
      // Where one has returned already, or does something else, there is no way on for the other.
      const here = program.operations[way[index] as number] ?? null
      const there = other.operations[image] ?? null
      if (!corresponds(here, there, (id) => objects[id] as number)) {
        throw new Misuse(
          `${task} and ${renamed} are replicas, but where one does ${here ?? 'nothing'} the other does ${there ?? 'nothing'}: replicas must be identical`,
        )
      }
      if (index === 0 || here === null) return image
      const result = program.inputs[way[index - 1] as number] as number
      const refers = here.refers && result > 0
      image = other.edge(image, refers ? (objects[result - 1] as number) + 1 : result)
    }
  }

  /** What a position tells without names: it is renamed so that what it knows comes first. */
  #shape(task: Task, position: number): Shape {
    const shapes = this.#shapes[task.index] as Shape[]
    return (shapes[position] ??= this.#findShape(task, position))
  }

  #findShape(task: Task, position: number): Shape {
    const program = this.#programs[task.index] as Program
    const own = this.#replicas[task.id] as number
    const known: number[] = own < 0 ? [] : [own]
    for (const object of program.references(position)) {
      const replica = this.#replicas[object.id] as number
      if (!known.includes(replica)) known.push(replica)
    }
    const order = new Int32Array(this.#count)
    for (const [index, { size }] of this.#machine.groups.entries()) {
      const base = this.#bases[index] as number
      const first = known.filter((replica) => replica >= base && replica < base + size)
      const rest = Array.from({ length: size }, (_, replica) => base + replica).filter(
        (replica) => !first.includes(replica),
      )
      for (const [place, replica] of [...first, ...rest].entries()) {
        order[base + place] = replica - base
      }
    }
    const renaming = this.#renamingOf(order)
    return {
      key: this.#image(task, position, renaming),
      replicas: own < 0 ? known : known.slice(1),
    }
  }
}

/** Orders of up to so many replicas have a number. */
const MAX_NUMBERED = 12

function numbered(order: Int32Array): number {
  let number = 0
  for (let at = 0; at < order.length; at++) number = number * MAX_NUMBERED + (order[at] as number)
  return number
}

/** A hash of two numbers, never 0 for small ones. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f)
  return h ^ (h >>> 13)
}
