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
 * A stack is a record of its own that may come after one of another CPU: see StackOwners. What people paste into mail is read
 * too: quoted with `>`, indented, and with long lines folded. Of function_graph the events are read, which it writes
 * as comments.
 */
import { probedBy, withoutProbes } from '../attribute/probe-functions.js'
import type { TraceEvent } from '../event.js'
import type { Names } from '../names.js'
import { Stack } from '../stack.js'
import { ByteTable, fromText, viewOf } from './byte-table.js'
import type { Damage, DamageKind } from './damage.js'
import { isDigit, nanoseconds, ticks } from './decimal.js'
import { HeldEvents } from './held-events.js'
import { newHead } from './make-event.js'
import { PayloadReader } from './payload.js'
import type { Level, StackOwner, StackPlace } from './stack-owner.js'
import { type StackText, StackTexts } from './stack-text.js'
import { excerpt, LineCounts, type TraceReader } from './trace-reader.js'
import { eventName } from './tracepoints.js'

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

/** The third byte of `<stack trace>`, and its length; `<user stack trace>` has another, trace-cmd has a blank in it. */
const T = 116
const STACK_TRACE = '<stack trace>'.length

/** Where in a line a CPU stands at most: names of tasks have 15 bytes, those of workers 64, and buffers are named before them. */
const TASK_COLUMNS = 512

/** What trace-cmd calls the headers of stacks. */
const STACK_EVENTS = new Set(['kernel_stack', 'user_stack'])

/** How many frames trace-cmd without its plugins prints: as many as the format of the event declares. */
const DECLARED_FRAMES = 8

/** The level by the third flag: `s` softirq, `h` interrupt, `H` that on top of a softirq, `z` and `Z` NMI. */
const LEVELS = new Uint8Array(256)
for (const [flags, level] of [
  ['s', 1],
  ['hH', 2],
  ['zZ', 3],
] as const) {
  for (const flag of Buffer.from(flags)) LEVELS[flag] = level
}

/** How trace-cmd and tracefs say that events are missing, with or without their number. */
const LOST =
  /(?:CPU:(\d+) )?(?:\[(?:LOST )?(\d+)? ?EVENTS(?: DROPPED)?\]|\b(\d+) events? (?:lost|dropped))/i

/** Lines of trace-cmd that are about the recording as a whole. */
const ABOUT = /^[>\s]*(#.*|version = \d+|cpus=\d+|CPU \d+ is empty|-{5,})?$/

/** A line of function_graph, and an event in one: `24)   dd-812  |   |  /* mm_page_alloc: page=... *\/`. */
const GRAPH = /^[>\s]*(?:(\d+\.\d+) +\|\s+)?(\d+)\)(?:\s+(\S.*?)-(\d+)\s+\|)?.*?(?:\||=>)/
const GRAPH_EVENT = /\|\s+\/\* (\w+): (.*) \*\/\s*$/

/** The rest of an event that mail folded after it could be read: more fields. */
const FIELDS_ONLY = /^[>\s]*(\w+=\S*\s*)+$/

/** A frame that is quoted or indented. */
const LOOSE_FRAME = /^[>\s]*=> /

/** What stands before the CPU: `kworker/1:2-4663`, with a process id in parentheses in newer kernels if asked for. */
interface TaskName {
  readonly comm: string
  /** NaN where there is no task. */
  readonly pid: number
  /** Whether the CPU may be another one than that after it: it is no task, has a line break in it, or what looks like a CPU. */
  readonly doubtful: boolean
}

export class FtraceReader implements TraceReader {
  readonly #damage: Damage
  readonly #payload: PayloadReader
  readonly #tasks = new ByteTable(fromText(taskName))
  readonly #names = new ByteTable(fromText(eventName))
  readonly #stacks = new StackTexts(readStack)
  readonly #head = newHead()
  readonly #held: HeldEvents
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
  /** What stands before the CPU of the line. */
  #task: TaskName = { comm: '', pid: -1, doubtful: false }
  /** The last line with an event, in case that it was folded: its bytes, or where it is in the block. */
  #last = { begin: 0, end: -2, joined: undefined as Buffer | undefined }
  /** The event of that line, if it has one; and what is wrong with it, until it is sure that it was not folded. */
  #lastOwner: StackOwner | undefined
  #failed: { readonly kind: DamageKind; readonly line: number; readonly what: string } | undefined
  /** The event that is being read anew, since its line was folded: it keeps its place, and waits for its stack. */
  #amended: StackOwner | undefined
  readonly counts = new LineCounts()
  /** Their tracers write none. */
  readonly notes = []

  constructor(sink: (event: TraceEvent) => void, damage: Damage) {
    this.#held = new HeldEvents(sink)
    this.#damage = damage
    this.#payload = new PayloadReader(damage)
  }

  lines(text: Buffer, start: number, end: number): void {
    this.#use(text)
    // The line before is in a block that is gone, but for its copy.
    this.#last.end = this.#last.joined === undefined ? -2 : start - 1
    let at = start
    while (at < end) {
      if (isFrame(text, at)) {
        at = this.#frames(at, end)
        continue
      }
      this.#takeStack(this.#stacks.finish())
      this.counts.lines++
      at = this.#line(at, end)
    }
    const { begin, end: stop, joined } = this.#last
    if (stop + 1 !== end && stop !== end) this.#last.joined = undefined
    else if (joined === undefined) this.#last.joined = Buffer.from(text.subarray(begin, stop))
  }

  oversize(length: number): void {
    this.#takeStack(this.#stacks.finish())
    this.#giveUp()
    this.#damage.add('oversize', ++this.counts.lines, `a line of ${length} bytes`)
  }

  end(): void {
    this.#takeStack(this.#stacks.finish())
    this.#giveUp()
    this.#held.end()
  }

  #use(text: Buffer): void {
    this.#text = text
    this.#bytes = viewOf(text)
    this.#payload.use(text, this.#bytes)
  }

  /** The frames from `start` on. Returns where the next line begins. */
  #frames(start: number, limit: number): number {
    const stop = this.#stackEnd(start, limit)
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
    const name = wordStart(text, timeEnd, limit)
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
    this.#header.expected = false
    const end = lineEnd(text, nameEnd, limit)
    const found = this.#names.get(this.#bytes, name, nameEnd)
    const payload = wordStart(text, nameEnd + 1, end)
    if (found.kind !== undefined) {
      const head = this.#head
      head.line = this.counts.lines
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
      this.#record(cpuNumber, pid, level, { name: found.name, event, settled: event === undefined })
    } else if (STACK_EVENTS.has(found.name)) {
      // Without its plugins trace-cmd begins with the first frame on the line of the header.
      const plain = isFrame(text, payload)
      this.#expectStack(
        cpuNumber,
        pid,
        level,
        found.name === 'kernel_stack' && (plain || text[payload + 2] === T),
      )
      if (plain) {
        this.counts.lines--
        return payload
      }
    } else {
      this.counts.ignored++
      this.#record(cpuNumber, pid, level, { name: found.name, event: undefined, settled: true })
    }
    return end + 1
  }

  /** Nanoseconds; ticks where the clock of the recording has no seconds. */
  #time(start: number, end: number): number {
    const when = nanoseconds(this.#bytes, start, end)
    if (!Number.isNaN(when)) return when
    const count = ticks(this.#bytes, start, end)
    if (!Number.isNaN(count)) this.counts.clock = 'ticks'
    return count
  }

  #remember(begin: number, end: number): void {
    this.#last.begin = begin
    this.#last.end = end
    this.#last.joined = undefined
    this.#lastOwner = undefined
  }

  /** Something is wrong with the line that is remembered. */
  #fail(kind: DamageKind, what: string): void {
    this.#failed = { kind, line: this.counts.lines, what }
  }

  /** The line that is wrong does not go on: it is damaged. */
  #giveUp(): void {
    const failed = this.#failed
    this.#failed = undefined
    if (failed !== undefined) this.#damage.add(failed.kind, failed.line, failed.what)
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
    if (LOOSE_FRAME.test(line)) {
      this.counts.lines--
      return this.#frames(start, limit)
    }
    if (!this.#goesOn(line, start, end)) this.#other(line, this.counts.lines)
    return end + 1
  }

  /** Takes a line that goes on where mail folded the line before it. Returns whether it is one. */
  #goesOn(line: string, start: number, end: number): boolean {
    const { begin, end: stop, joined: before } = this.#last
    if (stop + 1 !== start || line.trim() === '' || ABOUT.test(line)) return false
    const failed = this.#failed
    const owner = this.#lastOwner
    const fieldsOnly = FIELDS_ONLY.test(line)
    if (failed === undefined && !(owner?.event !== undefined && fieldsOnly)) return false
    const text = this.#text
    const lines = this.counts.lines
    const column = this.#column
    const first = before ?? text.subarray(begin, stop)
    const joined = Buffer.from(`${first.toString('utf8')} ${line.replace(/^[>\s]+/, '')}`)
    this.counts.lines = failed?.line ?? owner?.event?.line ?? lines
    this.#failed = undefined
    this.#amended = owner
    this.#use(joined)
    const readable = this.#cpuAt(0, joined.length) >= 0
    if (readable) this.#line(0, joined.length)
    const whole = readable && this.#failed === undefined
    this.#use(text)
    this.#amended = undefined
    this.counts.lines = lines
    this.#column = column
    if (!whole) this.#failed = failed
    if (whole || fieldsOnly) this.#last = { begin: 0, end, joined }
    return whole || fieldsOnly
  }

  /** A line that is neither an event nor a frame. */
  #other(line: string, number: number): void {
    this.#giveUp()
    const lost = LOST.exec(line)
    if (lost !== null) this.#lost(lost)
    else if (ABOUT.test(line)) this.counts.blank++
    else if (!this.#graphLine(line)) this.#damage.add('foreign', number, excerpt(line))
  }

  #lost([, cpu, dropped, lost]: RegExpExecArray): void {
    const count = dropped ?? lost
    this.counts.lost.add(
      count === undefined ? undefined : Number(count),
      cpu === undefined ? undefined : Number(cpu),
    )
    if (cpu !== undefined) this.#held.forget(Number(cpu))
  }

  /** A line of function_graph: calls are of no interest, but comments are events. Returns whether it is one. */
  #graphLine(line: string): boolean {
    const graph = GRAPH.exec(line)
    if (graph === null) return false
    const [, time = '', cpu = '', comm, pid] = graph
    const [, name = '', payload = ''] = GRAPH_EVENT.exec(line) ?? []
    const { kind } = eventName(name)
    if (kind === undefined) {
      this.counts.ignored++
      return true
    }
    const head = this.#head
    head.line = this.counts.lines
    // Without the option funcgraph-abstime there are no times, and without funcgraph-proc no tasks.
    if (time !== '') head.time = Number(time) * 1e9
    head.cpu = Number(cpu)
    head.pid = pid === undefined ? -1 : Number(pid)
    head.comm = comm ?? ''
    head.interrupt = false
    const text = this.#text
    const bytes = Buffer.from(payload)
    this.#payload.use(bytes, viewOf(bytes))
    const event = this.#payload.read(head, kind, 0, bytes.length)
    this.#payload.use(text, this.#bytes)
    if (event !== undefined)
      this.#record(head.cpu, head.pid, undefined, { name, event, settled: false })
    else {
      this.#damage.add(
        'invalid',
        head.line,
        `${name}: "${this.#payload.wrong}" is missing or impossible`,
      )
    }
    return true
  }

  #record(cpu: number, pid: number, level: Level | undefined, owner: StackOwner): void {
    const amended = this.#amended
    this.#lastOwner = amended ?? owner
    if (amended === undefined) {
      const place = this.#place
      place.cpu = cpu
      place.pid = pid
      place.level = level
      this.#held.add(place, owner)
    } else if (owner.event !== undefined) {
      const isHeld = amended.event !== undefined
      amended.event = owner.event
      if (isHeld) return
      amended.settled = false
      this.#held.hold(amended)
    }
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
    const number = this.counts.lines
    this.counts.lines += lines
    this.#header.expected = false
    if (!expected && strange.length < lines) {
      this.#damage.add('foreign', number + 1, `frames of no event: ${stack.frames[0] ?? ''}`)
    }
    for (const { at, text } of strange) this.#other(text, number + at + 1)
    if (!expected || !kernel) return
    if (!this.#held.stack(this.#header, stack, probe)) this.counts.strayStacks++
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

  /** Where the next line begins that names a CPU: the frames of a stack never do. */
  #stackEnd(start: number, end: number): number {
    const text = this.#text
    let before = start
    for (let at = nextCpu(text, start, end); at >= 0; at = nextCpu(text, at + 1, end)) {
      let line = at
      while (line > before && text[line - 1] !== LF) line--
      if (line > before) return line
      before = at
    }
    return end
  }
}

/** ` => f` or `=> f`; a tab before it in user stacks of trace-cmd. */
function isFrame(text: Buffer, at: number): boolean {
  const arrow = text[at] === SPACE || text[at] === TAB ? at + 1 : at
  return text[arrow] === EQUALS && text[arrow + 1] === GREATER
}

/** `[000]`, with as many digits as it needs, three at least; then a blank, or the digits of a time. */
function isCpu(text: Buffer, at: number, end: number): boolean {
  if (text[at] !== OPEN) return false
  let digit = at + 1
  while (isDigit(text[digit])) digit++
  if (digit - at <= 3 || digit >= end || text[digit] !== CLOSE) return false
  const next = text[digit + 1]
  return next === SPACE || isDigit(next)
}

/** The first place of one, or -1. */
function nextCpu(text: Buffer, from: number, end: number): number {
  let at = text.indexOf(OPEN, from)
  while (at >= 0 && at < end && !isCpu(text, at, end)) at = text.indexOf(OPEN, at + 1)
  return at < end ? at : -1
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

/** The name of a buffer, which trace-cmd writes first where there are several: the name of the task fills 16 columns after it. */
const BUFFER = /^\S+: (?=.{16,}-\d+ *$)/

function taskName(text: string): TaskName {
  const task = text.replace(/^(?:> ?)+/, '').replace(BUFFER, '')
  const ambiguous = /\n|\[\d{3,}\]/.test(text)
  // Some texts have the column cut off.
  if (task.trim() === '') return { comm: '', pid: -1, doubtful: ambiguous }
  const [, comm = '', digits] = /^\s*(.*)-(\d+) *(?:\([ \d-]*\) *)?$/.exec(task) ?? []
  const pid = digits === undefined ? Number.NaN : Number(digits)
  return { comm, pid, doubtful: ambiguous || Number.isNaN(pid) }
}

/** ` => kmem_cache_alloc_noprof`, or `=> kmem_cache_alloc (ffffffff81234567)` from trace-cmd. */
function readStack(lines: readonly string[], names: Names): StackText {
  const frames: string[] = []
  const strange: { at: number; text: string }[] = []
  for (const [at, line] of lines.entries()) {
    const [, name, address] = /^[>\s]*=> +(\S+)(?: \(([\da-f]+)\))?/.exec(line) ?? []
    if (name === undefined) strange.push({ at, text: line })
    // What fills up the frames that trace-cmd prints without its plugins.
    else if (name !== '0x0') frames.push(address === undefined ? name : `${name}@${address}`)
  }
  const cut = frames.length === DECLARED_FRAMES && lines[0]?.startsWith('\t=>') === true
  return {
    stack: new Stack(withoutProbes(frames), cut, names),
    lines: lines.length,
    strange,
    probe: probedBy(frames),
  }
}
