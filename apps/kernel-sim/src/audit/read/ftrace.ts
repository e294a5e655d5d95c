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
import { Stack } from '../stack.js'
import type { TraceEvent } from '../trace-event.js'
import { ByteTable } from './byte-table.js'
import type { Damage } from './damage.js'
import { isDigit, nanoseconds, whole } from './decimal.js'
import { PayloadReader } from './payload.js'
import { type StackText, StackTexts } from './stack-text.js'
import { excerpt, type TraceReader } from './trace-reader.js'

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

/** The probe that records the event is the innermost function of its stack. */
const PROBE = 'trace_event_raw_event_'

/** What stands before the CPU: `kworker/1:2-4663`, with a process id in parentheses in newer kernels if asked for. */
interface TaskName {
  readonly comm: string
  readonly pid: number
}

/** An event that may still get a stack. */
interface Held {
  readonly event: TraceEvent
  /** Whether no stack can come any more. */
  settled: boolean
}

export class FtraceReader implements TraceReader {
  readonly #sink: (event: TraceEvent) => void
  readonly #damage: Damage
  readonly #payload: PayloadReader
  readonly #tasks = new ByteTable(taskName)
  readonly #names = new ByteTable((text) => text)
  readonly #stacks = new StackTexts(readStack)
  readonly #held: Held[] = []
  /** The event that the next frames belong to. */
  #awaiting: Held | undefined
  #lines = 0
  #blank = 0
  #ignored = 0
  #lost = 0

  constructor(sink: (event: TraceEvent) => void, damage: Damage) {
    this.#sink = sink
    this.#damage = damage
    this.#payload = new PayloadReader(damage)
  }

  get lineCount(): number {
    return this.#lines
  }

  get blank(): number {
    return this.#blank
  }

  get ignored(): number {
    return this.#ignored
  }

  get lost(): number {
    return this.#lost
  }

  lines(bytes: Buffer, start: number, end: number): void {
    let at = start
    while (at < end) {
      if (isFrame(bytes, at)) {
        const stop = stackEnd(bytes, at, end)
        this.#takeStack(this.#stacks.take(bytes, at, stop, stop === end))
        at = stop
        continue
      }
      this.#takeStack(this.#stacks.finish())
      let stop = bytes.indexOf(LF, at)
      if (stop < 0 || stop > end) stop = end
      this.#lines++
      this.#line(bytes, at, stop)
      at = stop + 1
    }
  }

  oversize(length: number): void {
    this.#damage.add('oversize', ++this.#lines, `a line of ${length} bytes`)
  }

  end(): void {
    this.#takeStack(this.#stacks.finish())
    for (const { event } of this.#held.splice(0)) this.#sink(event)
  }

  /** One line that is no frame of a stack. */
  #line(bytes: Buffer, start: number, end: number): void {
    const cpu = cpuAt(bytes, start, end)
    if (cpu < 0) {
      this.#otherLine(bytes.toString('utf8', start, end), this.#lines)
      return
    }
    const cpuEnd = bytes.indexOf(CLOSE, cpu)
    const colon = timeEnd(bytes, cpuEnd + 1, end)
    const time = nanoseconds(bytes, wordStart(bytes, colon), colon)
    let name = colon + 1
    while (bytes[name] === SPACE) name++
    const nameEnd = bytes.indexOf(COLON, name)
    const { comm, pid } = this.#tasks.get(bytes, start, cpu)
    if (Number.isNaN(time) || Number.isNaN(pid)) {
      this.#damage.add('malformed', this.#lines, excerpt(bytes.toString('utf8', start, end)))
    } else if (nameEnd < 0 || nameEnd >= end) {
      // Only the header of a stack has no colon after its name.
      if (bytes[name] === LESS) this.#expectStack(pid)
      else this.#damage.add('truncated', this.#lines, excerpt(bytes.toString('utf8', start, end)))
    } else {
      const event = this.#names.get(bytes, name, nameEnd)
      if (event === 'kernel_stack') this.#expectStack(pid)
      else if (PayloadReader.knows(event)) {
        const head = {
          line: this.#lines,
          time,
          cpu: whole(bytes, cpu + 1, cpuEnd),
          pid,
          comm,
        }
        const found = this.#payload.read(head, event, bytes, nameEnd + 2, end)
        if (found !== undefined) this.#hold(found)
      } else this.#ignored++
    }
  }

  /** A line that is neither an event nor a frame. */
  #otherLine(line: string, number: number): void {
    const lost = /\[LOST (\d+) EVENTS\]|\b(\d+) events? (?:lost|dropped)/i.exec(line)
    if (lost !== null) this.#lost += Number(lost[1] ?? lost[2])
    else if (line.trim() === '' || line.startsWith('#') || /^cpus=\d+$/.test(line)) this.#blank++
    else this.#damage.add('foreign', number, excerpt(line))
  }

  #hold(event: TraceEvent): void {
    for (const held of this.#held) if (held.event.pid === event.pid) held.settled = true
    this.#held.push({ event, settled: false })
    this.#release()
  }

  /** A stack of this task follows. */
  #expectStack(pid: number): void {
    this.#awaiting = undefined
    for (const held of this.#held) {
      if (held.event.pid === pid && !held.settled) this.#awaiting = held
    }
  }

  #takeStack(found: StackText | undefined): void {
    if (found === undefined) return
    const { stack, lines, strange } = found
    for (const { at, text } of strange) this.#otherLine(text, this.#lines + at + 1)
    this.#lines += lines
    const held = this.#awaiting
    this.#awaiting = undefined
    if (held === undefined) return
    const target: { stack: Stack | undefined } = held.event
    target.stack = stack
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
}

/** ` => f` or `=> f`. */
function isFrame(bytes: Buffer, at: number): boolean {
  const arrow = bytes[at] === SPACE ? at + 1 : at
  return bytes[arrow] === EQUALS && bytes[arrow + 1] === GREATER
}

/** Where the next line begins that names a CPU: the frames of a stack never do. */
function stackEnd(bytes: Buffer, start: number, end: number): number {
  let from = bytes.indexOf(LF, start) + 1
  while (from > 0 && from < end) {
    const open = bytes.indexOf(OPEN, from)
    if (open < 0 || open >= end) return end
    if (isDigit(bytes[open + 1]) && isDigit(bytes[open + 2])) return bytes.lastIndexOf(LF, open) + 1
    from = open + 1
  }
  return end
}

/** The place of the `[` of a CPU number, or -1. */
function cpuAt(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] === HASH) return -1
  for (let at = bytes.indexOf(OPEN, start); at >= 0 && at < end; at = bytes.indexOf(OPEN, at + 1)) {
    let digit = at + 1
    while (isDigit(bytes[digit])) digit++
    if (digit - at > 3 && bytes[digit] === CLOSE) return at
  }
  return -1
}

/** The colon that ends the time: the first one after a digit and before a space. */
function timeEnd(bytes: Buffer, start: number, end: number): number {
  for (
    let at = bytes.indexOf(COLON, start);
    at >= 0 && at < end;
    at = bytes.indexOf(COLON, at + 1)
  ) {
    if (isDigit(bytes[at - 1]) && bytes[at + 1] === SPACE) return at
  }
  return -1
}

function wordStart(bytes: Buffer, end: number): number {
  let at = end
  while (at > 0 && bytes[at - 1] !== SPACE) at--
  return at
}

function taskName(text: string): TaskName {
  const [, comm = '', pid] = /^\s*(.*)-(\d+)\s*(?:\([\s\d-]*\)\s*)?$/.exec(text) ?? []
  return { comm, pid: pid === undefined ? Number.NaN : Number(pid) }
}

/** ` => kmem_cache_alloc_noprof`, or `=> kmem_cache_alloc (ffffffff81234567)` from trace-cmd. */
function readStack(lines: readonly string[]): StackText {
  const frames: string[] = []
  const strange: { at: number; text: string }[] = []
  for (const [at, line] of lines.entries()) {
    const frame = /^ ?=> (\S+)/.exec(line)?.[1]
    if (frame === undefined) strange.push({ at, text: line })
    else if (at > 0 || !frame.startsWith(PROBE)) frames.push(frame)
  }
  return { stack: new Stack(frames, false), lines: lines.length, strange }
}
