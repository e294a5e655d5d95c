/**
 * Log reader: the bytes of a kernel log as the lines that the kernel printed. Nothing of it grows with the length of the log.
 */
import { LineSplitter } from '../../trace/read/lines.js'
import { unescaped } from './escapes.js'
import { journalEntry } from './journal.js'
import { LearnedPrefixes } from './learned-prefix.js'
import type { LogLine } from './log-line.js'
import { withoutPrefixes } from './prefix.js'
import { Unwrap } from './unwrap.js'

/** Lines of what a kernel log prints are short; of longer ones only this much is looked at. */
const LONGEST = 4096

export class LogReader {
  readonly #splitter: LineSplitter
  readonly #learned = new LearnedPrefixes()
  readonly #unwrap: Unwrap
  #line = 0
  #oversize = 0

  /** @param emit takes the lines, in their order. */
  constructor(emit: (line: LogLine) => void) {
    this.#unwrap = new Unwrap(emit)
    this.#splitter = new LineSplitter({
      lines: (bytes, start, end) => this.#take(bytes.toString('utf8', start, end)),
      oversize: () => {
        this.#line++
        this.#oversize++
      },
    })
  }

  /** How many lines of the file were read. */
  get lines(): number {
    return this.#line
  }

  /** How many of them were too long to be a line of a kernel log. */
  get oversize(): number {
    return this.#oversize
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk)
  }

  end(): void {
    this.#splitter.end()
    this.#unwrap.end()
  }

  #take(text: string): void {
    let start = 0
    for (;;) {
      const newline = text.indexOf('\n', start)
      if (newline < 0) break
      this.#add(text.slice(start, newline))
      start = newline + 1
    }
    if (start < text.length) this.#add(text.slice(start))
  }

  #add(raw: string): void {
    const line = ++this.#line
    const whole = raw.length > LONGEST && !raw.includes('"MESSAGE"') ? raw.slice(0, LONGEST) : raw
    const entry = journalEntry(whole)
    if (entry !== null) {
      for (const { text, time, caller } of entry) {
        for (const part of unescaped(text))
          this.#unwrap.add({ line, text: part, time, caller }, true)
      }
      return
    }
    let known:
      | { readonly time: number | undefined; readonly caller: string | undefined }
      | undefined
    for (const part of unescaped(whole)) {
      const prefixed = withoutPrefixes(part)
      const { time, caller } = prefixed.found ? prefixed : (known ?? prefixed)
      if (prefixed.found) known = prefixed
      const rest = prefixed.found ? prefixed : this.#learned.strip(prefixed.text)
      // A prefix may stand inside of a learned one.
      const inner = rest.found && !prefixed.found ? withoutPrefixes(rest.text) : undefined
      this.#unwrap.add(
        {
          line,
          text: inner?.text ?? rest.text,
          time: inner?.time ?? time,
          caller: inner?.caller ?? caller,
        },
        rest.found || known !== undefined,
      )
    }
  }
}
