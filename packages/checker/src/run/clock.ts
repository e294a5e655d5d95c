/**
 * Clock: virtual time, and what is to happen when. Events at the same time happen in the order in which they were made, so that a run
 * is the same each time.
 *
 * A binary heap over typed arrays: no object per event. Times are numbers of any unit (kernel-sim counts nanoseconds); below 2^53 they
 * are exact.
 */

/** What happens: it is given the number that the event was made with. */
export type Happening = (argument: number) => void

const NOTHING: Happening = () => {}

/** Virtual time, with the events that are to come. A run goes from one to the next. */
export class Clock {
  /** The time. It never goes back. */
  now = 0
  /** How many events have happened. */
  events = 0
  #size = 0
  #made = 0
  /** Events of this very moment, in the order in which they were made: they need no heap. Those before `#first` have happened. */
  readonly #soon: Happening[] = []
  readonly #soonArguments: number[] = []
  #first = 0
  /** The heap: times, the order of making, and where the rest of the event is. */
  #times = new Float64Array(64)
  #orders = new Float64Array(64)
  #slots = new Int32Array(64)
  readonly #happenings: Happening[] = []
  readonly #arguments: number[] = []
  readonly #free: number[] = []

  /** When the next event happens; Infinity when there is none. */
  get next(): number {
    if (this.#first < this.#soon.length) return this.now
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number)
  }

  /** How many events are to come. */
  get pending(): number {
    return this.#size + this.#soon.length - this.#first
  }

  /**
   * Makes an event.
   * @throws RangeError for a time that has passed or is not a number.
   */
  at(time: number, happening: Happening, argument = 0): void {
    if (!(time >= this.now)) throw new RangeError(`${time} has passed: it is ${this.now}`)
    if (time === this.now) {
      this.#soon.push(happening)
      this.#soonArguments.push(argument)
      return
    }
    const slot = this.#free.pop() ?? this.#happenings.length
    this.#happenings[slot] = happening
    this.#arguments[slot] = argument
    if (this.#size === this.#times.length) this.#grow()
    this.#sift(time, this.#made++, slot)
  }

  /** Lets the next event happen, at its time; returns false when there is none. */
  step(): boolean {
    // What was made for this moment before it came goes before what is made in it.
    if (this.#first < this.#soon.length && !(this.#size > 0 && this.#times[0] === this.now)) {
      return this.#stepSoon()
    }
    if (this.#size === 0) return false
    this.now = this.#times[0] as number
    const slot = this.#slots[0] as number
    const happening = this.#happenings[slot] as Happening
    const argument = this.#arguments[slot] as number
    this.#happenings[slot] = NOTHING
    this.#free.push(slot)
    this.#removeFirst()
    this.events++
    happening(argument)
    return true
  }

  #stepSoon(): boolean {
    const at = this.#first++
    const happening = this.#soon[at] as Happening
    const argument = this.#soonArguments[at] as number
    if (this.#first === this.#soon.length) {
      this.#soon.length = 0
      this.#soonArguments.length = 0
      this.#first = 0
    }
    this.events++
    happening(argument)
    return true
  }

  /** Lets all events up to a time happen; then it is that time. */
  runUntil(time: number): void {
    while (this.next <= time) this.step()
    if (time > this.now) this.now = time
  }

  /** Moves an event up from the end to its place. */
  #sift(time: number, order: number, slot: number): void {
    const times = this.#times
    const orders = this.#orders
    const slots = this.#slots
    let at = this.#size++
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = times[above] as number
      if (other < time || (other === time && (orders[above] as number) < order)) break
      times[at] = other
      orders[at] = orders[above] as number
      slots[at] = slots[above] as number
      at = above
    }
    times[at] = time
    orders[at] = order
    slots[at] = slot
  }

  /** Takes the first away; the last one moves down from there to its place. */
  #removeFirst(): void {
    const times = this.#times
    const orders = this.#orders
    const slots = this.#slots
    const size = --this.#size
    const time = times[size] as number
    const order = orders[size] as number
    const slot = slots[size] as number
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= size) break
      const right = below + 1
      if (
        right < size &&
        ((times[right] as number) < (times[below] as number) ||
          (times[right] === times[below] && (orders[right] as number) < (orders[below] as number)))
      ) {
        below = right
      }
      const other = times[below] as number
      if (time < other || (time === other && order < (orders[below] as number))) break
      times[at] = other
      orders[at] = orders[below] as number
      slots[at] = slots[below] as number
      at = below
    }
    times[at] = time
    orders[at] = order
    slots[at] = slot
  }

  #grow(): void {
    const length = 2 * this.#times.length
    const times = new Float64Array(length)
    const orders = new Float64Array(length)
    const slots = new Int32Array(length)
    times.set(this.#times)
    orders.set(this.#orders)
    slots.set(this.#slots)
    this.#times = times
    this.#orders = orders
    this.#slots = slots
  }
}
