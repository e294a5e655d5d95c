/**
 * Unwrap: puts lines together that a mail client broke. A broken line ends where the kernel does not end one, and goes on
 * without a prefix. Which lines of the kernel's cannot end so is data.
 */
import { parseFrame } from '../../lockdep/frame.js'
import type { LogLine } from './log-line.js'

/** A line that has not ended, and what its end may be. */
interface Broken {
  readonly begins: RegExp
  readonly goesOn: RegExp
}

const FRAME = /^\s*\[?<?[\w.$]+/
const BROKEN: readonly Broken[] = [
  // ARM's frames: `[<addr>] (f) from [<addr>] (g+0x1/0x2)`.
  { begins: /^\s*\[<[\da-f]+>\]$/, goesOn: /^\s*\(\w/ },
  { begins: /^\s*\[<[\da-f]+>\] \([^()+]+\)$/, goesOn: /^\s*from / },
  { begins: /^\s*\[<[\da-f]+>\] \([^()+]+\) from$/, goesOn: /^\s*\[<[\da-f]+>\]/ },
  { begins: /\) from \[<[\da-f]+>\]$/, goesOn: /^\s*\(\w/ },
  // `… (lock){+.+.}-{0:0}, at:` and then the function.
  { begins: /\{[-+.?0-9: {}]*\},? at:$/, goesOn: FRAME },
  { begins: /\)\{[-+.?]+\}(?:-\{\d+:\d+\})?,$/, goesOn: /^\s*at: / },
  { begins: /, at: \[<[\da-f]+>\]$/, goesOn: /^\s*[\w.$]+\+0x/ },
  { begins: /^workqueue: .* is flushing$/, goesOn: /^\s*!WQ_MEM_RECLAIM / },
  { begins: /^workqueue: (?:WQ|PF)_\S+ .*\bis$/, goesOn: /^\s*flushing / },
  {
    begins: /^workqueue: WQ_MEM_RECLAIM \S+(?: \[\S+\])?$/,
    goesOn: /^\s*(?:\[\S+\] )?is flushing/,
  },
  { begins: /^WARNING: CPU: \d+ PID: \d+ at \S+$/, goesOn: FRAME },
  {
    begins: /^INFO: task .*:\d+ (?:is )?blocked(?!.* seconds)(?!.* likely .*:\d+)/,
    goesOn: /^\s*(?:for|more|than|on|\d+ seconds|an?|\S+ likely|likely|owned|held|by|task) ?/,
  },
  { begins: /^"echo 0 >$/, goesOn: /^\s*\/proc\// },
  { begins: /^task:.* pid:\s*\d+$/, goesOn: /^\s*(?:tgid|ppid|flags):/ },
  { begins: /page allocation (?:failure[:.]|stalls for \d+ms,) order:\d+,$/, goesOn: /^\s*mode:/ },
  { begins: /(?:mode:|gfp_mask=)0x[\da-f]+\([A-Z_|]*\),$/, goesOn: /^\s*(?:nodemask|order)=/ },
  { begins: /(?:mode:|gfp_mask=)0x[\da-f]+\([A-Z_|]*\|$/, goesOn: /^\s*_*GFP_/ },
  { begins: /^CPU: \d+ .*(?:Tainted:|Comm:|PID:).*[^#\d]$/, goesOn: /^\s*\d+\.\d+\.\d+\S* #/ },
  // Mem-Info: a zone, a node, and free blocks by order.
  {
    begins: /^(?:Node \d+ \S+|\S+) free:\d+kB(?: \S+)*$/,
    goesOn: /^\s*[a-z_()]+:\s?\d+[kK]B(?: |$)|^\s*all_unreclaimable\?/,
  },
  { begins: /^Node \d+ active_anon:\d+kB(?: \S+)*$/, goesOn: /^\s*[a-z_()]+:\s?\d+kB(?: |$)/ },
  {
    begins: /^(?:Node \d+ )?\S+: \d+[*_]\d+kB(?!.* = \d+kB)/,
    goesOn: /^\s*(?:\d+[*_]\d+kB|\([UMERCHI]+\)|= \d+kB)/,
  },
]

/** Before 4.10 what one call printed in pieces may have a line, and a prefix, for each; how such a line begins, and how it goes on. */
const PIECE = /^ ?(?:#\d+:|-> #\d+)/
const PIECES: readonly Broken[] = [
  { begins: /^ ?(?:#\d+:|-> #\d+)$/, goesOn: /^\s*\($/ },
  { begins: /^ ?(?:#\d+:|-> #\d+) ?\($/, goesOn: /^\s*[^\s(){}]\S*$/ },
  { begins: /^ ?(?:#\d+:|-> #\d+) ?\( ?[^\s(){}]+$/, goesOn: /^\s*\)\{[-+.?]+\}/ },
  { begins: /^ ?-> #\d+ ?\(.*\)\{[-+.?]+\}$/, goesOn: /^:$/ },
  { begins: /^ ?#\d+: ?\(.*\)\{[-+.?]+\}$/, goesOn: /^\s*, at:/ },
  { begins: /^ ?#\d+: ?\(.*\)\{[-+.?]+\} ?, at:$/, goesOn: /^\s*\[<[\da-f]+>\] \S/ },
]
/**
 * A line that has a prefix, and ends where its next word would have passed the width of a mail, goes on in the next one, whatever it says;
 * unless that begins as lines of reports do.
 */
const WIDTHS = { shortest: 45, least: 64, most: 82 }
const BEGINS =
  /^(?:\s{2,}|other info|but |which |and |the existing|stack backtrace|-> #|Call |WARNING|INFO|BUG|CPU|[=-]{8,}|\d+ locks?|#|\*\*\*|Possible|Chain|\[|<|_*[a-z]\w*\+0x)/

/** No line is broken into more parts. */
const MOST_PARTS = 24

export class Unwrap {
  readonly #emit: (line: LogLine) => void
  #held: LogLine | null = null
  #broken: Broken | undefined
  #parts = 0
  #pieces = false
  /** How long the held line is in the file, where it has a prefix. */
  #length = 0

  constructor(emit: (line: LogLine) => void) {
    this.#emit = emit
  }

  /**
   * @param prefixed true if the line had a prefix: then it does not go on where another left off
   * @param length how long it is in the file
   */
  add(line: LogLine, prefixed: boolean, length: number): void {
    const { text } = line
    if (this.#held !== null) {
      const glue = this.#glueTo(this.#held, text, prefixed, length)
      if (glue !== undefined && this.#parts < MOST_PARTS) {
        const held: LogLine = this.#held
        this.#hold({ ...held, text: `${held.text.trimEnd()}${glue}${text.trimStart()}` })
        this.#parts++
        this.#length = this.#length > 0 ? length : 0
        return
      }
      this.end()
    }
    this.#parts = 0
    this.#length = prefixed ? length : 0
    this.#hold(line)
  }

  /** What joins the next line to the one that is held; undefined where that is whole. */
  #glueTo(held: LogLine, text: string, prefixed: boolean, length: number): string | undefined {
    if (this.#pieces && PIECES.some((form) => fits(form, held.text, text))) {
      return /^\s*[([]/.test(text) ? ' ' : ''
    }
    if (prefixed) return undefined
    if (this.#broken?.goesOn.test(text)) return ' '
    return this.#isFolded(held, text, length) ? ' ' : undefined
  }

  #isFolded(held: LogLine, text: string, length: number): boolean {
    const { shortest, least, most } = WIDTHS
    const before = this.#length
    if (before < shortest || before > most || length > most || text.trim() === '') return false
    const [word = ''] = text.trim().split(' ', 1)
    return before + word.length + 1 >= least && !BEGINS.test(text) && parseFrame(held.text) === null
  }

  /** No further line comes. */
  end(): void {
    if (this.#held !== null) this.#emit(this.#held)
    this.#held = null
    this.#broken = undefined
    this.#pieces = false
  }

  /** Keeps a line that may go on, and lets all others through. */
  #hold(line: LogLine): void {
    const text = line.text.trimEnd()
    this.#broken = text.length < 14 ? undefined : BROKEN.find(({ begins }) => begins.test(text))
    this.#pieces = PIECE.test(text)
    this.#held = line
    const folds = this.#length >= WIDTHS.shortest && this.#length <= WIDTHS.most
    if (this.#broken === undefined && !this.#pieces && !folds) this.end()
  }
}

function fits({ begins, goesOn }: Broken, held: string, next: string): boolean {
  return begins.test(held.trimEnd()) && goesOn.test(next)
}
