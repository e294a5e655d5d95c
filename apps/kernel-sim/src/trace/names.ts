/** Names: the few thousand functions of a kernel are on all its stacks; each of their names is kept once. */

/** How many are remembered. Beyond that they are kept anew. */
const LIMIT = 1 << 15

export class Names {
  readonly #names = new Map<string, string>()

  /** The name, as one string wherever it comes from. */
  of(name: string): string {
    let known = this.#names.get(name)
    if (known === undefined) {
      // A part of a longer text would keep all of it.
      known = Buffer.from(name).toString()
      if (this.#names.size === LIMIT) this.#names.clear()
      this.#names.set(known, known)
    }
    return known
  }
}
