/** Dat error: a trace.dat that is not as the format demands. What was read before stands. */
export class DatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DatError'
  }
}
