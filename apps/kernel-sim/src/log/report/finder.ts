/**
 * Finder: finds the reports in the lines of a log. Lines that say who printed them are told apart by that, so that the reports of two CPUs
 * may be mixed line by line; without it a report that has just begun waits while another one comes in between.
 */
import type { LogLine } from '../read/log-line.js'
import { type Block, isCommonLine } from './block.js'
import { KINDS } from './kinds.js'
import type { FoundReport } from './report.js'
import type { ReportKind } from './report-kind.js'
import { isStackLine } from './stack-lines.js'

/** A report that is being read. */
interface Open {
  readonly kind: ReportKind
  readonly lines: LogLine[]
  interleaved: boolean
  overlong: boolean
  /** Lines of it beyond the longest that is kept. */
  dropped: number
  /** How many lines of something else came since its last one. */
  misses: number
  hasStack: boolean
}

/** What one printer, or one who is not named, prints. */
interface Stream {
  readonly open: Open[]
  /** A line that may be the beginning of what comes next. */
  lead: LogLine | undefined
}

/** One expression for all, so that most lines are looked at once. */
const ANY_BEGIN = new RegExp(KINDS.map(({ begins }) => `(?:${begins.source})`).join('|'))
/** A report begins that is of no known kind: what stands below it does not belong to the one before. */
const OTHER_BEGIN =
  /^(?:WARNING: |BUG: |INFO: |Oops|kernel BUG at |general protection fault|Unable to handle |divide error|-+\[ cut here \]-+|SysRq ?:|sysrq: |Linux version )/
const LEAD = /^(?:={20,}|-+\[ cut here \]-+)$/

/** A report ends after so many lines of something else. */
const MISSES = 8
/** A report that has fewer lines and no stack yet has only begun. */
const BEGUN = 6
/** Seconds between two lines of one report. */
const PAUSE = 10
/** How many are read at once, in all streams. */
const MOST_STREAMS = 64

/** Takes what is found. */
export interface FinderSink {
  report(found: FoundReport): void
  /** A line that belongs to no report. */
  other(line: LogLine): void
  /** How many lines the report has that comes next. */
  lines?(count: number): void
}

export class Finder {
  readonly #sink: FinderSink
  readonly #streams = new Map<string, Stream>()

  constructor(sink: FinderSink) {
    this.#sink = sink
  }

  add(line: LogLine): void {
    const stream = this.#stream(line.caller ?? '')
    const { text } = line
    if (LEAD.test(text)) {
      this.#setLead(stream, line)
      return
    }
    const top = stream.open.at(-1)
    if (ANY_BEGIN.test(text)) {
      const kind = KINDS.find(({ begins }) => begins.test(text))
      if (kind !== undefined) {
        this.#begin(stream, top, kind, line)
        return
      }
    }
    if (stream.lead !== undefined) this.#dropLead(stream)
    if (OTHER_BEGIN.test(text) && !top?.kind.has.test(text)) {
      this.#closeAll(stream)
      this.#sink.other(line)
      return
    }
    this.#offer(stream, line)
  }

  /** No further line comes. */
  end(): void {
    for (const stream of this.#streams.values()) {
      if (stream.lead !== undefined) this.#dropLead(stream)
      this.#closeAll(stream)
    }
    this.#streams.clear()
  }

  #stream(caller: string): Stream {
    let stream = this.#streams.get(caller)
    if (stream === undefined) {
      stream = { open: [], lead: undefined }
      this.#streams.set(caller, stream)
      if (this.#streams.size > MOST_STREAMS) this.#closeOldest()
    }
    return stream
  }

  /** The printer that began first has most likely said all. */
  #closeOldest(): void {
    const [oldest] = this.#streams
    if (oldest === undefined) return
    if (oldest[1].lead !== undefined) this.#dropLead(oldest[1])
    this.#closeAll(oldest[1])
    this.#streams.delete(oldest[0])
  }

  #setLead(stream: Stream, line: LogLine): void {
    if (stream.lead !== undefined) this.#dropLead(stream)
    stream.lead = line
  }

  #dropLead(stream: Stream): void {
    if (stream.lead !== undefined) this.#sink.other(stream.lead)
    stream.lead = undefined
  }

  #begin(stream: Stream, top: Open | undefined, kind: ReportKind, line: LogLine): void {
    const goesOn =
      top !== undefined &&
      !isLate(top, line) &&
      (top.kind === kind ? kind.goesOn?.(top.lines, line) : top.kind.has.test(line.text))
    if (goesOn) {
      this.#push(top, line)
      return
    }
    const waits =
      top !== undefined && top.lines.length < BEGUN && !top.hasStack && top.kind !== kind
    if (waits) top.interleaved = true
    else this.#closeAll(stream)
    const lead = stream.lead
    stream.lead = undefined
    stream.open.push({
      kind,
      lines: lead === undefined ? [line] : [lead, line],
      interleaved: waits,
      overlong: false,
      dropped: 0,
      misses: 0,
      hasStack: false,
    })
  }

  /** Gives a line to the latest report that it may belong to. */
  #offer(stream: Stream, line: LogLine): void {
    const { text } = line
    const common = isCommonLine(text)
    for (let i = stream.open.length - 1; i >= 0; i--) {
      const open = stream.open[i] as Open
      if (isLate(open, line)) {
        this.#close(open)
        stream.open.splice(i, 1)
      } else if (common || open.kind.has.test(text)) {
        this.#push(open, line)
        return
      }
    }
    this.#sink.other(line)
    const top = stream.open.at(-1)
    if (top !== undefined && ++top.misses > MISSES) {
      this.#close(top)
      stream.open.pop()
    }
  }

  #push(open: Open, line: LogLine): void {
    if (line.text !== '' && open.misses > 0) {
      open.interleaved = true
      open.misses = 0
    }
    if (open.lines.length < open.kind.longest) open.lines.push(line)
    else {
      open.overlong = true
      open.dropped++
    }
    open.hasStack ||= isStackLine(line.text)
  }

  #closeAll(stream: Stream): void {
    for (const open of stream.open) this.#close(open)
    stream.open.length = 0
  }

  #close({ kind, lines, interleaved, overlong, dropped }: Open): void {
    while (lines.at(-1)?.text === '') this.#sink.other(lines.pop() as LogLine)
    const block: Block = { lines, interleaved, overlong }
    this.#sink.lines?.(lines.length + dropped)
    this.#sink.report(kind.parse(block))
  }
}

/** Returns true if a line comes too late to belong to a report. */
function isLate({ lines }: Open, { time }: LogLine): boolean {
  const before = lines.at(-1)?.time
  return time !== undefined && before !== undefined && time - before > PAUSE
}
