/** Input error: a recording cannot be read at all. The message is one sentence for whoever gave it. */
export class InputError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InputError'
  }
}
