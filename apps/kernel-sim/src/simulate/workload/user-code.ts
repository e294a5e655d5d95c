/** User code: whose code runs at the moment, so that code that never comes back can be named by whoever stops it. */

/** Somebody whose code is run. */
export interface HasPlace {
  /** Who it is, and where it is. */
  readonly place: string
}

export class UserCode {
  #running: HasPlace | null = null

  /** Runs a piece of somebody's code. */
  run<T>(of: HasPlace, code: () => T): T {
    this.#running = of
    const result = code()
    // Not when it throws: then it says itself where.
    this.#running = null
    return result
  }

  /** Where the code is that runs now; null when it is none of a user's. */
  get place(): string | null {
    return this.#running?.place ?? null
  }
}
