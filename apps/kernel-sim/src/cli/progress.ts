/** Progress: how far something long has come, on standard error and only where somebody looks. */
import type { WriteStream } from 'node:tty'

/** Between two lines, in ms. */
const EVERY = { terminal: 100, otherwise: 1000 }

export class Progress {
  readonly #stream: WriteStream
  readonly #enabled: boolean
  #next = 0

  /** @param wanted true if somebody asked for it, false if they forbade it; undefined: only on a terminal. */
  constructor(stream: WriteStream, wanted: boolean | undefined) {
    this.#stream = stream
    this.#enabled = wanted ?? stream.isTTY === true
  }

  /** Shows how many bytes were read, and of how many where that is known. */
  show(read: number, size: number | undefined): void {
    this.say(() => {
      const share =
        size === undefined ? '' : ` of ${mb(size)}, ${Math.floor((100 * read) / size)} %`
      return `reading: ${mb(read)}${share}`
    })
  }

  /** Shows a line, if it is time for one. */
  say(line: () => string): void {
    if (!this.#enabled) return
    const now = performance.now()
    if (now < this.#next) return
    this.#next = now + (this.#stream.isTTY ? EVERY.terminal : EVERY.otherwise)
    const text = line()
    this.#stream.write(this.#stream.isTTY ? `\r${text}\u001b[K` : `${text}\n`)
  }

  /** Leaves nothing of it on a terminal. */
  done(): void {
    if (this.#enabled && this.#stream.isTTY) this.#stream.write('\r\u001b[K')
  }
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
