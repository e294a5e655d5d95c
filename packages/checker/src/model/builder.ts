/**
 * Builder: what a model is built with. It makes the tasks and all that they share; functions that return `Steps` are for the
 * bodies of tasks, and are called with `yield*`.
 */
import { Violation } from '../machine/errors.js'
import { Machine, type Task } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { Operation, type Steps, type Value } from '../machine/operation.js'
import { Operations } from '../machine/operations.js'
import { Channel } from '../objects/channel.js'
import { Choices } from '../objects/choice.js'
import { Condition } from '../objects/condition.js'
import { Counter } from '../objects/counter.js'
import { type Domain, objectsOf, oneOf, WHOLE_NUMBERS } from '../objects/domain.js'
import { Mutex } from '../objects/mutex.js'
import type { Observable } from '../objects/observable.js'
import { Semaphore } from '../objects/semaphore.js'
import { Sleepers } from '../objects/sleepers.js'
import { Timer } from '../objects/timer.js'
import { Variable } from '../objects/variable.js'
import { type State, StateProperty } from './state.js'

/** What can be held by a variable or a channel that is given its values as a list. */
export type Plain = string | number | boolean

/** What a model is built with: its tasks, what they share, and what is claimed of them. */
export class ModelBuilder {
  /** @internal The machine that is being built. */
  readonly machine = new Machine()
  readonly #sleepers = new Sleepers(this.machine)
  readonly #choices = new Choices(this.machine)
  readonly #mutexes: Mutex[] = []
  readonly #assertions = new Operations<string>(
    (assertion) =>
      new Operation({
        name: 'assert',
        label: `assert(${assertion})`,
        // It commutes with nothing: the state in which it fails is one that the search stops at.
        conflicts: -1,
        attempt: () => {
          throw new Violation(assertion)
        },
      }),
  )

  // Tasks.

  /** A task: it runs once, and has to come to its end. */
  task(name: string, body: () => Steps<unknown>): Task {
    return this.#start(name, body, false)
  }

  /** A daemon: it starts over for ever, and may wait for ever for the first thing that it does. */
  daemon(name: string, body: () => Steps<unknown>): Task {
    return this.#start(name, body, true)
  }

  /**
   * Makes `size` identical parts: the objects and tasks that `build` makes each time. States that differ only in which part is
   * which count once, so many identical tasks cost little.
   */
  replicate<T>(name: string, size: number, build: (replica: number) => T): T[] {
    return this.machine.replicate(name, size, build)
  }

  /**
   * A function of the model that is forgotten when it returns, but for what it returns: a task that calls it a second time is
   * where it was the first time. It may be given and may return numbers, strings, booleans and tasks.
   */
  procedure<A extends readonly Value[], R>(
    name: string,
    body: (...args: A) => Steps<R>,
  ): (...args: A) => Steps<R> {
    return this.machine.procedure(name, body)
  }

  /** A loop: `body` runs again and again, each time forgotten, until it returns something other than undefined. */
  loop<R>(name: string, body: () => Steps<R | undefined>): () => Steps<R> {
    return this.machine.procedure(name, body, { loop: true }) as () => Steps<R>
  }

  // What the model leaves open.

  /** Takes any of the turns, and returns it: a request that fails or not, a cache that has the value or not. */
  *choose<T extends Plain>(what: string, turns: readonly T[]): Steps<T> {
    return yield* this.#choices.among(what, turns)
  }

  /** Takes any of some shared objects, and returns it. */
  *any<T extends Pick<Observable<unknown>, 'object'>>(what: string, from: readonly T[]): Steps<T> {
    return yield* this.#choices.object(what, from)
  }

  // What tasks share.

  /** A whole number from 0 to 1,073,741,823, to which tasks can also add. */
  counter(name: string, initial = 0): Counter {
    return new Counter(this.machine, name, initial)
  }

  /** A variable: a boolean, or one of the values listed. For numbers there are counters. */
  variable(name: string, initial: boolean): Variable<boolean>
  variable<T extends Plain | null>(
    name: string,
    initial: NoInfer<T>,
    values: readonly T[],
  ): Variable<T>
  variable(
    name: string,
    initial: Plain | null,
    values: readonly (Plain | null)[] = [false, true],
  ): Variable<Plain | null> {
    return new Variable(this.machine, name, initial, oneOf(values))
  }

  /** A lock that one task at a time holds. */
  mutex(name: string): Mutex {
    const mutex = new Mutex(this.machine, name)
    this.#mutexes.push(mutex)
    return mutex
  }

  /** A number of permits, which tasks take and give back. */
  semaphore(name: string, permits: number): Semaphore {
    return new Semaphore(this.machine, name, permits)
  }

  /** What tasks sleep on, with a mutex, until another one wakes them. */
  condition(name: string): Condition {
    return new Condition(this.machine, name, this.#sleepers)
  }

  /**
   * A queue between tasks with room for `capacity` values: whole numbers from 0, one of the values listed, or shared
   * objects such as tasks and tokens.
   */
  channel(name: string, capacity: number): Channel<number>
  channel(name: string, capacity: number, values: 'objects'): Channel<MachineObject>
  channel<T extends Plain>(name: string, capacity: number, values: readonly T[]): Channel<T>
  channel(
    name: string,
    capacity: number,
    values?: 'objects' | readonly Plain[],
  ): Channel<number> | Channel<MachineObject> | Channel<Plain> {
    if (values === 'objects') return this.#channel(name, capacity, objectsOf(this.machine))
    if (values === undefined) return this.#channel(name, capacity, WHOLE_NUMBERS)
    return this.#channel(name, capacity, oneOf(values))
  }

  /** An object that only is what it is, to send through channels. */
  token(name: string): MachineObject {
    return this.machine.object(name)
  }

  /**
   * A timer: once started it expires at any time.
   * @param onExpiry runs each time that it has expired, as `setTimeout` calls back; by default tasks ask or wait.
   */
  timer(name: string, onExpiry?: () => Steps<unknown>): Timer {
    const timer = new Timer(this.machine, name)
    if (onExpiry) {
      this.daemon(`on ${name}`, function* () {
        yield* timer.fires()
        yield* onExpiry()
      })
    }
    return timer
  }

  // What the model claims.

  /** Claims that something holds in every state. */
  always(name: string, holds: (state: State) => unknown): void {
    this.machine.properties.push(new StateProperty({ kind: 'always', name, holds }))
  }

  /** Claims that something holds in at least one state that can be reached. */
  sometimes(name: string, holds: (state: State) => unknown): void {
    this.machine.properties.push(new StateProperty({ kind: 'sometimes', name, holds }))
  }

  /**
   * Claims that something holds whenever all tasks have come to an end, and daemons to rest: a daemon rests at the first thing that it
   * does, even if it could do that at once. A claim about what a daemon has still to do needs a task that waits for it.
   */
  atEnd(name: string, holds: (state: State) => unknown): void {
    this.machine.properties.push(new StateProperty({ kind: 'at end', name, holds }))
  }

  /** Claims, inside of a task, that something holds here: `yield* build.assert(seen === 1, 'one has seen the other')`. */
  *assert(holds: boolean, assertion: string): Steps<void> {
    if (!holds) yield* this.#assertions.with(assertion)
  }

  #channel<T>(name: string, capacity: number, domain: Domain<T>): Channel<T> {
    return new Channel(this.machine, name, capacity, domain)
  }

  #start(name: string, body: () => Steps<unknown>, daemon: boolean): Task {
    const task = this.machine.task(name, body, daemon)
    this.#sleepers.add(task)
    task.onReturn = (row, running) => {
      for (const mutex of this.#mutexes) mutex.checkReturn(row, running)
    }
    return task
  }
}
