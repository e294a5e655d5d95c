/**
 * Step watch: says when a scenario's own code begins to run and when it has come back. Nothing in a worker can stop code that loops
 * without a step; the page can, by ending the worker.
 */
import type { Terrain } from '@scopemask/kernel-sim/workbench'

type Watch = NonNullable<Terrain['watch']>

export class StepWatch implements Watch {
  readonly #say: (runs: boolean) => void

  constructor(say: (runs: boolean) => void) {
    this.#say = say
  }

  run<T>(act: () => T): T {
    this.#say(true)
    try {
      return act()
    } finally {
      this.#say(false)
    }
  }

  runOnce<T>(act: () => T): T {
    return this.run(act)
  }

  /** The page wants to know of each time that the code runs. */
  whole<T>(act: () => T): T {
    return act()
  }

  /** A worker gets no signals. */
  part<T>(act: () => T): T {
    return act()
  }
}
