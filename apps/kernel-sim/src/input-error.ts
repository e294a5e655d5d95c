/** Input error: what was given cannot be used. The message is one sentence that says what is wrong with it, and where. */
export class InputError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InputError'
  }
}
