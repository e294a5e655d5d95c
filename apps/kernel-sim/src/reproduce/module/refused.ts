/** Refused: something that cannot be put on a real kernel, by the name of the object and why. */
export class Refused extends Error {
  constructor(
    readonly object: string,
    readonly why: string,
  ) {
    super(`${object}: ${why}`)
    this.name = 'Refused'
  }
}
