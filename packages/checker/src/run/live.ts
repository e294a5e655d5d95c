/**
 * Live: generator tasks that run in virtual time, one way and not all ways. A task yields how long what it does takes, or WAIT until
 * somebody wakes it; in between it runs undisturbed. What it was woken with is what its yield returns.
 *
 * Time is the clock's; the tasks here have as many processors as they want. cpus.ts has tasks that share a few.
 */
import { Clock } from './clock.js'

/** Yielded by a task that goes on when it is woken. */
export const WAIT = -1

/** A task: it yields a duration (0 or more) or WAIT. */
export type LiveSteps<R = void> = Generator<number, R, number>

/** A task in virtual time. */
export class LiveTask {
  /** For messages. */
  readonly name: string
  /** Its generator has returned. */
  done = false
  /** It has yielded WAIT, and nobody has woken it yet. */
  waiting = false
  readonly #live: Live
  readonly #steps: LiveSteps
  /** Its number among the tasks that have not ended. */
  readonly #slot: number
  /** What its next step is given. */
  #answer = 0

  /** @internal Tasks are made by {@link Live.spawn}. */
  constructor(live: Live, name: string, steps: (task: LiveTask) => LiveSteps, slot: number) {
    this.#live = live
    this.name = name
    this.#slot = slot
    this.#steps = steps(this)
  }

  /**
   * Lets a task that waits go on now, after what happens already now.
   * @returns false when it does not wait: nothing has changed.
   */
  wake(answer = 0): boolean {
    if (!this.waiting) return false
    this.waiting = false
    this.#answer = answer
    const { clock, resume } = this.#live
    clock.at(clock.now, resume, this.#slot)
    return true
  }

  /** @internal Does its next step. Returns when it goes on: a duration, WAIT, or DONE. */
  step(): number {
    const step = this.#steps.next(this.#answer)
    this.#answer = 0
    if (step.done === true) {
      this.done = true
      return DONE
    }
    if (step.value >= 0) return step.value
    this.waiting = true
    return WAIT
  }
}

/** Of a task that has ended. */
const DONE = -2

/** Tasks in virtual time, each of which has a processor whenever it wants one. */
export class Live {
  /** Their time. */
  readonly clock = new Clock()
  /** Tasks that have not ended, by their numbers, and numbers that are to be given out again. */
  readonly #tasks: (LiveTask | null)[] = []
  readonly #free: number[] = []
  /** @internal Lets a task go on, by its number: an event of the clock. One function for all tasks. */
  readonly resume = (slot: number): void => {
    const task = this.#tasks[slot] as LiveTask
    const after = task.step()
    if (after >= 0) this.clock.at(this.clock.now + after, this.resume, slot)
    else if (after === DONE) {
      this.#tasks[slot] = null
      this.#free.push(slot)
    }
  }

  /** Starts a task, now. */
  spawn(name: string, steps: (task: LiveTask) => LiveSteps): LiveTask {
    const slot = this.#free.pop() ?? this.#tasks.length
    const task = new LiveTask(this, name, steps, slot)
    this.#tasks[slot] = task
    this.clock.at(this.clock.now, this.resume, slot)
    return task
  }

  /** Lets everything up to a time happen. Returns the tasks that wait for ever: nothing is left that could wake them. */
  run(until: number): readonly LiveTask[] {
    this.clock.runUntil(until)
    return this.clock.pending > 0
      ? []
      : this.#tasks.flatMap((task) => (task?.waiting === true ? [task] : []))
  }
}

/** Some of a kind: who comes when none is left waits in a queue. */
export class Resource {
  /** How many are left. */
  free: number
  readonly #queue: LiveTask[] = []
  #first = 0

  constructor(capacity: number) {
    this.free = capacity
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.length - this.#first
  }

  /** Takes one for a task. Returns false when the task has to wait: it yields WAIT, and has one when it is woken. */
  take(task: LiveTask): boolean {
    if (this.free > 0) {
      this.free--
      return true
    }
    this.#queue.push(task)
    return false
  }

  /** Gives one back: to who has waited for longest. */
  give(): void {
    if (this.waiting === 0) {
      this.free++
      return
    }
    const task = this.#queue[this.#first++] as LiveTask
    if (this.#first > 1024 && 2 * this.#first > this.#queue.length) {
      this.#queue.splice(0, this.#first)
      this.#first = 0
    }
    task.wake()
  }
}
