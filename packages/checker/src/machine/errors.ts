/** Errors: what is wrong with a scenario, as opposed to what it runs into. */

/**
 * A scenario breaks a rule of the machine or the kernel: it unlocks what it does not hold, leaves a scope open,
 * talks through plain variables. The message names the task and the place where they are known.
 */
export class Misuse extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Misuse'
  }
}
