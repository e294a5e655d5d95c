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
  /** What it is called in reports. */
  readonly name: string
  /** Its generator has returned. */
  done = false
  /** It has yielded WAIT, and nobody has woken it yet. */
  waiting = false
  /** Goes on: an event of the clock. */
  readonly resume: (answer: number) => void
  readonly #steps: LiveSteps
  readonly #clock: Clock

  constructor(clock: Clock, name: string, steps: (task: LiveTask) => LiveSteps) {
    this.#clock = clock
    this.name = name
    this.#steps = steps(this)
    this.resume = (answer) => {
      const step = this.#steps.next(answer)
      if (step.done === true) this.done = true
      else if (step.value >= 0) this.#clock.at(this.#clock.now + step.value, this.resume)
      else this.waiting = true
    }
  }

  /**
   * Lets a task that waits go on now, after what happens already now.
   * @returns false when it does not wait: nothing has changed.
   */
  wake(answer = 0): boolean {
    if (!this.waiting) return false
    this.waiting = false
    this.#clock.at(this.#clock.now, this.resume, answer)
    return true
  }
}

/** A clock, and tasks that run by it on as many processors as they want. */
export class Live {
  /** The time that the tasks run in. */
  readonly clock = new Clock()
  readonly #tasks: LiveTask[] = []

  /** Starts a task, now. */
  spawn(name: string, steps: (task: LiveTask) => LiveSteps): LiveTask {
    const task = new LiveTask(this.clock, name, steps)
    this.#tasks.push(task)
    this.clock.at(this.clock.now, task.resume)
    return task
  }

  /** Lets everything up to a time happen. Returns the tasks that wait for ever: nothing is left that could wake them. */
  run(until: number): readonly LiveTask[] {
    this.clock.runUntil(until)
    return this.clock.pending === 0 ? this.#tasks.filter(({ waiting }) => waiting) : []
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
