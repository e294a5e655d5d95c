/**
 * Ftrace scanner: the text of tracefs' `trace` file, and of `trace-cmd report`, which differs in details only.
 *
 * ```text
 *          wl-bash-6465    [000] .....  7498.564953: kmem_cache_alloc: call_site=mas_preallocate+0x3ef/0x430 ...
 *          wl-bash-6465    [000] .....  7498.564984: <stack trace>
 *  => trace_event_raw_event_kmem_cache_alloc
 *  => kmem_cache_alloc_noprof
 * ```
 *
 * A stack is a record of its own that may come after one of another CPU: see StackOwners. What people paste into mail is read
 * too: quoted with `>`, indented, and with long lines folded. Of function_graph the events are read, which it writes
 * as comments.
 */
import type { TraceEvent } from '../event.js'
import { ByteTable, fromText, viewOf } from './byte-table.js'
import type { DamageKind } from './damage.js'
import { isDigit, nanoseconds, ticks } from './decimal.js'
import {
  CLOSE,
  COLON,
  HASH,
  isCpu,
  isFrame,
  isLooseFrame,
  LESS,
  LEVELS,
  LF,
  lineEnd,
  nextCpu,
  OPEN_PAREN,
  stackEnd,
  TASK_COLUMNS,
  wordEnd,
  wordStart,
} from './ftrace-columns.js'
import { isAboutRecording, isOfFields, isQuotedFrame, lossIn } from './ftrace-other-lines.js'
import { readStack } from './ftrace-stack.js'
import { type TaskName, taskName } from './ftrace-task.js'
import { graphLine } from './function-graph.js'
import { LastHead, STACK_TRACE } from './last-head.js'
import type { LineSink } from './lines.js'
import { newHead } from './make-event.js'
import { PayloadReader } from './payload.js'
import type { RecordJoiner } from './record-joiner.js'
import type { Level, StackPlace } from './stack-owner.js'
import { type StackText, StackTexts } from './stack-text.js'
import { excerpt, type LineCounts } from './trace-reader.js'
import { eventName } from './tracepoints.js'

/** The third byte of `<stack trace>`; `<user stack trace>` has another, trace-cmd has a blank in it. */
const T = 116

/** With what a stack begins that is written as numbers. */
const LOWER_S = 115
/** What trace-cmd calls the headers of stacks. */
const STACK_EVENTS = new Set(['kernel_stack', 'user_stack'])

/** What a call is that function_graph shows. */
const FUNCTION = 'calls of functions'

export class FtraceScanner implements LineSink {
  readonly #out: RecordJoiner
  readonly #payload: PayloadReader
  readonly #tasks = new ByteTable(fromText(taskName))
  readonly #names = new ByteTable(fromText(eventName))
  readonly #stacks = new StackTexts(readStack)
  readonly #head = newHead()
  /** Whose stack the frames are that may come now. */
  readonly #header = { expected: false, kernel: false, cpu: 0, pid: 0, level: undefined } as {
    expected: boolean
    kernel: boolean
  } & StackPlace
  /** Where the event of the line was recorded. */
  readonly #place: StackPlace = { cpu: 0, pid: 0, level: undefined }
  #text: Buffer = Buffer.alloc(0)
  #bytes: DataView = viewOf(this.#text)
  /** Where in a line the CPU stood last: mostly the same. */
  #column = 0
  readonly #lastHead = new LastHead()
  /** What stands before the CPU of the line. */
  #task: TaskName = { comm: '', pid: -1, doubtful: false }
  /** The last line with an event, in case that it was folded: its bytes, or where it is in the block. */
  #last = { begin: 0, end: -2, joined: undefined as Buffer | undefined }
  /** True if that line has a record; its event, where it has one; and what is wrong with it, until it is sure that it was not folded. */
  #recorded = false
  #lastEvent: TraceEvent | undefined
  #failed: { readonly kind: DamageKind; readonly line: number; readonly what: string } | undefined
  /** True if the last record is being read anew, since its line was folded: it keeps its place, and waits for its stack. */
  #amending = false
  #amended: TraceEvent | undefined
  /** True if a stack without names was met. */
  #unnamed = false
  readonly #counts: LineCounts

  /** @param counts are counted here: lines, and what is in them. */
  constructor(out: RecordJoiner, counts: LineCounts) {
    this.#out = out
    this.#counts = counts
    this.#payload = new PayloadReader({
      add: (kind, line, what) => this.#out.damage(kind, line, what),
    })
  }

  lines(text: Buffer, start: number, end: number): void {
    this.#use(text)
    // The line before is in a block that is gone, but for its copy.
    this.#last.end = this.#last.joined === undefined ? -2 : start - 1
    let at = start
    // A stack of the block before may go on with frames that are quoted.
    if (this.#stacks.goesOn && isLooseFrame(text, at, end)) at = this.#frames(at, end)
    while (at < end) {
      if (isFrame(text, at)) {
        at = this.#frames(at, end)
        continue
      }
      this.#takeStack(this.#stacks.finish())
      this.#counts.lines++
      at = this.#line(at, end)
    }
    const { begin, end: stop, joined } = this.#last
    if (stop + 1 !== end && stop !== end) this.#last.joined = undefined
    else if (joined === undefined) this.#last.joined = Buffer.from(text.subarray(begin, stop))
  }

  oversize(length: number): void {
    this.#takeStack(this.#stacks.finish())
    this.#giveUp()
    this.#out.damage('oversize', ++this.#counts.lines, `a line of ${length} bytes`)
  }

  /** The text has ended. */
  end(): void {
    this.#takeStack(this.#stacks.finish())
    this.#giveUp()
  }

  #use(text: Buffer): void {
    this.#text = text
    this.#bytes = viewOf(text)
    this.#payload.use(text, this.#bytes)
    this.#lastHead.forget()
  }

  /** The frames from `start` on. Returns where the next line begins. */
  #frames(start: number, limit: number): number {
    const stop = stackEnd(this.#text, start, limit)
    this.#takeStack(this.#stacks.take(this.#bytes, start, stop, stop === limit))
    return stop
  }

  /**
   * One line that is no frame of a stack.
   *
   * Where it ends is looked for last: most lines tell without, and in no line that is whole a word goes on beyond it.
   * @returns where the next line begins.
   */
  #line(start: number, limit: number): number {
    const text = this.#text
    if (this.#lastHead.isOfHeader(this.#bytes, start, limit)) {
      if (this.#failed !== undefined) this.#giveUp()
      const { cpu, pid, level } = this.#place
      this.#expectStack(cpu, pid, level, true)
      return start + this.#lastHead.name + STACK_TRACE + 1
    }
    const cpu = this.#cpuAt(start, limit)
    if (cpu < 0) return this.#otherLine(start, limit)
    const { comm, pid } = this.#task
    let cpuNumber = 0
    let at = cpu + 1
    for (; text[at] !== CLOSE; at++) cpuNumber = cpuNumber * 10 + (text[at] as number) - 48
    // The flags are missing where trace-cmd was told to leave them out.
    const flags = wordStart(text, at + 1, limit)
    const flagsEnd = wordEnd(text, flags, limit)
    const timed = isDigit(text[flags]) && text[flagsEnd - 1] === COLON
    const time = timed ? flags : wordStart(text, flagsEnd, limit)
    const timeEnd = timed ? flagsEnd : wordEnd(text, time, limit)
    if (this.#failed !== undefined) this.#giveUp()
    if (Number.isNaN(pid) || text[timeEnd - 1] !== COLON) {
      return this.#damaged('malformed', start, limit)
    }
    const level = timed ? undefined : (LEVELS[text[flags + 2] as number] as Level)
    let name = wordStart(text, timeEnd, limit)
    // `(+5403)`: how long after the event before, from trace-cmd report --ts-diff.
    if (text[name] === OPEN_PAREN) name = wordStart(text, wordEnd(text, name, limit), limit)
    if (text[name] === LESS) {
      this.#expectStack(cpuNumber, pid, level, text[name + 2] === T)
      return text[name + STACK_TRACE] === LF
        ? name + STACK_TRACE + 1
        : lineEnd(text, name, limit) + 1
    }
    const nameEnd = wordEnd(text, name, limit) - 1
    if (text[nameEnd] !== COLON) return this.#damaged('truncated', start, limit)
    const when = this.#time(time, timeEnd - 1)
    if (Number.isNaN(when)) return this.#damaged('malformed', start, limit)
    const end = lineEnd(text, start, limit)
    // It was cut, and what was taken for the rest of it is in the next one.
    if (end < nameEnd) return this.#damaged('truncated', start, limit)
    this.#header.expected = false
    const found = this.#names.get(this.#bytes, name, nameEnd)
    const payload = wordStart(text, nameEnd + 1, end)
    if (found.kind !== undefined) {
      const head = this.#head
      head.line = this.#counts.lines
      head.time = when
      head.cpu = cpuNumber
      head.pid = pid
      head.comm = comm
      head.interrupt = level !== undefined && level > 0
      const event = this.#payload.read(head, found.kind, payload, end)
      this.#remember(start, end)
      if (event === undefined) {
        this.#fail('invalid', `${found.name}: "${this.#payload.wrong}" is missing or impossible`)
      }
      this.#record(this.#at(cpuNumber, pid, level), found.name, event)
    } else if (STACK_EVENTS.has(found.name)) {
      // Without its plugins trace-cmd begins with the first frame on the line of the header.
      const plain = isFrame(text, payload)
      this.#expectStack(
        cpuNumber,
        pid,
        level,
        found.name === 'kernel_stack' && (plain || text[payload + 2] === T),
      )
      if (text[payload] === LOWER_S) this.#sayUnnamed()
      if (plain) {
        this.#counts.lines--
        return payload
      }
    } else {
      this.#counts.ignore(found.name)
      this.#record(this.#at(cpuNumber, pid, level), found.name, undefined)
    }
    this.#lastHead.remember(start, time, name)
    return end + 1
  }

  /** Nanoseconds; ticks where the clock of the recording has no seconds. */
  #time(start: number, end: number): number {
    const when = nanoseconds(this.#bytes, start, end)
    if (!Number.isNaN(when)) return when
    const count = ticks(this.#bytes, start, end)
    if (!Number.isNaN(count)) this.#counts.clock = 'ticks'
    return count
  }

  #remember(begin: number, end: number): void {
    this.#last.begin = begin
    this.#last.end = end
    this.#last.joined = undefined
    this.#recorded = false
    this.#lastEvent = undefined
  }

  /** Something is wrong with the line that is remembered. */
  #fail(kind: DamageKind, what: string): void {
    this.#failed = { kind, line: this.#counts.lines, what }
  }

  /** `size=6 caller=ARRAY[34, 6d, ...`: a stack from trace-cmd report -R. */
  #sayUnnamed(): void {
    if (this.#unnamed) return
    this.#unnamed = true
    const what = 'its stacks are numbers: let trace-cmd report write them without -R'
    this.#out.damage('symbols', this.#counts.lines, what)
  }

  /** The line that is wrong does not go on: it is damaged. */
  #giveUp(): void {
    const failed = this.#failed
    this.#failed = undefined
    if (failed !== undefined) this.#out.damage(failed.kind, failed.line, failed.what)
  }

  #damaged(kind: 'malformed' | 'truncated', start: number, limit: number): number {
    const end = lineEnd(this.#text, start, limit)
    this.#header.expected = false
    this.#remember(start, end)
    this.#fail(kind, excerpt(this.#text.toString('utf8', start, end)))
    return end + 1
  }

  #otherLine(start: number, limit: number): number {
    const end = lineEnd(this.#text, start, limit)
    const line = this.#text.toString('utf8', start, end)
    if (isQuotedFrame(line)) {
      this.#counts.lines--
      return this.#frames(start, limit)
    }
    if (!this.#goesOn(line, start, end)) this.#other(line, this.#counts.lines)
    return end + 1
  }

  /** Takes a line that goes on where mail folded the line before it. Returns true if it is one. */
  #goesOn(line: string, start: number, end: number): boolean {
    const { begin, end: stop, joined: before } = this.#last
    if (stop + 1 !== start || line.trim() === '' || isAboutRecording(line)) return false
    const failed = this.#failed
    const event = this.#lastEvent
    const fieldsOnly = isOfFields(line)
    if (failed === undefined && !(event !== undefined && fieldsOnly)) return false
    const text = this.#text
    const lines = this.#counts.lines
    const column = this.#column
    const first = before ?? text.subarray(begin, stop)
    const joined = Buffer.from(`${first.toString('utf8')} ${line.replace(/^[>\s]+/, '')}`)
    this.#counts.lines = failed?.line ?? event?.line ?? lines
    this.#failed = undefined
    this.#amending = this.#recorded
    this.#amended = event
    this.#use(joined)
    const readable = this.#cpuAt(0, joined.length) >= 0
    if (readable) this.#line(0, joined.length)
    const whole = readable && this.#failed === undefined
    this.#use(text)
    this.#amending = false
    this.#counts.lines = lines
    this.#column = column
    if (!whole) this.#failed = failed
    if (whole || fieldsOnly) this.#last = { begin: 0, end, joined }
    return whole || fieldsOnly
  }

  /** A line that is neither an event nor a frame. */
  #other(line: string, number: number): void {
    this.#giveUp()
    const loss = lossIn(line)
    if (loss !== undefined) this.#out.lost(loss.events, loss.cpu)
    else if (isAboutRecording(line)) this.#counts.blank++
    else if (!this.#graphLine(line)) this.#out.damage('foreign', number, excerpt(line))
  }

  /** A line of function_graph. Returns true if it is one. */
  #graphLine(line: string): boolean {
    const found = graphLine(line)
    if (found === undefined) return false
    const { time, cpu, task, name, payload } = found
    const { kind } = eventName(name)
    if (kind === undefined) {
      this.#counts.ignore(name === '' ? FUNCTION : name)
      return true
    }
    const head = this.#head
    head.line = this.#counts.lines
    // Where there are no times, that of the last event stands for it.
    if (time !== undefined) head.time = time * 1e9
    head.cpu = cpu
    head.pid = task?.pid ?? -1
    head.comm = task?.comm ?? ''
    head.interrupt = false
    const text = this.#text
    const bytes = Buffer.from(payload)
    this.#payload.use(bytes, viewOf(bytes))
    const event = this.#payload.read(head, kind, 0, bytes.length)
    this.#payload.use(text, this.#bytes)
    this.#lastHead.forget()
    if (event !== undefined) this.#record(this.#at(cpu, head.pid, undefined), name, event)
    else {
      this.#out.damage(
        'invalid',
        head.line,
        `${name}: "${this.#payload.wrong}" is missing or impossible`,
      )
    }
    return true
  }

  #at(cpu: number, pid: number, level: Level | undefined): StackPlace {
    const place = this.#place
    place.cpu = cpu
    place.pid = pid
    place.level = level
    return place
  }

  #record(place: StackPlace, name: string, event: TraceEvent | undefined): void {
    this.#recorded = true
    if (this.#amending) {
      this.#lastEvent = event ?? this.#amended
      if (event !== undefined) this.#out.amend(event)
      return
    }
    this.#lastEvent = event
    this.#out.record(place, name, event)
  }

  /** A stack of this task follows: one of the `kernel`, or one that says nothing here. */
  #expectStack(cpu: number, pid: number, level: Level | undefined, kernel: boolean): void {
    const header = this.#header
    header.expected = true
    header.kernel = kernel
    header.cpu = cpu
    header.pid = pid
    header.level = level
  }

  #takeStack(found: StackText | undefined): void {
    if (found === undefined) return
    const { stack, lines, strange, probe } = found
    const { expected, kernel } = this.#header
    const number = this.#counts.lines
    this.#counts.lines += lines
    this.#header.expected = false
    if (!expected && strange.length < lines) {
      this.#out.damage('foreign', number + 1, `frames of no event: ${stack.frames[0] ?? ''}`)
    }
    for (const { at, text } of strange) this.#other(text, number + at + 1)
    if (!expected || !kernel) return
    this.#out.stack(this.#header, stack, probe)
  }

  /**
   * The place of the `[` of a CPU number, or -1: the first one with a task before it, which `#task` is then; if there is none, the
   * first one. Where it stood in the line before is only looked at first: the answer depends on this line alone.
   */
  #cpuAt(start: number, end: number): number {
    const text = this.#text
    if (text[start] === HASH) return -1
    const guess = start + this.#column
    if (isCpu(text, guess, end)) {
      this.#task = this.#tasks.get(this.#bytes, start, guess)
      if (!this.#task.doubtful) return guess
    }
    const stop = Math.min(lineEnd(text, start, end), start + TASK_COLUMNS)
    let first = -1
    for (let at = nextCpu(text, start, stop); at >= 0; at = nextCpu(text, at + 1, stop)) {
      this.#task = this.#tasks.get(this.#bytes, start, at)
      if (first < 0) first = at
      if (Number.isNaN(this.#task.pid)) continue
      this.#column = at - start
      return at
    }
    if (first >= 0) this.#task = this.#tasks.get(this.#bytes, start, first)
    return first
  }
}
