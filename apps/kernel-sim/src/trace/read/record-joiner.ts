/**
 * Record joiner: the second half of the reader of ftrace. It takes what the scanner finds line by line, joins stacks with their
 * events, and passes the events on in order.
 */
import type { TraceEvent } from '../event.js'
import type { Stack } from '../stack.js'
import type { Damage, DamageKind } from './damage.js'
import { HeldEvents } from './held-events.js'
import type { StackOwner, StackPlace } from './stack-owner.js'
import type { LineCounts } from './trace-reader.js'

export class RecordJoiner {
  readonly #held: HeldEvents
  readonly #damage: Damage
  readonly #counts: LineCounts
  #last: StackOwner | undefined

  constructor(sink: (event: TraceEvent) => void, damage: Damage, counts: LineCounts) {
    this.#held = new HeldEvents(sink)
    this.#damage = damage
    this.#counts = counts
  }

  /** A record of a task: its tracepoint, and its event, if it is of interest and whole. The place is only valid during the call. */
  record(place: StackPlace, name: string, event: TraceEvent | undefined): void {
    const owner = { name, event, settled: event === undefined }
    this.#last = owner
    this.#held.add(place, owner)
  }

  /** The last record has this event: its line was folded. */
  amend(event: TraceEvent): void {
    const last = this.#last
    if (last === undefined) return
    const isHeld = last.event !== undefined
    last.event = event
    if (isHeld) return
    last.settled = false
    this.#held.hold(last)
  }

  /** A stack of this place. @param probe the tracepoint that recorded it, as its innermost frame tells. */
  stack(place: StackPlace, stack: Stack, probe: string | undefined): void {
    if (!this.#held.stack(place, stack, probe)) this.#counts.strayStacks++
  }

  /** Events are missing: so many of this CPU, as far as that is known. */
  lost(events: number | undefined, cpu: number | undefined): void {
    this.#counts.lost.add(events, cpu)
    if (cpu !== undefined) this.#held.forget(cpu)
  }

  damage(kind: DamageKind, line: number, what: string): void {
    this.#damage.add(kind, line, what)
  }

  /** The recording has ended. */
  end(): void {
    this.#held.end()
  }
}
