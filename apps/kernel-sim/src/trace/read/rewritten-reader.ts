/** Rewritten reader: a text whose lines say the same in another form: each is turned into the form that its reader knows. */
import type { TraceReader } from './trace-reader.js'

export class RewrittenReader implements TraceReader {
  readonly #inner: TraceReader
  readonly #rewrite: (line: string) => string

  /** @param rewrite makes the known form of a line, whose characters are bytes; one without an event stays as it is */
  constructor(inner: TraceReader, rewrite: (line: string) => string) {
    this.#inner = inner
    this.#rewrite = rewrite
  }

  get counts(): TraceReader['counts'] {
    return this.#inner.counts
  }

  get notes(): TraceReader['notes'] {
    return this.#inner.notes
  }

  lines(text: Buffer, start: number, end: number): void {
    const lines = text.toString('latin1', start, end).split('\n').map(this.#rewrite)
    const plain = Buffer.from(lines.join('\n'), 'latin1')
    this.#inner.lines(plain, 0, plain.length)
  }

  oversize(length: number): void {
    this.#inner.oversize(length)
  }

  end(): void {
    this.#inner.end()
  }
}
