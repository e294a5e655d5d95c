/**
 * Held events: events that wait for their stack, or for those before them to have theirs. They are passed on in the order in
 * which they were recorded.
 */
import type { TraceEvent } from '../event.js'
import type { Stack } from '../stack.js'
import { type StackOwner, StackOwners, type StackPlace } from './stack-owner.js'

/** How many events may stand between an event and its stack: those of the other CPUs. */
const WINDOW = 256

export class HeldEvents {
  readonly #sink: (event: TraceEvent) => void
  readonly #owners = new StackOwners()
  readonly #held: StackOwner[] = []

  constructor(sink: (event: TraceEvent) => void) {
    this.#sink = sink
  }

  /** A record of this place: what follows there may be its stack. Its event, if it is of interest, is held. */
  add(place: StackPlace, owner: StackOwner): void {
    this.#owners.record(place, owner)
    if (owner.event !== undefined) this.hold(owner)
  }

  /** Holds an event that became known later than its record. */
  hold(owner: StackOwner): void {
    this.#held.push(owner)
    this.#release()
  }

  /**
   * A stack of this place. Returns false when it belongs to no record that is known.
   * @param probe the tracepoint that recorded it: see StackOwners.
   */
  stack(place: StackPlace, stack: Stack, probe: string | undefined): boolean {
    const owner = this.#owners.claim(place, stack, probe)
    if (owner === undefined) return false
    if (owner.event === undefined) return true
    owner.event.stack = stack
    if (stack.interrupt) owner.event.interrupt = true
    this.#release()
    return true
  }

  /** Events of this CPU were lost, and perhaps the event of the next stack. */
  forget(cpu: number): void {
    this.#owners.forget(cpu)
  }

  /** The recording has ended. */
  end(): void {
    for (const { event } of this.#held.splice(0)) if (event !== undefined) this.#sink(event)
  }

  #release(): void {
    const held = this.#held
    let count = 0
    while (count < held.length && (held[count]?.settled || held.length - count > WINDOW)) count++
    for (let i = 0; i < count; i++) {
      const owner = held[i] as StackOwner
      owner.settled = true
      if (owner.event !== undefined) this.#sink(owner.event)
    }
    // Mostly all go, and there is one: to take it off is the cheapest.
    if (count === held.length) while (held.length > 0) held.pop()
    else if (count > 0) held.splice(0, count)
  }
}
