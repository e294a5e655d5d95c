/** State: what a property of a model, or whoever explores one, sees of a state. */
import { Misuse } from '../machine/errors.js'
import type { Row } from '../machine/layout.js'
import type { Task } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { misuseOf } from '../machine/place.js'
import type { Program } from '../machine/program.js'
import type { Property, PropertyKind } from '../machine/property.js'
import type { Observable } from '../objects/observable.js'

/** A state of a model. It is to be looked at at once: it changes when the search goes on. */
export interface State {
  /**
   * What is seen of a shared object: the value of a variable or counter, whether a mutex is locked, the number of permits of
   * a semaphore, the values in a channel, the number of tasks that sleep on a condition, the state of a timer.
   */
  get<T>(object: Observable<T>): T
  /** Returns true if the task has come to its end; a daemon never does. */
  isDone(task: Task): boolean
}

/** A state in a row. */
export class RowState implements State {
  /** Is told of each object that is looked at. */
  readonly #noted: (object: MachineObject) => void
  #row: Row = new Int32Array(0)
  #programs: readonly Program[] = []

  constructor(noted: (object: MachineObject) => void = () => {}) {
    this.#noted = noted
  }

  /** Looks at another state from now on. */
  at(row: Row, programs: readonly Program[]): this {
    this.#row = row
    this.#programs = programs
    return this
  }

  get<T>(shared: Observable<T>): T {
    if (typeof shared?.observe !== 'function') {
      throw new Misuse(`${String(shared)} is not a shared object of this model`)
    }
    this.#noted(shared.object)
    return shared.observe(this.#row)
  }

  isDone(task: Task): boolean {
    this.#noted(task)
    return this.#programs[task.index]?.operations[task.position.get(this.#row)] === null
  }
}

/** What a property is made of. */
export interface Claim {
  readonly kind: PropertyKind
  readonly name: string
  readonly holds: (state: State) => unknown
}

/** A property that looks at states by a function of the model's own. */
export class StateProperty implements Property {
  readonly kind: PropertyKind
  readonly name: string
  readonly #holds: (state: State) => unknown
  readonly #state = new RowState((object) => this.#note(object))
  #tellsReplicasApart = false

  constructor({ kind, name, holds }: Claim) {
    this.kind = kind
    this.name = name
    this.#holds = holds
  }

  holds(row: Row, programs: readonly Program[]): boolean {
    try {
      const holds = this.#holds(this.#state.at(row, programs))
      if (holds instanceof Promise) {
        throw new Misuse('it is an async function: what it says would be true always')
      }
      return Boolean(holds)
    } catch (thrown) {
      throw misuseOf(thrown, { of: `'${this.name}': `, who: 'it', internals: [] })
    }
  }

  tellsReplicasApart(): boolean {
    return this.#tellsReplicasApart
  }

  #note({ membership }: MachineObject): void {
    if (membership !== null && membership.group.size > 1) this.#tellsReplicasApart = true
  }
}
