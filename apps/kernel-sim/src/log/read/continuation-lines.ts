/**
 * Continuation lines: a message with newlines in it has its prefix once. dmesg puts as many blanks before its other lines as the prefix has
 * characters, so that they stand below each other.
 */

export class ContinuationLines {
  /** How long the latest prefix was; 0 for none. */
  #indent = 0
  #time: number | undefined

  /**
   * A line without the blanks that stand for the prefix of the line before.
   * @param prefix how long the prefixes were that were taken off
   * @param begins true if there was one that begins a message
   */
  strip(
    text: string,
    prefix: number,
    begins: boolean,
  ): { readonly text: string; readonly found: boolean; readonly time: number | undefined } {
    if (begins) {
      // Of an empty message the blank behind the prefix may be lost.
      if (text !== '' || Math.abs(this.#indent - prefix) > 1) this.#indent = prefix
      return { text, found: true, time: undefined }
    }
    // A short indentation is the kernel's own.
    if (this.#indent < 10 || text.trim() === '' || !text.startsWith(' '.repeat(this.#indent))) {
      return { text, found: false, time: undefined }
    }
    return { text: text.slice(this.#indent), found: true, time: this.#time }
  }

  /** When the latest line was printed. */
  before(time: number | undefined): void {
    if (time !== undefined) this.#time = time
  }
}
