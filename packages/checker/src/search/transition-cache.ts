/**
 * Transition cache: what the steps of a task do to rows, so that most steps are not done but repeated. A task at a position looks
 * at a few bits of the row alone, its *view*; where these are the same as once before, so is what follows: the same bits are flipped.
 * This is the transition cache of LTSmin (Blom, van de Pol and Weber, "LTSmin: distributed and symbolic reachability", CAV 2010),
 * except that nobody declares what a step depends on: it is seen when the step is done.
 *
 * A view has all bits that any step of the task has looked at there, or written. It grows when a step is done that looks at more, and
 * what was kept for the smaller view is not found any more. Whatever is found is right, since a step that looks at the same bits and
 * sees the same does the same.
 *
 * Views also tell which steps are independent, so that a state need not be found twice. Let p be a state that was found from a by a step
 * of task t, and let a task u before t be able to take a step in a that t's step does not look at, and the other way round. The search took u's step
 * from a before it found p, which led to a state q before p; t's step from q leads to where u's step from p does. So that state is
 * known when p is expanded, and u's step from p is counted, but not taken. (It would be in the sleep set of p: Godefroid, "Partial-order methods for the
 * verification of concurrent systems", 1996. What a breadth-first search knows of p's parent is enough for it, and all states are visited in
 * the same order, each found from the same one.)
 */
import type { Field, Row } from '../machine/layout.js'
import { sumOf } from './hash.js'
import type { Successors } from './successors.js'

/** How many words a row may have. To look at more takes as long as to do the step. */
export const WIDTH = 4
/** How often a position is met before anything is kept for it: most searches are over before that pays. */
const FEW = 32
/** How many words may be kept: 16 MB. */
const MOST = 1 << 22
/** How much is kept for one position: what is looked at by steps that depend on more is hardly ever the same. */
const MOST_AT_ONE = 1 << 13

/** Instead of a view: the position was met so often that it gets one. */
const READY = -FEW

/** A view: how many times something was kept for it, and the bits of each word. What is kept: the view, and what it shows. */
const MASKS = 1
const KEPT = MASKS + WIDTH
/** An effect: the sum of the bits that are flipped, and these. */
const EFFECT = 1 + WIDTH

/** What the steps of all tasks of a machine do, as far as it was seen. */
export class TransitionCache {
  /** Views, and what is kept: after what a view shows, how many effects there are, and each. */
  #data = new Int32Array(1 << 12)
  /** The first word of `#data` that is free. What begins at 0 is a view without bits, which stands for none. */
  #free = KEPT
  /** Where something is kept, by hash; at most a quarter of the slots is taken. */
  #slots = new Int32Array(1 << 10)
  /** How far a hash is shifted to be the number of a slot. */
  #shift = 32 - 10
  #taken = 0
  /** Where the view of a task at a position is; where there is none, how often it was met, below 0. */
  #views = new Int32Array(1 << 10)
  /** Where the position of each task is in a row: the word, the shift, and the limit. */
  readonly #positions: Int32Array
  readonly #tasks: number
  readonly #words: number
  /** The effects that are being seen, and how many. */
  readonly #effects: number[] = []
  #count = 0
  readonly #flipped: Row = new Int32Array(WIDTH)
  /** The task whose step has led to the state, the view that it had before, and the bits that it flipped; 0 where nothing is passed over. */
  #mover = 0
  #view = 0
  readonly #step: Row = new Int32Array(WIDTH)
  /** The effect that was passed over last. */
  #passed = 0

  /** @param words how many words a row has, {@link WIDTH} at most. @param positions holds where each task is. */
  constructor(words: number, positions: readonly Field[]) {
    this.#words = words
    this.#tasks = positions.length
    this.#positions = Int32Array.from(
      positions.flatMap(({ word, shift, limit }) => [word, shift, limit]),
    )
  }

  /**
   * Begins to expand a state. From now on steps are passed over that lead to what is known, see above.
   * @param before the state that it was found from; null when nothing is to be passed over.
   */
  open(row: Row, before: Row | null): void {
    this.#mover = 0
    if (before === null) return
    const data = this.#data
    const step = this.#step
    for (let word = 0; word < row.length; word++) {
      step[word] = (row[word] as number) ^ (before[word] as number)
    }
    const mover = this.#moverOf(step)
    const at = mover > 0 ? this.#find(before, mover) : 0
    if (at === 0) return
    const view = data[at] as number
    let from = at + KEPT + 2
    for (const end = from + EFFECT * (data[at + KEPT] as number); from < end; from += EFFECT) {
      if (
        data[from] !== step[0] ||
        data[from + 1] !== step[1] ||
        data[from + 2] !== step[2] ||
        data[from + 3] !== step[3]
      ) {
        continue
      }
      this.#mover = mover
      this.#view = view
      return
    }
  }

  /** The task whose position some bits change; 0 where there is none, or where it is the first, before which there is no other. */
  #moverOf(step: Row): number {
    const positions = this.#positions
    for (let task = 1; task < this.#tasks; task++) {
      const bits = (positions[3 * task + 2] as number) << (positions[3 * task + 1] as number)
      if (((step[positions[3 * task] as number] as number) & bits) !== 0) return task
    }
    return 0
  }

  /** Where the steps of a task are kept; 0 where they are not. */
  #find(row: Row, task: number): number {
    const data = this.#data
    const slots = this.#slots
    const words = this.#words
    const of = this.#of(row, task)
    const view = of < this.#views.length ? (this.#views[of] as number) : 0
    if (view <= 0) return 0
    const k0 = (row[0] as number) & (data[view + 1] as number)
    const k1 = words > 1 ? (row[1] as number) & (data[view + 2] as number) : 0
    const k2 = words > 2 ? (row[2] as number) & (data[view + 3] as number) : 0
    const k3 = words > 3 ? (row[3] as number) & (data[view + 4] as number) : 0
    let slot = hashOf(view, k0, k1, k2, k3) >>> this.#shift
    let at = slots[slot] as number
    while (at !== 0 && isOther(data, at, view, k0, k1, k2, k3) !== 0) {
      slot = (slot + 1) & (slots.length - 1)
      at = slots[slot] as number
    }
    return at
  }

  /**
   * Adds the states that follow a state by steps that are kept, but for those that are passed over.
   * @param first the first task whose steps are taken.
   * @returns the first task of which nothing is kept, or the number of tasks.
   */
  repeat(row: Row, first: number, found: Successors): number {
    const data = this.#data
    const views = this.#views
    const slots = this.#slots
    const shift = this.#shift
    const positions = this.#positions
    const tasks = this.#tasks
    const words = this.#words
    const w0 = row[0] as number
    const w1 = words > 1 ? (row[1] as number) : 0
    const w2 = words > 2 ? (row[2] as number) : 0
    const w3 = words > 3 ? (row[3] as number) : 0
    const sum = sumOf(row, 0, words)
    const { origin } = found
    let { count, passed, rows, sums, origins } = found
    const mover = this.#mover
    const f0 = this.#step[0] as number
    const f1 = this.#step[1] as number
    const f2 = this.#step[2] as number
    const f3 = this.#step[3] as number
    const m0 = data[this.#view + 1] as number
    const m1 = data[this.#view + 2] as number
    const m2 = data[this.#view + 3] as number
    const m3 = data[this.#view + 4] as number
    let task = first
    for (; task < tasks; task++) {
      const word = row[positions[3 * task] as number] as number
      const position =
        (word >>> (positions[3 * task + 1] as number)) & (positions[3 * task + 2] as number)
      const of = position * tasks + task
      const view = of < views.length ? (views[of] as number) : 0
      if (view <= 0) break
      const k0 = w0 & (data[view + 1] as number)
      const k1 = w1 & (data[view + 2] as number)
      const k2 = w2 & (data[view + 3] as number)
      const k3 = w3 & (data[view + 4] as number)
      let slot = hashOf(view, k0, k1, k2, k3) >>> shift
      let at = slots[slot] as number
      while (at !== 0 && isOther(data, at, view, k0, k1, k2, k3) !== 0) {
        slot = (slot + 1) & (slots.length - 1)
        at = slots[slot] as number
      }
      if (at === 0) break
      const more = data[at + KEPT] as number
      if (more === 0) continue
      // Whether it sees what it saw before the mover's step.
      const isApart =
        task < mover &&
        ((f0 & (data[view + 1] as number)) |
          (f1 & (data[view + 2] as number)) |
          (f2 & (data[view + 3] as number)) |
          (f3 & (data[view + 4] as number))) ===
          0
      if (count + more > sums.length) {
        found.count = count
        found.reserve(more)
        ;({ rows, sums, origins } = found)
      }
      let to = count * words
      let from = at + KEPT + 1
      for (const end = from + more * EFFECT; from < end; from += EFFECT) {
        if (
          isApart &&
          (((data[from + 1] as number) & m0) |
            ((data[from + 2] as number) & m1) |
            ((data[from + 3] as number) & m2) |
            ((data[from + 4] as number) & m3)) ===
            0
        ) {
          passed++
          this.#passed = from
          continue
        }
        sums[count] = sum ^ (data[from] as number)
        origins[count] = origin
        rows[to++] = w0 ^ (data[from + 1] as number)
        if (words > 1) rows[to++] = w1 ^ (data[from + 2] as number)
        if (words > 2) rows[to++] = w2 ^ (data[from + 3] as number)
        if (words > 3) rows[to++] = w3 ^ (data[from + 4] as number)
        count++
      }
    }
    found.count = count
    found.passed = passed
    return task
  }

  /** Adds the state to which the step leads that was passed over last. */
  repeatPassed(row: Row, found: Successors): void {
    const next = this.#flipped
    for (let word = 0; word < row.length; word++) {
      next[word] = (row[word] as number) ^ (this.#data[this.#passed + 1 + word] as number)
    }
    found.push(next)
  }

  /** Returns true if it is worth it to see what the steps of a task do, of which nothing is kept. */
  learns(row: Row, task: number): boolean {
    const of = this.#of(row, task)
    const view = of < this.#views.length ? (this.#views[of] as number) : 0
    if (view > 0) return (this.#data[view] as number) < MOST_AT_ONE && this.#free < MOST
    if (view === READY) return this.#free < MOST
    if (of >= this.#views.length) {
      const views = new Int32Array(2 ** Math.ceil(Math.log2(of + 1)))
      views.set(this.#views)
      this.#views = views
    }
    this.#views[of] = view - 1
    return false
  }

  /** Begins to see what the steps of a task do. */
  begin(): void {
    this.#effects.length = 0
    this.#count = 0
  }

  /** A step leads from one state to another. */
  note(from: Row, to: Row): void {
    const flipped = this.#flipped
    for (let word = 0; word < from.length; word++) {
      flipped[word] = (from[word] as number) ^ (to[word] as number)
    }
    this.#effects.push(sumOf(flipped, 0, from.length), ...flipped)
    this.#count++
  }

  /** Keeps what was noted since {@link begin}. @param masks the bits of the row that the steps have looked at or written. */
  keep(row: Row, task: number, masks: Row): void {
    this.#reserve(2 * KEPT + 1 + this.#effects.length)
    const data = this.#data
    const view = this.#viewWith(this.#of(row, task), masks)
    data[view] = (data[view] as number) + 1
    const at = this.#free
    data[at] = view
    for (let word = 0; word < row.length; word++) {
      data[at + MASKS + word] = (row[word] as number) & (data[view + MASKS + word] as number)
    }
    data[at + KEPT] = this.#count
    data.set(this.#effects, at + KEPT + 1)
    this.#free = at + KEPT + 1 + this.#effects.length
    this.#enter(at)
    if (++this.#taken * 4 > this.#slots.length) this.#rehash()
  }

  /** The number of a task and its position. */
  #of(row: Row, task: number): number {
    const positions = this.#positions
    const word = row[positions[3 * task] as number] as number
    const position =
      (word >>> (positions[3 * task + 1] as number)) & (positions[3 * task + 2] as number)
    return position * this.#tasks + task
  }

  /** The view of a task at a position, which has these bits too from now on. */
  #viewWith(of: number, masks: Row): number {
    const data = this.#data
    const known = this.#views[of] as number
    const before = Math.max(known, 0)
    let isWider = before === 0
    for (const [word, bits] of masks.entries()) {
      if ((bits & ~(data[before + MASKS + word] as number)) !== 0) isWider = true
    }
    if (!isWider) return known
    const view = this.#free
    data[view] = data[before] as number
    for (const [word, bits] of masks.entries()) {
      data[view + MASKS + word] = (data[before + MASKS + word] as number) | bits
    }
    this.#free = view + KEPT
    this.#views[of] = view
    return view
  }

  /** Makes something that is kept be found. */
  #enter(at: number): void {
    const data = this.#data
    const slots = this.#slots
    const [view, k0, k1, k2, k3] = data.subarray(at, at + KEPT) as unknown as Key
    let slot = hashOf(view, k0, k1, k2, k3) >>> this.#shift
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = at
  }

  #rehash(): void {
    const before = this.#slots
    this.#slots = new Int32Array(before.length * 2)
    this.#shift--
    for (const at of before) if (at !== 0) this.#enter(at)
  }

  #reserve(words: number): void {
    const least = this.#free + words
    if (least <= this.#data.length) return
    const data = new Int32Array(2 ** Math.ceil(Math.log2(least)))
    data.set(this.#data)
    this.#data = data
  }
}

/** A view, and what it shows of each word. */
type Key = [number, number, number, number, number]

/** What is kept is for another view, or for what shows other bits, if this is not 0. */
function isOther(
  data: Int32Array,
  at: number,
  view: number,
  k0: number,
  k1: number,
  k2: number,
  k3: number,
): number {
  return (
    ((data[at] as number) ^ view) |
    ((data[at + 1] as number) ^ k0) |
    ((data[at + 2] as number) ^ k1) |
    ((data[at + 3] as number) ^ k2) |
    ((data[at + 4] as number) ^ k3)
  )
}

/** Its upper bits depend on all bits. */
function hashOf(view: number, k0: number, k1: number, k2: number, k3: number): number {
  return (
    Math.imul(view, 0x9e3779b1) +
    Math.imul(k0 ^ (k0 >>> 15), 0x85ebca6b) +
    Math.imul(k1 ^ (k1 >>> 15), 0xc2b2ae35) +
    Math.imul(k2 ^ (k2 >>> 15), 0x27d4eb2f) +
    Math.imul(k3 ^ (k3 >>> 15), 0x165667b1)
  )
}
