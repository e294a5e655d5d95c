/**
 * Code watch: stops a model's code that does not come to its next step, by a time limit or Ctrl-C. V8 has a thread for that, which
 * node:vm lends to what it runs. It costs a tenth of a millisecond each time, so work that is short is watched as a whole.
 */
import { type Context, createContext, Script } from 'node:vm'
import { Interrupted } from '../machine/errors.js'
import type { Watch } from '../machine/watch.js'

/** How long code may take for its next step when nobody has set a limit, in ms. */
const PATIENCE = 5_000
/** How long it may take the second time, in ms: a machine that stood still does not do so again. */
const AGAIN = 2_000
/** How long it may take at least: what is left of a limit may be next to nothing. */
const LEAST = 500
/** How long work that is watched as a whole may take before it is done once more, step by step, in ms. */
const SHORT = 1_000

/** When code that does not come to its next step is stopped. */
export interface CodeWatchOptions {
  /** When all has to be over, as `performance.now()` tells it, in ms. By default never. */
  readonly deadline?: number
  /** How long code may take for its next step, in ms. By default five seconds. */
  readonly patience?: number
}

/** Where code is run that can be stopped. To make one takes a quarter of a millisecond. */
class Room {
  readonly #script = new Script('act()')
  readonly #context: Context & { act?: () => void } = createContext({})

  run(
    act: () => void,
    limits: { readonly timeout: number; readonly breakOnSigint: boolean },
  ): void {
    this.#context.act = act
    this.#script.runInContext(this.#context, limits)
  }
}

export class CodeWatch implements Watch {
  readonly #deadline: number
  readonly #patience: number
  /** Made when it is first needed, and shared by those that were made of one another. */
  #room: Room | null = null
  /** Says that all that runs is watched already. */
  #isWhole = false
  /** Says that who runs the search listens to signals, between its parts. */
  #isPart = false
  /** Says that code took long in this part, which is done once more, and that signals were listened to since. */
  #isLate = false

  constructor({ deadline = Number.POSITIVE_INFINITY, patience = PATIENCE }: CodeWatchOptions = {}) {
    this.#deadline = deadline
    this.#patience = patience
  }

  /**
   * Returns a watch like this one for other work, until another deadline.
   * @param deadline as `performance.now()` tells it, in ms.
   */
  until(deadline: number): CodeWatch {
    const other = new CodeWatch({ deadline, patience: this.#patience })
    other.#room = this.#room ??= new Room()
    return other
  }

  /**
   * Runs code until it comes back. Code that stays away is run once more from its beginning, since a machine may have stood still. In a
   * part of a search Ctrl-C reaches it then: node:vm takes the handlers of the process away meanwhile, so they are heard before.
   * @throws Interrupted when it does not come back, or at Ctrl-C.
   */
  run<T>(act: () => T): T {
    if (this.#isWhole) return act()
    if (!this.#isLate) {
      try {
        return this.#run(act, Math.min(LEAST, this.#left()), false)
      } catch (thrown) {
        if (!(thrown instanceof Interrupted) || thrown.reason === 'time') throw thrown
      }
      if (this.#isPart) {
        this.#isLate = true
        throw new Interrupted('late')
      }
    }
    return this.#run(act, Math.min(AGAIN, this.#left()), this.#isPart)
  }

  /** Runs code that cannot be begun anew. @throws Interrupted when it does not come back. */
  runOnce<T>(act: () => T): T {
    if (this.#isWhole) return act()
    return this.#run(act, this.#left(), false)
  }

  part<T>(act: () => T): T {
    this.#isPart = true
    try {
      const result = act()
      // Not before: what is done once more may come to other code first, and to more than one place that takes long.
      this.#isLate = false
      return result
    } finally {
      this.#isPart = false
    }
  }

  /** Runs work that can be done once more, under one limit for all of it; where that is too short, step by step. */
  whole<T>(act: () => T): T {
    if (this.#isWhole || this.#isPart) return act()
    this.#isWhole = true
    try {
      return this.#run(act, Math.min(SHORT, this.#left()), false)
    } catch (thrown) {
      if (!(thrown instanceof Interrupted)) throw thrown
    } finally {
      this.#isWhole = false
    }
    return act()
  }

  /** How long code may take now, in whole ms. */
  #left(): number {
    const left = Math.max(LEAST, this.#deadline - performance.now())
    return Math.ceil(Math.min(left, this.#patience))
  }

  #run<T>(act: () => T, timeout: number, breakOnSigint: boolean): T {
    let result: { readonly value: T } | undefined
    this.#room ??= new Room()
    try {
      this.#room.run(
        () => {
          result = { value: act() }
        },
        { timeout, breakOnSigint },
      )
    } catch (thrown) {
      throw this.#reason(thrown)
    }
    if (result === undefined) throw new Interrupted('signal')
    return result.value
  }

  #reason(thrown: unknown): unknown {
    const { code } = thrown as { readonly code?: unknown }
    if (code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') return new Interrupted('signal')
    if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return thrown
    return new Interrupted(performance.now() >= this.#deadline ? 'time' : 'patience')
  }
}
