/**
 * Converter: what the script prints becomes the NDJSON that an audit reads. Lines come in, lines go out, in the order of
 * their times. The first line says what made the recording, the last one how complete it is. What cannot be read is counted.
 */
import { RECORDED_EVENTS, type RecordedEvent } from './events.js'
import { TimeOrder } from './time-order.js'

/** The first line of a recording: which kernel, and by which command. */
export interface RecordingHeader {
  readonly recorder: 'kernel-sim'
  readonly version: 1
  readonly kernel: string
  readonly command: string
}

/** The last line of a recording. */
export interface RecordingTrailer {
  readonly recorder: 'kernel-sim'
  readonly events: number
  /** Events that bpftrace says it lost, because nobody took them out of its buffer in time. */
  readonly lost: number
  /**
   * Tracepoints that bpftrace skipped because another BPF program ran on that CPU: an upper bound, since the filter may have
   * rejected them. -1 where nobody looked.
   */
  readonly skipped: number
  /** Lines of the output that could not be read. */
  readonly damaged: number
}

/** An event whose stack is being read. */
interface Pending {
  readonly event: RecordedEvent
  readonly time: number
  /** The JSON of all but the stack, without the closing brace. */
  readonly json: string
  /** The attempts at a stack so far, the whole one first. */
  readonly stacks: string[][]
  readonly anonymous: boolean
}

/** How many frames each attempt at a stack has, by how many there are: scripts printed three before they printed two. */
const ATTEMPTS: Readonly<Record<number, readonly (number | undefined)[]>> = {
  2: [undefined, 12],
  3: [undefined, 18, 9],
}

export class RecordingConverter {
  readonly #write: (line: string) => void
  readonly #order: TimeOrder
  #pending: Pending | undefined
  #kernel = ''
  #command = ''
  #begun = false
  #events = 0
  #lost = 0
  #damaged = 0

  /** @param write takes each line of the recording, without its line break. */
  constructor(write: (line: string) => void) {
    this.#write = write
    this.#order = new TimeOrder(write)
  }

  /** How many events were converted so far. */
  get events(): number {
    return this.#events
  }

  /** Returns true if the output began as that of the script does. */
  get begun(): boolean {
    return this.#begun
  }

  /** Takes one line of the script's output, without its line break. */
  line(line: string): void {
    if (this.#pending !== undefined && this.#stackLine(line, this.#pending)) return
    const lost = /^Lost (\d+) events/.exec(line)
    if (line.startsWith('@')) this.#eventLine(line)
    else if (line.startsWith('#')) this.#note(line)
    else if (lost !== null) this.#lost += Number(lost[1])
    else if (line.trim() !== '' && !line.startsWith('Attaching ')) this.#damaged++
  }

  /** The output has ended. @param skipped see RecordingTrailer. */
  end(skipped: number): RecordingTrailer {
    if (this.#pending !== undefined) this.#damaged++
    this.#pending = undefined
    this.#order.end()
    const trailer: RecordingTrailer = {
      recorder: 'kernel-sim',
      events: this.#events,
      lost: this.#lost,
      skipped,
      damaged: this.#damaged,
    }
    this.#write(JSON.stringify(trailer))
    return trailer
  }

  #note(line: string): void {
    const [name, ...values] = line.slice(1).split('\t')
    if (name === 'kernel') this.#kernel = values.join(' ')
    else if (name === 'command') this.#command = values.join('\t')
    this.#begun ||= name === 'recorder'
    if (name !== 'command') return
    const header: RecordingHeader = {
      recorder: 'kernel-sim',
      version: 1,
      kernel: this.#kernel,
      command: this.#command,
    }
    this.#write(JSON.stringify(header))
  }

  #eventLine(line: string): void {
    const values = line.slice(1).split('\t')
    const event = RECORDED_EVENTS[Number(values[0])]
    const [, time = '', cpu = '', pid = '', flags = ''] = values
    const fields = event?.fields ?? []
    const comm = values.slice(5 + fields.length).join('\t')
    const numbers = [time, cpu, pid, flags].every((value) => NUMBER.test(value))
    const written = fields.map(({ name, type }, i) => field(name, type, values[5 + i]))
    if (event === undefined || !numbers || values.length < 6 + fields.length) {
      this.#damaged++
      return
    }
    if (written.includes(undefined)) {
      this.#damaged++
      return
    }
    const json =
      `{"ts":${time},"cpu":${cpu},"pid":${pid},"comm":${JSON.stringify(comm)},"fl":${flags},` +
      `"ev":"${event.event}",${written.join(',')}`
    const anonymous = pid === '-1'
    const pending = { event, time: Number(time), json, stacks: [[]], anonymous }
    if (event.stack) this.#pending = pending
    else this.#finish(pending)
  }

  /** Returns true if the line belonged to a stack. */
  #stackLine(line: string, pending: Pending): boolean {
    const text = line.trim()
    const { stacks } = pending
    if (text === '~' || text === '$' || text === '!$') {
      if (text === '~') stacks.push([])
      else this.#finish(pending)
      return true
    }
    // Frames are indented; anything else means that the rest of the stack is missing.
    if (text === '') return true
    if (/^\s/.test(line) && !text.includes('\t')) {
      stacks.at(-1)?.push(text)
      return true
    }
    this.#damaged++
    this.#pending = undefined
    return false
  }

  #finish({ json, time, stacks, event, anonymous }: Pending): void {
    this.#pending = undefined
    this.#events++
    this.#order.add(time, `${json}${event.stack && !anonymous ? stackJson(stacks) : ''}}`)
  }
}

const NUMBER = /^-?\d{1,20}$/

/** A field as JSON; undefined for a value that it cannot have. */
function field(name: string, type: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (type === 'number') return NUMBER.test(value) ? `"${name}":${value}` : undefined
  return `"${name}":${JSON.stringify(value)}`
}

/** The most complete of the attempts at a stack. */
function stackJson(stacks: readonly (readonly string[])[]): string {
  const attempt = stacks.findIndex((frames) => frames.length > 0)
  const frames = stacks[attempt]
  if (frames === undefined) return ',"st_lost":1'
  const limit = ATTEMPTS[stacks.length]?.[attempt]
  const truncated = limit !== undefined && frames.length === limit
  return `,"st":${JSON.stringify(frames.join(';'))}${truncated ? `,"st_trunc":${limit}` : ''}`
}
