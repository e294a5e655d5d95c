/**
 * Unwrap: puts lines together that a mail client broke. A broken line ends where the kernel does not end one, and goes on
 * without a prefix. Which lines of the kernel's cannot end so is data.
 */
import type { LogLine } from './log-line.js'

/** A line that has not ended, and what its end may be. */
interface Broken {
  readonly begins: RegExp
  readonly goesOn: RegExp
}

const FRAME = /^\s*\[?<?[\w.$]+/
const BROKEN: readonly Broken[] = [
  // `… (lock){+.+.}-{0:0}, at:` and then the function.
  { begins: /\{[-+.?0-9: {}]*\},? at:$/, goesOn: FRAME },
  { begins: /\)\{[-+.?]+\}(?:-\{\d+:\d+\})?,$/, goesOn: /^\s*at: / },
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
    begins: /^(?:Node \d+ )?\S+: \d+\*\d+kB(?!.* = \d+kB)/,
    goesOn: /^\s*(?:\d+\*\d+kB|\([UMERCHI]+\)|= \d+kB)/,
  },
]

/** No line is broken into more parts. */
const MOST_PARTS = 24

export class Unwrap {
  readonly #emit: (line: LogLine) => void
  #held: LogLine | null = null
  #broken: Broken | undefined
  #parts = 0

  constructor(emit: (line: LogLine) => void) {
    this.#emit = emit
  }

  /** @param prefixed true if the line had a prefix: then it does not go on where another left off. */
  add(line: LogLine, prefixed: boolean): void {
    const { text } = line
    if (this.#held !== null) {
      if (!prefixed && this.#broken?.goesOn.test(text) && this.#parts < MOST_PARTS) {
        const held: LogLine = this.#held
        this.#hold({ ...held, text: `${held.text.trimEnd()} ${text.trimStart()}` })
        this.#parts++
        return
      }
      this.end()
    }
    this.#parts = 0
    this.#hold(line)
  }

  /** No further line comes. */
  end(): void {
    if (this.#held !== null) this.#emit(this.#held)
    this.#held = null
    this.#broken = undefined
  }

  /** Keeps a line that may go on, and lets all others through. */
  #hold(line: LogLine): void {
    const text = line.text.trimEnd()
    this.#broken = text.length < 20 ? undefined : BROKEN.find(({ begins }) => begins.test(text))
    this.#held = line
    if (this.#broken === undefined) this.end()
  }
}
