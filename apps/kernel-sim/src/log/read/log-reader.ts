/**
 * Log reader: the bytes of a kernel log as the lines that the kernel printed. Nothing of it grows with the length of the log.
 */
import { LineSplitter } from '../../trace/read/lines.js'
import { ContinuationLines } from './continuation-lines.js'
import { DoubledLines } from './doubled-lines.js'
import { unescaped } from './escapes.js'
import { isJournalEntry, journalEntry } from './journal.js'
import { LearnedPrefixes } from './learned-prefix.js'
import type { LogLine } from './log-line.js'
import { type Prefixed, withoutPrefixes } from './prefix.js'
import { QuotedPrintable } from './quoted-printable.js'
import { Unwrap } from './unwrap.js'

/** Lines of what a kernel log prints are short; of longer ones only this much is looked at. */
const LONGEST = 4096
/** Indentation, as of code in a mail, before the time that the kernel prints. */
const INDENTED_TIME = /^\s+(?=(?:<\d>)?\[ *\d{1,7}\.\d{6}\])/

export class LogReader {
  readonly #splitter: LineSplitter
  readonly #mail = new QuotedPrintable()
  readonly #doubled = new DoubledLines()
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
    if (this.#doubled.has(raw)) return
    const whole = this.#mail.add(raw)
    if (whole !== undefined) this.#understand(whole)
  }

  #understand(raw: string): void {
    const line = this.#line
    const whole = raw.length > LONGEST && !isJournalEntry(raw) ? raw.slice(0, LONGEST) : raw
    const entry = journalEntry(whole)
    if (entry !== null) {
      for (const { text, time, caller } of entry) {
        for (const part of unescaped(text)) {
          this.#unwrap.add({ line, text: part, time, caller }, true, 0)
        }
      }
      return
    }
    let known: Prefixed | undefined
    for (const part of unescaped(whole)) {
      const prefixed = this.#withoutPrefixes(part)
      if (prefixed.begins) known = prefixed
      this.#addPiece(line, part, prefixed, known)
    }
  }

  /** The listed prefixes, learned ones, and what these have inside of them. */
  #withoutPrefixes(part: string): Prefixed {
    // Blanks before a time are not the kernel's.
    const indented = part.charCodeAt(0) <= 0x20
    const prefixed = withoutPrefixes(indented ? part.replace(INDENTED_TIME, '') : part)
    if (prefixed.begins) return prefixed
    const learned = this.#learned.strip(prefixed.text)
    if (!learned.found) return prefixed
    const inner = withoutPrefixes(learned.text)
    return { ...inner, found: true, begins: true }
  }

  /** Adds a message; another one may stand on the same line, behind a time of its own. */
  #addPiece(line: number, part: string, prefixed: Prefixed, known: Prefixed | undefined): void {
    const at = this.#learned.beforeTime(prefixed.text)
    if (at > 0) {
      const before = prefixed.text.slice(0, at)
      this.#addPiece(line, part, { ...prefixed, text: before.trimEnd(), begins: true }, known)
      const rest = prefixed.text.slice(at)
      this.#addPiece(line, rest, withoutPrefixes(rest), undefined)
      return
    }
    const begins = prefixed.begins || known !== undefined
    const { text } = prefixed
    const continued = this.#continued.strip(text, part.length - text.length, begins)
    this.#unwrap.add(
      {
        line,
        text: continued.text,
        time: prefixed.time ?? known?.time ?? continued.time,
        caller: prefixed.caller ?? known?.caller,
      },
      begins || continued.found,
      part.length,
    )
    this.#continued.before(prefixed.time)
  }
}
