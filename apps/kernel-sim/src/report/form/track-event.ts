/**
 * Track event: a trace for the Perfetto UI, as protobuf (protos/perfetto/trace in google/perfetto). Tracks lie below a process or
 * below each other, slices on a track nest, and flows lead from slice to slice. Nothing is interned, which a trace of this
 * size does not need.
 */

/** What a varint holds, and what has eight bytes whatever its size: flow ids that are written as varints are dropped in silence. */
class Message {
  readonly #bytes: number[] = []

  varint(field: number, value: number): this {
    this.#tag(field, 0)
    this.#number(value)
    return this
  }

  fixed64(field: number, value: number): this {
    this.#tag(field, 1)
    for (let rest = value, byte = 0; byte < 8; byte++, rest = Math.floor(rest / 256)) {
      this.#bytes.push(rest % 256)
    }
    return this
  }

  double(field: number, value: number): this {
    this.#tag(field, 1)
    const bytes = new DataView(new ArrayBuffer(8))
    bytes.setFloat64(0, value, true)
    for (let byte = 0; byte < 8; byte++) this.#bytes.push(bytes.getUint8(byte))
    return this
  }

  text(field: number, value: string): this {
    return this.#block(field, new TextEncoder().encode(value))
  }

  message(field: number, value: Message): this {
    return this.#block(field, value.#bytes)
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }

  /** What stands before so many bytes. */
  head(field: number, length: number): this {
    this.#tag(field, 2)
    this.#number(length)
    return this
  }

  #block(field: number, bytes: ArrayLike<number> & Iterable<number>): this {
    this.head(field, bytes.length)
    for (const byte of bytes) this.#bytes.push(byte)
    return this
  }

  #tag(field: number, type: number): void {
    this.#number(field * 8 + type)
  }

  #number(value: number): void {
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes.push((rest % 128) + 128)
    this.#bytes.push(rest)
  }
}

/** A track: a process, a thread of one, or whatever lies below another track. */
export interface Track {
  readonly name: string
  /** The track that it lies below. */
  readonly parent?: number
  /** Its place among those below the same track. */
  readonly rank?: number
  readonly process?: boolean
}

/** A slice on a track, with times in nanoseconds; without `to` it goes on to the end. */
export interface Slice {
  readonly track: number
  readonly name: string
  readonly from: number
  readonly to: number
  readonly notes?: Readonly<Record<string, string>>
  /** Arrows that begin at the slice, and that end there. */
  readonly flows?: readonly number[]
  readonly endsFlows?: readonly number[]
}

/** Field numbers and values of the protocol. */
const SEQUENCE = 1
const BEGIN = 1
const END = 2
const COUNTER = 4
const EXPLICIT_ORDER = 3
const NOT_MERGED = 2

export class TrackEventTrace {
  readonly #descriptors: Message[] = []
  readonly #events: {
    readonly time: number
    readonly order: number
    readonly packet: Uint8Array
  }[] = []

  /** Makes a track. @returns its number. */
  track({ name, parent, rank, process = false }: Track): number {
    const uuid = this.#descriptors.length + 1
    const descriptor = new Message().varint(1, uuid)
    if (process) {
      descriptor.message(3, new Message().varint(1, uuid).text(6, name))
    } else descriptor.text(2, name)
    if (parent !== undefined) descriptor.varint(5, parent)
    descriptor.varint(11, EXPLICIT_ORDER)
    if (rank !== undefined) descriptor.varint(12, rank)
    if (!process) descriptor.varint(15, NOT_MERGED)
    this.#descriptors.push(new Message().varint(10, SEQUENCE).message(60, descriptor))
    return uuid
  }

  /** Makes a track of numbers. @returns its number. */
  counter({ name, parent, rank }: Track): number {
    const uuid = this.#descriptors.length + 1
    const descriptor = new Message().varint(1, uuid).text(2, name)
    if (parent !== undefined) descriptor.varint(5, parent)
    descriptor.message(8, new Message())
    if (rank !== undefined) descriptor.varint(12, rank)
    this.#descriptors.push(new Message().varint(10, SEQUENCE).message(60, descriptor))
    return uuid
  }

  /** Says what a track of numbers is from a time on. @param value from 0 on; what is not whole is written as a double */
  count(track: number, time: number, value: number): void {
    const event = new Message().varint(9, COUNTER).varint(11, track)
    this.#add(time, 0, Number.isInteger(value) ? event.varint(30, value) : event.double(44, value))
  }

  /** Adds a slice. Slices of one track must nest: an outer one is added before those in it. */
  slice({ track, name, from, to, notes = {}, flows = [], endsFlows = [] }: Slice): void {
    const begin = new Message().varint(9, BEGIN).varint(11, track).text(23, name)
    for (const [key, value] of Object.entries(notes)) {
      begin.message(4, new Message().text(10, key).text(6, value))
    }
    for (const flow of flows) begin.fixed64(47, flow)
    for (const flow of endsFlows) begin.fixed64(48, flow)
    const end = new Message().varint(9, END).varint(11, track)
    // At one time slices end before others begin, the inner ones first.
    this.#add(from, this.#events.length + 1, begin)
    this.#add(to, -this.#events.length, end)
  }

  /** The whole trace, in order of time. */
  bytes(): Uint8Array {
    const events = [...this.#events].sort((a, b) => a.time - b.time || a.order - b.order)
    const packets = [
      ...this.#descriptors.map((each) => each.bytes()),
      ...events.map(({ packet }) => packet),
    ]
    // A field of the whole trace each: its tag, its length, and what it is.
    const heads = packets.map(({ length }) => new Message().head(1, length).bytes())
    const size = packets.reduce((sum, { length }, at) => sum + length + (heads[at]?.length ?? 0), 0)
    const trace = new Uint8Array(size)
    let to = 0
    for (const [at, packet] of packets.entries()) {
      for (const part of [heads[at] ?? new Uint8Array(0), packet]) {
        trace.set(part, to)
        to += part.length
      }
    }
    return trace
  }

  #add(time: number, order: number, event: Message): void {
    const packet = new Message().varint(8, time).varint(10, SEQUENCE).message(11, event)
    this.#events.push({ time, order, packet: packet.bytes() })
  }
}
