/** Page error: somebody gave back, or handed over, what is not theirs. */

/** Names the page, its order and its owner. Nothing has changed. */
export class PageError extends Error {
  /** @internal */
  constructor(message: string) {
    super(message)
    this.name = 'PageError'
  }
}
