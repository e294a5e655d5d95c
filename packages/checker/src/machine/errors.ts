/** Errors: what is wrong with a model, and what it claims and does not keep. */

/**
 * A model breaks a rule: a task unlocks what it does not hold, calls a function without `yield*`, talks to others through
 * JavaScript variables. The message names the task, and the place where it is known.
 */
export class Misuse extends Error {
  /** Where in the model's code it is, where the message says that: `file:line:column`. Empty where it does not. */
  readonly place: string

  /** @param options `place`: the place that the message names. */
  constructor(message: string, options: ErrorOptions & { readonly place?: string } = {}) {
    super(message, options)
    this.name = 'Misuse'
    this.place = options.place ?? ''
  }
}

/** An assertion of a task does not hold. Unlike a misuse it is what models are searched for. */
export class Violation extends Error {
  /** @param assertion what was asserted. */
  constructor(readonly assertion: string) {
    super(`the assertion does not hold: ${assertion}`)
    this.name = 'Violation'
  }
}

/**
 * A model's code was stopped before it came to its next step. What was searched up to then stands. `time`: a limit has been
 * reached. `patience`: no step needs that long. `signal`: somebody wants it to end. `late`: it takes long, and whoever searches
 * should listen to signals and then go on.
 */
export class Interrupted extends Error {
  constructor(
    /** What stopped the code. */
    readonly reason: 'time' | 'patience' | 'signal' | 'late',
  ) {
    super('a task was stopped before it came to its next step: does it loop without yield*?')
    this.name = 'Interrupted'
  }
}

/** Whoever may not learn has come to a position, a decision or a value that is new to it. The message names whose it is. */
export class Unforeseen extends Error {
  constructor(whose: string) {
    super(`${whose} has come where it never was`)
    this.name = 'Unforeseen'
  }
}
