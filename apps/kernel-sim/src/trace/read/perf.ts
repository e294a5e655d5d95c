/**
 * Perf: the text of `perf script`, with or without call chains.
 *
 * ```text
 * wl-bash  6811 [001]  7542.590744:     kmem:mm_page_alloc: page=0x29ac9a pfn=0x29ac9a order=0 ...
 * 	ffffffff8161f78b __alloc_frozen_pages_noprof+0x26b ([kernel.kallsyms])
 * ```
 *
 * An empty line ends a call chain; where that was lost, the next event does.
 */
import { probedBy, withoutProbes } from '../attribute/probe-functions.js'
import type { TraceEvent } from '../event.js'
import type { Names } from '../names.js'
import { Stack } from '../stack.js'
import { ByteTable, fromText, viewOf } from './byte-table.js'
import type { Damage } from './damage.js'
import { isDigit, nanoseconds } from './decimal.js'
import { newHead } from './make-event.js'
import { PayloadReader } from './payload.js'
import { type StackText, StackTexts } from './stack-text.js'
import { excerpt, LineCounts, type TraceReader } from './trace-reader.js'
import { eventName } from './tracepoints.js'

const LF = 10
const TAB = 9
const SPACE = 32
const COLON = 58
const POINT = 46

/** `comm pid[/tid] [cpu] `; the fields that perf script was asked for (-F) may lack the name and the CPU. */
const TASK = /^\s*(?:(\S.*?)\s+)?(-?\d+)(?:\/(-?\d+))?\s+(?:\[(\d+)\]\s+)?$/

/** Stands for a CPU that the text does not tell. */
const NO_CPU = -1

/** `\tffffffff8161f78b __alloc_frozen_pages_noprof+0x26b ([kernel.kallsyms])` */
const FRAME = /^\s+([\da-f]+) (\S.*?)(?: \(([^()]*(?:\([^()]*\))?[^()]*)\))?$/

/** How an event begins. */
const EVENT = /\d\s+(?:\[\d+\]\s+)?\d+\.\d{6,9}: /

/** A frame without the name of its function. */
const BARE_FRAME = /^\s+[\da-f]{1,16}$/

/** The line of source that perf script writes under a frame if it was asked for it; the address where it found none. */
const SOURCE_LINE = /^\s+\S+(?::\d+|\[[\da-f]+\])$/

/**
 * Events that are missing, as perf script shows them with --show-lost-events. The kernel counts those of a CPU where they were lost, and
 * since 6.0 those of each event once more at the end.
 */
const LOST = /^\s*PERF_RECORD_(LOST|LOST_SAMPLES) lost (\d+)/

/** What perf script says of the recording as a whole, if standard error is in the text too. */
const SOME_LOST = /^Processed \d+ (?:events|samples) and lost /
const ABOUT = /^(?:#|PERF_RECORD_|Check IO\/CPU overload!|$)/

/** Files and maps that hold code of the kernel: vmlinux under any path, modules, `[kernel.kallsyms]`, `[xfs]`. */
const KERNEL_FILE =
  /(^|\/)vmlinu[xz][^/]*$|\.ko(\.[a-z\d]+)?$|\.ko\.debug$|^\[.*\]$|\/kernel\.vmlinux/

/** Maps in brackets that are no code of the kernel. */
const NO_KERNEL_FILE = /^\[(unknown|vdso|vsyscall|heap|stack|anon|uprobes)/

/** Addresses of a kernel: the upper half on 64 bits; on ppc64 from 0xc... on, on 32 bits from 3 GiB. */
const KERNEL_ADDRESS = /^(ffff[\da-f]{12}|c[\da-f]{15}|[c-f][\da-f]{7})$/

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
  readonly #tasks = new ByteTable(fromText(taskName))
  readonly #names = new ByteTable(fromText(eventName))
  readonly #stacks = new StackTexts(readStack)
  readonly #head = newHead()
  #text: Buffer = Buffer.alloc(0)
  #bytes: DataView = viewOf(this.#text)
  /** True if frames may come now. */
  #expected = false
  /** The event that they belong to; none if it is not of interest. */
  #event: TraceEvent | undefined
  /** What was lost, as each kind of record tells it; and whether perf says so itself. */
  readonly #lost = { LOST: 0, LOST_SAMPLES: 0 }
  #someLost = false
  /** True if a stack without names was met. */
  #unnamed = false
  readonly counts = new LineCounts()
  /** Their tracers write none. */
  readonly notes = []

  constructor(sink: (event: TraceEvent) => void, damage: Damage) {
    this.#sink = sink
    this.#damage = damage
    this.#payload = new PayloadReader(damage)
  }

  lines(text: Buffer, start: number, end: number): void {
    this.#use(text)
    let at = start
    while (at < end) {
      if (text[at] === TAB) {
        at = this.#frames(at, end)
        continue
      }
      this.#finishStack()
      let stop = text.indexOf(LF, at)
      if (stop < 0 || stop > end) stop = end
      if (text[at] === SPACE && isIndentedFrame(text.toString('latin1', at, stop))) {
        at = this.#frames(at, end)
        continue
      }
      this.counts.lines++
      if (stop > at && !isBlank(text, at, stop)) this.#line(at, stop)
      else {
        this.counts.blank++
        this.#expected = false
        this.#emit()
      }
      at = stop + 1
    }
  }

  oversize(length: number): void {
    this.#finishStack()
    this.#damage.add('oversize', ++this.counts.lines, `a line of ${length} bytes`)
  }

  end(): void {
    this.#finishStack()
    this.#emit()
    const { lost } = this.counts
    const more = this.#lost.LOST_SAMPLES - this.#lost.LOST
    if (more > 0) lost.add(more)
    if (this.#someLost && lost.events === 0) lost.add(undefined)
  }

  #use(text: Buffer): void {
    this.#text = text
    this.#bytes = viewOf(text)
    this.#payload.use(text, this.#bytes)
  }

  /** The frames from `start` on. Returns where the next line begins. */
  #frames(start: number, limit: number): number {
    const gap = this.#text.indexOf('\n\n', start, 'latin1')
    const stop = gap < 0 || gap >= limit ? limit : gap + 1
    const found = this.#stacks.take(this.#bytes, start, stop, stop === limit)
    if (found === undefined) return stop
    const length = this.#takeStack(found)
    if (length === undefined) return stop
    // An event follows at once. What of the frames was kept from the block before is not in this one.
    if (!found.kept) return start + length
    this.#again(found.kept.subarray(length))
    return stop
  }

  /** Frames that were kept since more could have come: none did. */
  #finishStack(): void {
    const found = this.#stacks.finish()
    if (found === undefined) return
    const length = this.#takeStack(found)
    if (length !== undefined && found.kept !== undefined) this.#again(found.kept.subarray(length))
  }

  /** Reads lines that were taken for frames. */
  #again(lines: Buffer): void {
    const text = this.#text
    this.lines(lines, 0, lines.length)
    this.#finishStack()
    this.#use(text)
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
    // Some versions leave out the system.
    const name = system > colon ? system + 1 : wordStart(text, colon, Math.max(colon, nameEnd))
    const found =
      nameEnd < 0 || nameEnd >= end ? undefined : this.#names.get(this.#bytes, name, nameEnd)
    if (found?.kind === undefined) {
      if (!this.#recordOfLoss(text.toString('latin1', colon + 1, Math.min(end, colon + 80)))) {
        const name = found === undefined || MODIFIERS.test(found.name) ? undefined : found.name
        this.counts.ignore(name ?? sampledEvent(text.toString('latin1', colon + 1, end)))
      }
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
    this.#event = this.#payload.read(head, found.kind, Math.min(payload, end), end)
    if (this.#event === undefined) {
      const what = `${found.name}: "${this.#payload.wrong}" is missing or impossible`
      this.#damage.add('invalid', head.line, what)
    }
  }

  #otherLine(line: string): void {
    const lost = /\bLOST (\d+) events|lost (\d+) (?:events|samples)/i.exec(line)
    if (lost !== null) this.counts.lost.add(Number(lost[1] ?? lost[2]))
    else if (SOME_LOST.test(line)) this.#someLost = true
    else if (this.#recordOfLoss(line)) return
    else if (ABOUT.test(line.trim())) this.counts.blank++
    else this.#damage.add('foreign', this.counts.lines, excerpt(line))
  }

  /** Takes what perf tells of events that are missing. Returns true if it is that. */
  #recordOfLoss(text: string): boolean {
    const [, record, count] = LOST.exec(text) ?? []
    if (record === undefined) return false
    if (record === 'LOST') this.counts.lost.add(Number(count))
    this.#lost[record as 'LOST' | 'LOST_SAMPLES'] += Number(count)
    return true
  }

  /** Returns how many bytes of the frames belong to them, if an event follows at once. */
  #takeStack({ stack, lines, strange, cut, unnamed }: StackText): number | undefined {
    if (unnamed === true && !this.#unnamed) {
      this.#unnamed = true
      const what = 'its stacks have addresses only: let perf script write sym too (-F +sym)'
      this.#damage.add('symbols', this.counts.lines + 1, what)
    }
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
    if (this.#event !== undefined) {
      if (unnamed !== true) {
        this.#event.stack = stack
        this.#event.interrupt = stack.interrupt
      }
      this.#emit()
    }
    return cut
  }

  #emit(): void {
    const event = this.#event
    this.#event = undefined
    if (event !== undefined) this.#sink(event)
  }
}

/** How precise a sample is to be, behind the name of its event: `task-clock:ppp`. */
const MODIFIERS = /^[ukhGHpPSDeb]+$/

/** What a sample is of, which has no fields: `1001001 cpu-clock:`. */
function sampledEvent(text: string): string {
  return /^\s*(?:\d+\s+)?(\S+?):?\s*$/.exec(text)?.[1] ?? text.trim().slice(0, 40)
}

/** The colon that ends the time: the first one that a space follows, and a time stands before. Names of tasks may have colons. */
function timeEnd(text: Buffer, start: number, end: number): number {
  for (let at = text.indexOf(COLON, start); at >= 0 && at < end; at = text.indexOf(COLON, at + 1)) {
    if (text[at + 1] === SPACE && isTimeBefore(text, start, at)) return at
  }
  return -1
}

/** Returns true if `12.345678` or `12.345678901` ends there. */
function isTimeBefore(text: Buffer, start: number, end: number): boolean {
  let at = end
  while (at > start && isDigit(text[at - 1])) at--
  const digits = end - at
  return digits >= 6 && digits <= 9 && text[at - 1] === POINT && isDigit(text[at - 2])
}

/** Returns true for a line of blanks. */
function isBlank(text: Buffer, start: number, end: number): boolean {
  let at = start
  while (at < end && text[at] === SPACE) at++
  return at === end
}

/** Where the word that ends at `end` begins. */
function wordStart(text: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && text[at - 1] !== SPACE) at--
  return at
}

function taskName(text: string): TaskName {
  const [, comm = '', pid, tid, cpu] = TASK.exec(text) ?? []
  return { comm, pid: Number(tid ?? pid ?? Number.NaN), cpu: Number(cpu ?? NO_CPU) }
}

/** Returns true if a line that begins with blanks is a frame: so does an event whose task has a short name. */
function isIndentedFrame(line: string): boolean {
  return (FRAME.test(line) || BARE_FRAME.test(line)) && !EVENT.test(line)
}

/** The frames of the kernel: those of a program, where they were recorded too, say nothing here. */
function readStack(lines: readonly string[], names: Names): StackText {
  const frames: string[] = []
  const strange: { at: number; text: string }[] = []
  let cut: number | undefined
  let bare = 0
  let length = 0
  let count = 0
  for (const line of lines) {
    const event = EVENT.test(line)
    // Where the text is indented an empty line has blanks.
    if ((event || line.trim() === '') && count > 0) {
      cut = length
      break
    }
    const [, address = '', frame, file = '[kernel]'] = (event ? undefined : FRAME.exec(line)) ?? []
    if (frame === undefined) {
      if (BARE_FRAME.test(line)) bare++
      else if (count === 0 || !SOURCE_LINE.test(line)) strange.push({ at: count, text: line })
    }
    // ppc64 has frames of no function in between, and a dot before the names of functions.
    else if (frame !== '[unknown]' && isOfKernel(address, file))
      frames.push(frame.replace(/^\./, ''))
    length += Buffer.byteLength(line) + 1
    count++
  }
  return {
    stack: new Stack(withoutProbes(frames), false, names),
    lines: count,
    strange,
    probe: probedBy(frames),
    cut,
    unnamed: bare > 0 && frames.length === 0,
  }
}

function isOfKernel(address: string, file: string): boolean {
  if (NO_KERNEL_FILE.test(file)) return false
  return KERNEL_FILE.test(file) || KERNEL_ADDRESS.test(address)
}
