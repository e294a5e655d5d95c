/**
 * Layout: a global state is one row of 32-bit words, and each thing in it is a bit field of a word. Rows stay short
 * (the yardstick protocol fits its 16 tasks and objects into 3 words), so that they hash and compare fast and
 * many fit into memory. How wide a field must be is not known beforehand (how many positions will a task have?), so
 * a field that overflows gets wider: then the layout is arranged anew and stored rows are repacked. That costs more than long rows
 * as long as there are few of them. So a machine begins with room to spare, see {@link Layout.loosen}, and when a search has many
 * rows they are made as narrow as what they hold, see {@link Layout.tighten}: what never changes takes no bit at all then.
 */
import { Misuse } from './errors.js'
import type { Footprint } from './footprint.js'

/** The largest value that a field can hold. */
export const MAX_VALUE = 0x3fffffff

/** One global state, packed. */
export type Row = Int32Array

/** A small integer in a row: 0 to `limit`. */
export class Field {
  /** Where it is now; {@link Layout.arrange} decides. */
  word = 0
  /** How many bits of its word lie below it. */
  shift = 0
  /** The largest value that it has room for: one less than a power of two. */
  limit: number
  /** @internal Is told when it is looked at or written, while somebody wants to know: see {@link Layout.watched}. */
  footprint: Footprint | null = null

  constructor(
    /** What it is called in errors: the object and what it says of it. */
    readonly name: string,
    /** The value in the state in which nothing has happened. */
    readonly initial: number,
    /** True if a value v > 0 refers to the machine's object v - 1. */
    readonly refers: boolean,
  ) {
    this.limit = limitFor(initial, name)
  }

  /** The value of the field in a state. */
  get(row: Row): number {
    if (this.footprint !== null) this.footprint.note(this)
    return ((row[this.word] as number) >>> this.shift) & this.limit
  }

  /** @throws Overflow when the field is too narrow for the value. */
  set(row: Row, value: number): void {
    if (!(value >= 0 && value <= this.limit)) throw new Overflow(this, value)
    if (this.footprint !== null) this.footprint.note(this)
    const { word, shift } = this
    row[word] = ((row[word] as number) & ~(this.limit << shift)) | (value << shift)
  }
}

/**
 * A field is too narrow for a value. The search widens it and does the step again. It is thrown, and always caught, but no
 * Error: it happens often, and to note a stack each time took a fifth of a short search.
 */
export class Overflow {
  constructor(
    /** The field that is too narrow. */
    readonly field: Field,
    /** The value that does not fit. */
    readonly value: number,
  ) {}
}

/** Does something with rows. Where a field is too narrow, `widen` makes room and it is done again, so it must bear that. */
export function fitting<T>(act: () => T, widen: (overflow: Overflow) => void): T {
  for (;;) {
    try {
      return act()
    } catch (thrown) {
      if (!(thrown instanceof Overflow)) throw thrown
      widen(thrown)
    }
  }
}

/**
 * Turns `count` rows, one after the other in `from`, into rows of another arrangement.
 * @throws Overflow when a field of that one is too narrow for what a row holds; what was written to `to` is worth nothing then.
 */
export type Conversion = (from: Int32Array, count: number, to: Int32Array) => void

/** How the fields lay in rows at some time: for each its word, its shift and its limit. */
interface Arrangement {
  readonly words: number
  readonly places: Int32Array
}

/** Where every field of a machine is in its rows. */
export class Layout {
  /** All fields, in the order in which they were added. What is stored of a machine goes by this order. */
  readonly fields: Field[] = []
  /** How many words a row has. */
  words = 1
  /** How often the fields were arranged anew. Rows of another arrangement have to be converted before they are read. */
  arrangement = 0
  /** All arrangements before this one, by number. There are few: but for once, each is wider than the last. */
  readonly #before: Arrangement[] = []

  /** Adds a field, which gets its place when the rows are arranged. Returns the field. */
  add(field: Field): Field {
    this.fields.push(field)
    return field
  }

  /** Places the fields: widest first, each into the first word with room for it. */
  arrange(): void {
    const free: number[] = []
    const width = (field: Field): number => 32 - Math.clz32(field.limit)
    for (const field of [...this.fields].sort((a, b) => width(b) - width(a))) {
      const bits = width(field)
      let word = free.findIndex((room) => room >= bits)
      if (word < 0) word = free.push(32) - 1
      field.word = word
      field.shift = 32 - (free[word] as number)
      free[word] = (free[word] as number) - bits
    }
    this.words = Math.max(free.length, 1)
  }

  /** A row in which every field has its initial value. */
  initialRow(): Row {
    const row = new Int32Array(this.words)
    for (const field of this.fields) field.set(row, field.initial)
    return row
  }

  /**
   * Makes room for a value, with as much again to spare. Whoever keeps rows converts them, see {@link since}.
   * @throws Misuse when no field can hold it.
   */
  widen({ field, value }: Overflow): void {
    const limit = limitFor(value, field.name)
    // Somebody else may have made the room meanwhile.
    if (limit > field.limit) this.relimit((other) => (other === field ? limit : other.limit))
  }

  /** As {@link widen}, with the largest value that each field is to have room for. */
  relimit(limitOf: (field: Field, index: number) => number): void {
    this.#before.push(this.#now())
    // The limits are told by a row, perhaps, so all of them have to be known before the first is another.
    const limits = this.fields.map(limitOf)
    for (const [index, field] of this.fields.entries()) field.limit = limits[index] as number
    this.arrange()
    this.arrangement++
  }

  /**
   * Gives fields room for what they will probably hold, and arranges rows for the first time.
   * @param roomOf the largest value that a field is to have room for.
   */
  loosen(roomOf: (field: Field) => number): void {
    for (const field of this.fields) {
      field.limit = Math.max(field.limit, limitFor(roomOf(field), field.name))
    }
    this.arrange()
  }

  /**
   * Makes every field as narrow as some rows allow, one after the other in `rows`. Whoever keeps other rows may have to make it
   * wider again, see {@link since}.
   */
  tighten(rows: Int32Array, count: number): void {
    const { words } = this
    // A number has as many bits as the largest of those that were put together by `or`.
    const together = new Int32Array(words)
    for (let row = 0, at = 0; row < count; row++) {
      for (let word = 0; word < words; word++, at++) {
        together[word] = (together[word] as number) | (rows[at] as number)
      }
    }
    this.relimit((field) => limitFor(field.get(together), field.name))
  }

  /** @internal Does something with rows, and notes in a footprint which of their bits are looked at or written. */
  watched<T>(footprint: Footprint, act: () => T): T {
    const { fields } = this
    for (let index = 0; index < fields.length; index++) {
      ;(fields[index] as Field).footprint = footprint
    }
    try {
      return act()
    } finally {
      for (let index = 0; index < fields.length; index++) {
        ;(fields[index] as Field).footprint = null
      }
    }
  }

  /** What turns rows of an earlier arrangement, by its number, into rows of this one. */
  since(arrangement: number): Conversion {
    const from = this.#before[arrangement]
    if (from === undefined) throw new RangeError(`there was no arrangement ${arrangement}`)
    return conversion(this.fields, from, this.#now())
  }

  #now(): Arrangement {
    const { fields, words } = this
    const places = new Int32Array(fields.length * 3)
    for (let index = 0; index < fields.length; index++) {
      const { word, shift, limit } = fields[index] as Field
      places[index * 3] = word
      places[index * 3 + 1] = shift
      places[index * 3 + 2] = limit
    }
    return { words, places }
  }
}

/** How many numbers a move has: the word that bits come from, which of its bits, how far they go right and left, and the word that they go to. */
const MOVE = 5

function conversion(fields: readonly Field[], from: Arrangement, to: Arrangement): Conversion {
  const moves = movesBetween(from, to)
  const lost = lostBits(from, to)
  const before = from.words
  const after = to.words
  return (rows, count, out) => {
    for (let source = 0, target = 0; source < count * before; source += before, target += after) {
      for (let word = 0; word < after; word++) out[target + word] = 0
      for (let word = 0; word < before; word++) {
        if (((rows[source + word] as number) & (lost[word] as number)) !== 0) {
          throw overflowIn(rows.subarray(source, source + before), fields, { from, to })
        }
      }
      for (let at = 0; at < moves.length; at += MOVE) {
        const bits = (rows[source + (moves[at] as number)] as number) & (moves[at + 1] as number)
        const now = target + (moves[at + 4] as number)
        const moved = (bits >>> (moves[at + 2] as number)) << (moves[at + 3] as number)
        out[now] = (out[now] as number) | moved
      }
    }
  }
}

/** How bits move from one arrangement to another, in groups that move alike: there are far fewer of them than fields. */
function movesBetween(from: Arrangement, to: Arrangement): Int32Array {
  const moves = new Map<string, number[]>()
  for (let at = 0; at < from.places.length; at += 3) {
    const [source, low, had] = from.places.subarray(at, at + 3) as unknown as Place
    const [target, now, has] = to.places.subarray(at, at + 3) as unknown as Place
    const bits = (had & has) << low
    const move = moves.get(`${source} ${target} ${now - low}`)
    if (move !== undefined) move[1] = (move[1] as number) | bits
    else if (bits !== 0) {
      const way = [Math.max(low - now, 0), Math.max(now - low, 0)]
      moves.set(`${source} ${target} ${now - low}`, [source, bits, ...way, target])
    }
  }
  return Int32Array.from([...moves.values()].flat())
}

/** For each word, the bits for which there is no room in another arrangement. */
function lostBits(from: Arrangement, to: Arrangement): Int32Array {
  const lost = new Int32Array(from.words)
  for (let at = 0; at < from.places.length; at += 3) {
    const [source, low, had] = from.places.subarray(at, at + 3) as unknown as Place
    const has = to.places[at + 2] as number
    lost[source] = (lost[source] as number) | ((had & ~has) << low)
  }
  return lost
}

/** Says for which field of a row there is no room. */
function overflowIn(
  row: Row,
  fields: readonly Field[],
  { from, to }: { readonly from: Arrangement; readonly to: Arrangement },
): Overflow {
  for (const [index, field] of fields.entries()) {
    const [word, shift, limit] = from.places.subarray(3 * index, 3 * index + 3) as unknown as Place
    const held = ((row[word] as number) >>> shift) & limit
    if (held > (to.places[3 * index + 2] as number)) return new Overflow(field, held)
  }
  throw new Error('all fields have room for what the row holds')
}

/** The word, the shift and the limit of a field. */
type Place = [number, number, number]

/** The largest value of a field that is just wide enough for this one. @throws Misuse when no field can hold it. */
function limitFor(value: number, name: string): number {
  if (!(value >= 0 && value <= MAX_VALUE)) {
    throw new Misuse(`${name} would be ${value}: it holds whole numbers from 0 to ${MAX_VALUE}`)
  }
  return (1 << (32 - Math.clz32(value))) - 1
}
