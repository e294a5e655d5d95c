/**
 * Machine: tasks and the objects they share, in all their possible states. Whoever builds a model makes objects with fields,
 * operations on them, and tasks; a search, an execution or a simulation moves the tasks.
 *
 * A machine is built and then sealed: from then on no object is made.
 */
import { Automaton, Forgotten, type Node, type Numbering, type Redirect } from './automaton.js'
import { Misuse } from './errors.js'
import { Guard } from './guard.js'
import { Field, Layout, type Row } from './layout.js'
import { type Group, MachineObject, type Membership } from './object.js'
import { Call, type Operation, type ProcedureLike, type Steps, type Value } from './operation.js'
import { Program } from './program.js'
import type { Property } from './property.js'
import type { Suspension } from './suspension.js'
import type { Watch } from './watch.js'
import { WideValues } from './wide-values.js'

/** The greatest position of a task, and the greatest number of an object, for which there is room to begin with. */
const POSITIONS = 63
const SMALL = 3

/** A task of the machine. Its field holds its position. */
export class Task extends MachineObject {
  /** Its number among the tasks. */
  readonly index: number
  /** Holds where the task is: the number of a position of its program. */
  readonly position: Field
  /** Says that the task starts over for ever, and may wait for ever for the first thing that it does. */
  readonly daemon: boolean
  /** What the task runs. */
  readonly root: ProcedureLike
  /** Looks at a state in which the task has just returned; throws Misuse when it should not have. */
  onReturn: ((row: Row, task: number) => void) | null = null

  constructor(
    id: number,
    name: string,
    membership: Membership | null,
    { index, position, daemon, root }: Pick<Task, 'index' | 'position' | 'daemon' | 'root'>,
  ) {
    super(id, name, membership)
    this.index = index
    this.position = position
    this.daemon = daemon
    this.root = root
    this.fields.push(position)
  }
}

/** What a procedure may be made with. */
export interface ProcedureOptions {
  /** True if it starts over, having forgotten all, until it returns something other than undefined. By default it does not. */
  readonly loop?: boolean
  /** What it is to whoever builds the model: see {@link ProcedureLike.role}. */
  readonly role?: unknown
}

/** More than that nobody searches, and so many can still be made. */
const MOST_REPLICAS = 1_000

export class Machine implements Numbering {
  readonly internals: readonly string[]
  /** Where each field lies in a row. */
  readonly layout = new Layout()
  /** All objects by number, tasks among them. */
  readonly objects: MachineObject[] = []
  /** All tasks by number. */
  readonly tasks: Task[] = []
  /** The groups of identical parts, in the order in which they were made. */
  readonly groups: Group[] = []
  /** All nodes of all automata, by number. */
  readonly nodes: Node[] = []
  redirect: Redirect | null = null
  /** Which tasks run on top of which; null where none does. */
  suspension: Suspension | null = null
  /** All procedures and what tasks do, by number. */
  readonly procedures: ProcedureLike[] = []
  /** Numbers for values that are too wide for a field. */
  readonly wideValues: WideValues[] = []
  /** What is claimed of its states. */
  readonly properties: Property[] = []
  /** Guards what the model's code is given. */
  readonly guard = new Guard()
  watch: Watch | null = null
  callSites: string[] | null = null
  /** Which one it is of the models that one program makes, with what it was given; empty where it makes one. A token of one fits no other. */
  variant = ''
  readonly #automata = new Map<string, Automaton>()
  readonly #procedures = new Map<ProcedureLike, number>()
  readonly #numbers = new Map<unknown, number>()
  readonly #values: Value[] = []
  #building: {
    readonly group: Group
    readonly replica: number
    /** The numbers of the procedures of the first replica, and how many this one has so far. */
    readonly procedures: number[]
    place: number
  } | null = null
  #sealed = false

  /**
   * @param internals paths of the code that models are written with, if it is not only this package's: an error names
   * the line outside of it.
   */
  constructor(internals: readonly string[] = []) {
    this.internals = internals
  }

  /** Makes an object. */
  object(name: string): MachineObject {
    return this.#enroll(name, (id, membership) => new MachineObject(id, name, membership))
  }

  /** Gives an object a field for a small number. */
  field(object: MachineObject, name: string, initial = 0): Field {
    return this.#field(object, new Field(`${object}.${name}`, initial, false))
  }

  /** Gives an object a field that holds 0, or an object's id and 1. */
  reference(object: MachineObject, name: string): Field {
    return this.#field(object, new Field(`${object}.${name}`, 0, true))
  }

  /**
   * Makes a table of numbers for values that are too wide for a field, or for a result. An operation keeps the number and looks the value up; a table that
   * it made itself would have other numbers in another thread, and in a search that goes on from a file.
   * @param name what the values are, for errors.
   */
  wide(name: string): WideValues {
    this.#assertBuilding(`wide values ${name}`)
    const values = new WideValues(name)
    this.wideValues.push(values)
    return values
  }

  /** The object that a reference in a row stands for; undefined for 0. The way back is the object's `reference`. */
  referred(reference: number): MachineObject | undefined {
    return this.objects[reference - 1]
  }

  /**
   * Makes a task.
   * @param daemon when its procedure returns it starts over, and it may wait for ever for
   * the operation with which it starts.
   */
  task(name: string, body: () => Steps<unknown>, daemon = false): Task {
    return this.#enroll(name, (id, membership) => {
      const position = this.layout.add(new Field(`${name}.position`, 0, false))
      const root = this.#procedure({ name, loop: daemon, role: null, body })
      const task = new Task(id, name, membership, {
        index: this.tasks.length,
        position,
        daemon,
        root,
      })
      this.tasks.push(task)
      return task
    })
  }

  /**
   * A procedure: a generator function that runs as a frame of its own, so that what happened inside is forgotten
   * when it returns. It may be given, and may return, numbers, strings, booleans and objects of the machine.
   */
  procedure<A extends readonly Value[], R>(
    name: string,
    body: (...args: A) => Steps<R>,
    { loop = false, role = null }: ProcedureOptions = {},
  ): (...args: A) => Steps<R> {
    this.#assertBuilding(`procedure ${name}`)
    const procedure = this.#procedure({ name, loop, role, body })
    const numbering: Numbering = this
    const call = function* (...args: A): Steps<R> {
      numbering.callSites?.push(new Error().stack ?? '')
      return (yield new Call(procedure, args)) as R
    }
    // An error that names the call names the procedure.
    return Object.defineProperty(call, 'name', { value: name })
  }

  /**
   * Makes `size` identical parts. They must behave the same but for which of them they are; then states that
   * differ only in their names count once. The search checks that they do.
   */
  replicate<T>(name: string, size: number, build: (replica: number) => T): T[] {
    this.#assertBuilding(`replicas of ${name}`)
    if (this.#building)
      throw new Misuse(`replicas of ${name} inside of replicas: make them side by side`)
    if (!Number.isInteger(size) || size < 0 || size > MOST_REPLICAS) {
      throw new Misuse(
        `${name} has ${size} replicas: give a whole number from 0 to ${MOST_REPLICAS}`,
      )
    }
    const group: Group = { name, size, replicas: Array.from({ length: size }, () => []) }
    this.groups.push(group)
    const built: T[] = []
    const procedures: number[] = []
    for (let replica = 0; replica < size; replica++) {
      this.#building = { group, replica, procedures, place: 0 }
      built.push(build(replica))
    }
    this.#building = null
    const counts = new Set(group.replicas.map((objects) => objects.length))
    if (counts.size > 1)
      throw new Misuse(`the replicas of ${name} are not identical: they have different objects`)
    return built
  }

  /** Ends the building: arranges the rows. @throws Misuse when steps were made that no task takes. */
  seal(): this {
    const open = this.guard.takeOpen()
    if (open) throw new Forgotten('the code that builds the model', open, this.internals)
    this.guard.traces = false
    const positions = new Set(this.tasks.map(({ position }) => position))
    this.layout.loosen((field) => {
      if (field.refers) return this.objects.length
      return positions.has(field) ? POSITIONS : SMALL
    })
    this.#sealed = true
    return this
  }

  /** Unfolds the tasks from their beginning. @param found is told of each operation a task can come to. */
  programs(found: (operation: Operation) => void): Program[] {
    return this.tasks.map(
      ({ name, root, daemon }) => new Program(name, this.automaton(root, []), daemon, found),
    )
  }

  /** Where the machine starts. */
  initialRow(programs: readonly Program[]): Row {
    const row = this.layout.initialRow()
    for (const task of this.tasks) task.position.set(row, programs[task.index]?.start ?? 0)
    return row
  }

  /** Runs all code once more along all ways. @throws Misuse when it depends on anything but its results. */
  verify(): void {
    for (const automaton of this.#automata.values()) automaton.verify()
  }

  automaton(procedure: ProcedureLike, args: readonly Value[]): Automaton {
    let number = this.#procedures.get(procedure)
    if (number === undefined) {
      number = this.#procedures.size
      this.#procedures.set(procedure, number)
    }
    const key = [number, ...args.map((value) => this.numberOf(value))].join()
    let automaton = this.#automata.get(key)
    if (automaton === undefined) {
      automaton = new Automaton(this, procedure, args)
      this.#automata.set(key, automaton)
    }
    return automaton
  }

  numberOf(value: unknown): number {
    if (
      (typeof value === 'object' && value !== null && !(value instanceof MachineObject)) ||
      typeof value === 'function'
    ) {
      throw new Misuse(
        'a procedure was given or returned an object made on the way: use numbers, strings, booleans and shared objects',
      )
    }
    let number = this.#numbers.get(value)
    if (number === undefined) {
      number = this.#values.push(value as Value) - 1
      this.#numbers.set(value, number)
    }
    return number
  }

  /** The value with this number: the way back from {@link numberOf}. */
  valueOf(number: number): Value {
    return this.#values[number]
  }

  #enroll<T extends MachineObject>(
    name: string,
    make: (id: number, membership: Membership | null) => T,
  ): T {
    this.#assertBuilding('an object')
    if (!name) throw new Misuse('every task and every shared object needs a name')
    const building = this.#building
    const siblings = building?.group.replicas[building.replica]
    const membership =
      building && siblings
        ? { group: building.group, replica: building.replica, place: siblings.length }
        : null
    const object = make(this.objects.length, membership)
    this.objects.push(object)
    siblings?.push(object)
    return object
  }

  /** Numbers a procedure: see {@link ProcedureLike.kin}. */
  #procedure(spec: Omit<ProcedureLike, 'kin'>): ProcedureLike {
    let kin = this.procedures.length
    if (this.#building !== null) {
      const { procedures, replica } = this.#building
      if (replica === 0) procedures.push(kin)
      kin = procedures[this.#building.place++] ?? kin
    }
    const procedure = { ...spec, kin }
    this.procedures.push(procedure)
    return procedure
  }

  #field(object: MachineObject, field: Field): Field {
    object.fields.push(field)
    return this.layout.add(field)
  }

  #assertBuilding(what: string): void {
    if (this.#sealed) {
      throw new Misuse(`${what} was made by a running task: make it where the model is built`)
    }
  }
}
