/**
 * Log reader: the bytes of a kernel log as the lines that the kernel printed. Nothing of it grows with the length of the log.
 */
import { LineSplitter } from '../../trace/read/lines.js'
import { ContinuationLines } from './continuation-lines.js'
import { unescaped } from './escapes.js'
import { journalEntry } from './journal.js'
import { LearnedPrefixes } from './learned-prefix.js'
import type { LogLine } from './log-line.js'
import { withoutPrefixes } from './prefix.js'
import { QuotedPrintable } from './quoted-printable.js'
import { Unwrap } from './unwrap.js'

/** Lines of what a kernel log prints are short; of longer ones only this much is looked at. */
const LONGEST = 4096

export class LogReader {
  readonly #splitter: LineSplitter
  readonly #mail = new QuotedPrintable()
  readonly #continued = new ContinuationLines()
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
    const rest = this.#mail.end()
    if (rest !== '') this.#understand(rest)
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
    this.#line++
    const whole = this.#mail.add(raw)
    if (whole !== undefined) this.#understand(whole)
  }

  #understand(raw: string): void {
    const line = this.#line
    const whole = raw.length > LONGEST && !raw.includes('"MESSAGE"') ? raw.slice(0, LONGEST) : raw
    const entry = journalEntry(whole)
    if (entry !== null) {
      for (const { text, time, caller } of entry) {
        for (const part of unescaped(text)) {
          this.#unwrap.add({ line, text: part, time, caller }, true)
        }
      }
      return
    }
    let known: Pick<LogLine, 'time' | 'caller'> | undefined
    for (const part of unescaped(whole)) {
      const prefixed = withoutPrefixes(part)
      if (prefixed.begins) known = prefixed
      // Prefixes that nobody listed may have others inside of them.
      const rest = prefixed.begins ? prefixed : this.#learned.strip(prefixed.text)
      const inner = rest.found && !prefixed.begins ? withoutPrefixes(rest.text) : prefixed
      const begins = prefixed.begins || rest.found || known !== undefined
      const text = rest.found && !prefixed.begins ? inner.text : rest.text
      const continued = this.#continued.strip(text, part.length - text.length, begins)
      this.#unwrap.add(
        {
          line,
          text: continued.text,
          time: inner.time ?? known?.time ?? continued.time,
          caller: inner.caller ?? known?.caller,
        },
        begins || continued.found,
      )
      this.#continued.before(inner.time)
    }
  }
}
