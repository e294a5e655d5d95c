/**
 * Ftrace: the text of tracefs' `trace` file, and of `trace-cmd report`, which differs in details only.
 *
 * ```text
 *          wl-bash-6465    [000] .....  7498.564953: kmem_cache_alloc: call_site=mas_preallocate+0x3ef/0x430 ...
 *          wl-bash-6465    [000] .....  7498.564984: <stack trace>
 *  => trace_event_raw_event_kmem_cache_alloc
 *  => kmem_cache_alloc_noprof
 * ```
 *
 * A stack is a record of its own that may come after one of another CPU: it belongs to the last event of its task.
 */
import { withoutProbes } from '../attribute/probe-functions.js'
import type { TraceEvent } from '../event.js'
import type { Names } from '../names.js'
import { Stack } from '../stack.js'
import { ByteTable, viewOf } from './byte-table.js'
import type { Damage } from './damage.js'
import { isDigit, nanoseconds } from './decimal.js'
import { newHead } from './make-event.js'
import { kindOf, PayloadReader } from './payload.js'
import { type StackText, StackTexts } from './stack-text.js'
import { excerpt, LineCounts, type TraceReader } from './trace-reader.js'

const TAB = 9
const LF = 10
const SPACE = 32
const HASH = 35
const COLON = 58
const LESS = 60
const EQUALS = 61
const GREATER = 62
const OPEN = 91
const CLOSE = 93

/** How many events of other tasks may stand between an event and its stack. */
const WINDOW = 32

/** The third byte of `<stack trace>`, and its length; `<user stack trace>` has another, trace-cmd has a blank in it. */
const T = 116
const STACK_TRACE = '<stack trace>'.length

/** What trace-cmd calls the headers of stacks. */
const STACK_EVENTS = new Set(['kernel_stack', 'user_stack'])

/** The third flag by byte: 1 when an interrupt (`h`, `H`), softirq (`s`) or NMI (`z`, `Z`) is on top of the task. */
const INTERRUPT_FLAGS = new Uint8Array(256)
for (const flag of Buffer.from('hHszZ')) INTERRUPT_FLAGS[flag] = 1

/** How trace-cmd and tracefs say that events are missing, with or without their number. */
const LOST = /\[(?:LOST )?(\d+)? ?EVENTS(?: DROPPED)?\]|\b(\d+) events? (?:lost|dropped)/i

/** Lines of trace-cmd that are about the recording as a whole. */
const ABOUT = /^(#.*|\s*|version = \d+|cpus=\d+|CPU \d+ is empty)$/

/** What stands before the CPU: `kworker/1:2-4663`, with a process id in parentheses in newer kernels if asked for. */
interface TaskName {
  readonly comm: string
  readonly pid: number
}

/** An event that may still get a stack. */
interface Held {
  readonly event: TraceEvent
  readonly pid: number
  /** Whether no stack can come any more. */
  settled: boolean
}

export class FtraceReader implements TraceReader {
  readonly #sink: (event: TraceEvent) => void
  readonly #damage: Damage
  readonly #payload: PayloadReader
  readonly #tasks = new ByteTable(taskName)
  readonly #kinds = new ByteTable(kindOf)
  readonly #stacks = new StackTexts(readStack)
  readonly #head = newHead()
  readonly #held: Held[] = []
  /** Whether frames may come now. */
  #expected = false
  /** The event that they belong to; none if it is not of interest. */
  #awaiting: Held | undefined
  #text: Buffer = Buffer.alloc(0)
  #bytes: DataView = viewOf(this.#text)
  /** Where in a line the CPU stood last: mostly the same. */
  #column = 0
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
      if (isFrame(text, at)) {
        const stop = this.#stackEnd(at, end)
        this.#takeStack(this.#stacks.take(this.#bytes, at, stop, stop === end))
        at = stop
        continue
      }
      this.#takeStack(this.#stacks.finish())
      this.counts.lines++
      at = this.#line(at, end)
    }
  }

  oversize(length: number): void {
    this.#takeStack(this.#stacks.finish())
    this.#damage.add('oversize', ++this.counts.lines, `a line of ${length} bytes`)
  }

  end(): void {
    this.#takeStack(this.#stacks.finish())
    for (const { event } of this.#held.splice(0)) this.#sink(event)
  }

  /**
   * One line that is no frame of a stack.
   *
   * Where it ends is looked for last: most lines tell without, and in no line that is whole a word goes on beyond it.
   * @returns where the next line begins.
   */
  #line(start: number, limit: number): number {
    const text = this.#text
    const cpu = this.#cpuAt(start, limit)
    if (cpu < 0) return this.#otherLine(start, limit)
    const { comm, pid } = this.#tasks.get(this.#bytes, start, cpu)
    let cpuNumber = 0
    let at = cpu + 1
    for (; text[at] !== CLOSE; at++) cpuNumber = cpuNumber * 10 + (text[at] as number) - 48
    // The flags are missing where trace-cmd was told to leave them out.
    const flags = wordStart(text, at + 1, limit)
    const flagsEnd = wordEnd(text, flags, limit)
    const timed = isDigit(text[flags]) && text[flagsEnd - 1] === COLON
    const time = timed ? flags : wordStart(text, flagsEnd, limit)
    const timeEnd = timed ? flagsEnd : wordEnd(text, time, limit)
    if (Number.isNaN(pid) && lineEnd(text, start, limit) < cpu) {
      // The guess of the column met another line.
      this.#column = 0
      return this.#line(start, limit)
    }
    if (Number.isNaN(pid) || text[timeEnd - 1] !== COLON) {
      return this.#damaged('malformed', start, limit)
    }
    const name = wordStart(text, timeEnd, limit)
    if (text[name] === LESS) {
      this.#expectStack(pid, text[name + 2] === T)
      return text[name + STACK_TRACE] === LF
        ? name + STACK_TRACE + 1
        : lineEnd(text, name, limit) + 1
    }
    const nameEnd = wordEnd(text, name, limit) - 1
    if (text[nameEnd] !== COLON) return this.#damaged('truncated', start, limit)
    const when = nanoseconds(this.#bytes, time, timeEnd - 1)
    if (Number.isNaN(when)) return this.#damaged('malformed', start, limit)
    this.#expected = false
    const end = lineEnd(text, nameEnd, limit)
    const kind = this.#kinds.get(this.#bytes, name, nameEnd)
    const payload = wordStart(text, nameEnd + 1, end)
    if (kind !== undefined) {
      const head = this.#head
      head.line = this.counts.lines
      head.time = when
      head.cpu = cpuNumber
      head.pid = pid
      head.comm = comm
      head.interrupt = !timed && INTERRUPT_FLAGS[text[flags + 2] as number] === 1
      const found = this.#payload.read(head, kind, this.#bytes, text, payload, end)
      if (found === undefined) this.#settle(pid)
      else this.#hold(found, pid)
    } else if (STACK_EVENTS.has(text.toString('latin1', name, nameEnd))) {
      this.#expectStack(pid, text[payload] === LESS && text[payload + 2] === T)
    } else {
      this.counts.ignored++
      this.#settle(pid)
    }
    return end + 1
  }

  #damaged(kind: 'malformed' | 'truncated', start: number, limit: number): number {
    const end = lineEnd(this.#text, start, limit)
    this.#expected = false
    this.#damage.add(kind, this.counts.lines, excerpt(this.#text.toString('utf8', start, end)))
    return end + 1
  }

  #otherLine(start: number, limit: number): number {
    const end = lineEnd(this.#text, start, limit)
    this.#other(this.#text.toString('utf8', start, end), this.counts.lines)
    return end + 1
  }

  /** A line that is neither an event nor a frame. */
  #other(line: string, number: number): void {
    const lost = LOST.exec(line)
    if (lost !== null) this.counts.lost += Number(lost[1] ?? lost[2] ?? 1)
    else if (ABOUT.test(line)) this.counts.blank++
    else this.#damage.add('foreign', number, excerpt(line))
  }

  /** No stack comes any more for the events of this task. */
  #settle(pid: number): void {
    for (const held of this.#held) if (held.pid === pid) held.settled = true
  }

  #hold(event: TraceEvent, pid: number): void {
    this.#settle(pid)
    this.#held.push({ event, pid, settled: false })
    this.#release()
  }

  /** A stack of this task follows: one of the `kernel`, or one that says nothing here. */
  #expectStack(pid: number, kernel: boolean): void {
    this.#expected = true
    this.#awaiting = undefined
    if (!kernel) return
    for (const held of this.#held) {
      if (held.pid === pid && !held.settled) this.#awaiting = held
    }
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
    for (const { at, text } of strange) this.#other(text, this.counts.lines + at + 1)
    this.counts.lines += lines
    this.#expected = false
    const held = this.#awaiting
    this.#awaiting = undefined
    if (held === undefined) return
    const target: { stack: Stack | undefined; interrupt: boolean } = held.event
    target.stack = stack
    if (stack.interrupt) target.interrupt = true
    held.settled = true
    this.#release()
  }

  /** Passes on what is complete, in the order in which it was recorded. */
  #release(): void {
    const held = this.#held
    let count = 0
    while (count < held.length && (held[count]?.settled || held.length - count > WINDOW)) count++
    for (let i = 0; i < count; i++) this.#sink((held[i] as Held).event)
    if (count === held.length) held.length = 0
    else if (count > 0) held.splice(0, count)
  }

  /** The place of the `[` of a CPU number, or -1. */
  #cpuAt(start: number, end: number): number {
    const text = this.#text
    if (text[start] === HASH) return -1
    if (isCpu(text, start + this.#column, end)) return start + this.#column
    const stop = lineEnd(text, start, end)
    for (
      let at = text.indexOf(OPEN, start);
      at >= 0 && at < stop;
      at = text.indexOf(OPEN, at + 1)
    ) {
      if (!isCpu(text, at, stop)) continue
      this.#column = at - start
      return at
    }
    return -1
  }

  /** Where the next line begins that names a CPU: the frames of a stack never do. */
  #stackEnd(start: number, end: number): number {
    const text = this.#text
    let open = text.indexOf(OPEN, start)
    for (; open >= 0 && open < end; open = text.indexOf(OPEN, open + 1)) {
      if (!isCpu(text, open, end)) continue
      const guess = open - this.#column
      const line = text[guess - 1] === LF ? guess : text.lastIndexOf(LF, open) + 1
      if (line > start) return line
    }
    return end
  }
}

/** ` => f` or `=> f`; a tab before it in user stacks of trace-cmd. */
function isFrame(text: Buffer, at: number): boolean {
  const arrow = text[at] === SPACE || text[at] === TAB ? at + 1 : at
  return text[arrow] === EQUALS && text[arrow + 1] === GREATER
}

/** `[000]`, with as many digits as it needs, three at least. */
function isCpu(text: Buffer, at: number, end: number): boolean {
  if (text[at] !== OPEN) return false
  let digit = at + 1
  while (isDigit(text[digit])) digit++
  return digit - at > 3 && digit < end && text[digit] === CLOSE
}

/** Where the line ends: at its line break, or where the text does. */
function lineEnd(text: Buffer, from: number, limit: number): number {
  const end = text.indexOf(LF, from)
  return end < 0 || end > limit ? limit : end
}

function wordStart(text: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && text[at] === SPACE) at++
  return at
}

function wordEnd(text: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && text[at] !== SPACE) at++
  return at
}

function taskName(text: string): TaskName {
  const [, comm = '', pid] = /^ *(.*)-(\d+) *(?:\([ \d-]*\) *)?$/.exec(text) ?? []
  return { comm, pid: pid === undefined ? Number.NaN : Number(pid) }
}

/** ` => kmem_cache_alloc_noprof`, or `=> kmem_cache_alloc (ffffffff81234567)` from trace-cmd. */
function readStack(lines: readonly string[], names: Names): StackText {
  const frames: string[] = []
  const strange: { at: number; text: string }[] = []
  for (const [at, line] of lines.entries()) {
    const frame = /^[ \t]?=> +(\S+)/.exec(line)?.[1]
    if (frame === undefined) strange.push({ at, text: line })
    else frames.push(frame)
  }
  return { stack: new Stack(withoutProbes(frames), false, names), lines: lines.length, strange }
}
