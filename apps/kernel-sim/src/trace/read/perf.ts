/**
 * Perf: the text of `perf script`, with or without call chains.
 *
 * ```text
 * wl-bash  6811 [001]  7542.590744:     kmem:mm_page_alloc: page=0x29ac9a pfn=0x29ac9a order=0 ...
 * 	ffffffff8161f78b __alloc_frozen_pages_noprof+0x26b ([kernel.kallsyms])
 * ```
 *
 * An empty line ends a call chain.
 */
import { withoutProbes } from '../attribute/probe-functions.js'
import type { TraceEvent } from '../event.js'
import type { Names } from '../names.js'
import { Stack } from '../stack.js'
import { ByteTable, viewOf } from './byte-table.js'
import type { Damage } from './damage.js'
import { nanoseconds } from './decimal.js'
import { newHead } from './make-event.js'
import { kindOf, PayloadReader } from './payload.js'
import { type StackText, StackTexts } from './stack-text.js'
import { excerpt, LineCounts, type TraceReader } from './trace-reader.js'

const LF = 10
const TAB = 9
const SPACE = 32
const COLON = 58

/** `comm pid[/tid] [cpu] ` */
const TASK = /^\s*(\S.*?)\s+(-?\d+)(?:\/(-?\d+))?\s+\[(\d+)\]\s+$/

/** `\tffffffff8161f78b __alloc_frozen_pages_noprof+0x26b ([kernel.kallsyms])` */
const FRAME = /^\s+[\da-f]+ (\S+)(?: \((\S+)\))?$/

/** Who, and on which CPU. */
interface TaskName {
  readonly comm: string
  readonly pid: number
  readonly cpu: number
}

export class PerfReader implements TraceReader {
  readonly #sink: (event: TraceEvent) => void
  readonly #damage: Damage
  readonly #payload: PayloadReader
  readonly #tasks = new ByteTable(taskName)
  readonly #kinds = new ByteTable(kindOf)
  readonly #stacks = new StackTexts(readStack)
  readonly #head = newHead()
  #text: Buffer = Buffer.alloc(0)
  #bytes: DataView = viewOf(this.#text)
  /** Whether frames may come now. */
  #expected = false
  /** The event that they belong to; none if it is not of interest. */
  #event: TraceEvent | undefined
  readonly counts = new LineCounts()
  /** Their tracers write none. */
  readonly notes = []

  constructor(sink: (event: TraceEvent) => void, damage: Damage) {
    this.#sink = sink
    this.#damage = damage
    this.#payload = new PayloadReader(damage)
  }

  lines(text: Buffer, start: number, end: number): void {
    this.#text = text
    this.#bytes = viewOf(text)
    let at = start
    while (at < end) {
      if (text[at] === TAB) {
        const gap = text.indexOf('\n\n', at, 'latin1')
        const stop = gap < 0 || gap >= end ? end : gap + 1
        this.#takeStack(this.#stacks.take(this.#bytes, at, stop, stop === end))
        at = stop
        continue
      }
      this.#takeStack(this.#stacks.finish())
      let stop = text.indexOf(LF, at)
      if (stop < 0 || stop > end) stop = end
      this.counts.lines++
      if (stop > at) this.#line(at, stop)
      else {
        this.counts.blank++
        this.#expected = false
        this.#emit()
      }
      at = stop + 1
    }
  }

  oversize(length: number): void {
    this.#takeStack(this.#stacks.finish())
    this.#damage.add('oversize', ++this.counts.lines, `a line of ${length} bytes`)
  }

  end(): void {
    this.#takeStack(this.#stacks.finish())
    this.#emit()
  }

  /** One line that is no frame of a call chain. */
  #line(start: number, end: number): void {
    this.#emit()
    this.#expected = false
    const text = this.#text
    const colon = timeEnd(text, start, end)
    const time = colon < 0 ? start : wordStart(text, start, colon)
    const { comm, pid, cpu } = this.#tasks.get(this.#bytes, start, time)
    const when = nanoseconds(this.#bytes, time, Math.max(colon, time))
    if (Number.isNaN(pid) || Number.isNaN(when)) {
      this.#otherLine(text.toString('utf8', start, end))
      return
    }
    this.#expected = true
    // `system:name: payload`, after the period of the event in some versions.
    const nameEnd = text.indexOf(': ', colon + 2, 'latin1')
    const system = text.lastIndexOf(COLON, nameEnd - 1)
    const kind =
      nameEnd < 0 || nameEnd >= end || system <= colon
        ? undefined
        : this.#kinds.get(this.#bytes, system + 1, nameEnd)
    if (kind === undefined) {
      this.counts.ignored++
      return
    }
    const head = this.#head
    head.line = this.counts.lines
    head.time = when
    head.cpu = cpu
    head.pid = pid
    head.comm = comm
    let payload = nameEnd + 1
    while (text[payload] === SPACE) payload++
    this.#event = this.#payload.read(head, kind, this.#bytes, text, Math.min(payload, end), end)
  }

  #otherLine(line: string): void {
    const lost = /\bLOST (\d+) events|lost (\d+) (?:events|samples)/i.exec(line)
    if (lost !== null) this.counts.lost += Number(lost[1] ?? lost[2])
    else if (line.startsWith('#') || line.trim() === '') this.counts.blank++
    else this.#damage.add('foreign', this.counts.lines, excerpt(line))
  }

  #takeStack(found: StackText | undefined): void {
    if (found === undefined) return
    const { stack, lines, strange } = found
    if (!this.#expected && strange.length < lines) {
      this.#damage.add(
        'foreign',
        this.counts.lines + 1,
        `frames of no event: ${stack.frames[0] ?? ''}`,
      )
    }
    this.#expected = false
    for (const { at, text } of strange) {
      this.#damage.add('foreign', this.counts.lines + at + 1, excerpt(text))
    }
    this.counts.lines += lines
    if (this.#event === undefined) return
    const target: { stack: Stack | undefined; interrupt: boolean } = this.#event
    target.stack = stack
    target.interrupt = stack.interrupt
    this.#emit()
  }

  #emit(): void {
    const event = this.#event
    this.#event = undefined
    if (event !== undefined) this.#sink(event)
  }
}

/** The colon that ends the time: the first one that a space follows. Names of tasks may have colons, not followed by one. */
function timeEnd(text: Buffer, start: number, end: number): number {
  for (let at = text.indexOf(COLON, start); at >= 0 && at < end; at = text.indexOf(COLON, at + 1)) {
    if (text[at + 1] === SPACE) return at
  }
  return -1
}

/** Where the word that ends at `end` begins. */
function wordStart(text: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && text[at - 1] !== SPACE) at--
  return at
}

function taskName(text: string): TaskName {
  const [, comm = '', pid, tid, cpu] = TASK.exec(text) ?? []
  return { comm, pid: Number(tid ?? pid ?? Number.NaN), cpu: Number(cpu ?? Number.NaN) }
}

/** The frames of the kernel: those of a program, where they were recorded too, say nothing here. */
function readStack(lines: readonly string[], names: Names): StackText {
  const frames: string[] = []
  const strange: { at: number; text: string }[] = []
  for (const [at, line] of lines.entries()) {
    const [, frame, object = '[kernel]'] = FRAME.exec(line) ?? []
    if (frame === undefined) strange.push({ at, text: line })
    else if (object !== '[unknown]' && /^\[|\.ko/.test(object)) frames.push(frame)
  }
  return { stack: new Stack(withoutProbes(frames), false, names), lines: lines.length, strange }
}
