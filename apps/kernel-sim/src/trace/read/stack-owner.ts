/**
 * Stack owner: whose stack a stack is. Tracers record a stack right after its event, on the same CPU and for the same task,
 * with nothing of that task in between: the code that records both cannot be preempted. An interrupt or softirq can
 * come in between and record events and stacks of its own, so each CPU has one place for each level. A stack whose
 * event is not there (a filter dropped it, or the buffer was full) must not be taken for that of an older event.
 */
import type { TraceEvent } from '../event.js'
import type { Stack } from '../stack.js'
import { kindOf } from './tracepoints.js'

/** What runs on top of a task: nothing, a softirq, an interrupt, an NMI. */
export type Level = 0 | 1 | 2 | 3

/** Where something was recorded. */
export interface StackPlace {
  /** A CPU; of several buffers, each has its own. */
  cpu: number
  pid: number
  /** Undefined where the recording does not tell. */
  level: Level | undefined
}

/** A record that may still get a stack. */
export interface StackOwner {
  /** The name of the tracepoint. */
  readonly name: string
  /** Undefined for a record that is of no interest: its stack is not either. */
  event: TraceEvent | undefined
  /** True if no stack can come any more. */
  settled: boolean
}

/** Where records of one CPU and level wait. */
interface Place {
  pid: number
  readonly waiting: StackOwner[]
}

/** How many records of a task may wait where its records do not tell their level. */
const MOST = 16

/** CPU numbers beyond share a place: they can only lose stacks to each other. */
const CPUS = 8192

export class StackOwners {
  readonly #places: Place[] = []

  /** A task recorded an event. */
  record({ cpu, pid, level }: StackPlace, owner: StackOwner): void {
    const place = this.#place(cpu, level ?? 0)
    // Where levels are not told, the records before may have been of a lower one.
    if (level !== undefined || place.pid !== pid) settle(place)
    else if (place.waiting.length === MOST) settle(place, 0, 1)
    place.pid = pid
    place.waiting.push(owner)
  }

  /**
   * A stack was recorded: returns whose it is, if that can be told.
   * @param probe the tracepoint that recorded it, as its innermost frame tells: several can share one.
   */
  claim(
    { cpu, pid, level }: StackPlace,
    stack: Stack,
    probe: string | undefined,
  ): StackOwner | undefined {
    const place = this.#place(cpu, level ?? 0)
    if (place.pid !== pid) return undefined
    const { waiting } = place
    let at = waiting.length - 1
    while (at >= 0 && waiting[at]?.name !== probe) at--
    const owner = waiting[at] ?? (tells(probe) ? undefined : waiting.at(-1))
    // One that somebody could not wait for any longer was passed on without its stack.
    const late = owner?.settled === true && owner.event !== undefined
    if (owner !== undefined) {
      // What an interrupt came on top of still waits; what came on top of this has ended.
      settle(place, stack.interrupt ? waiting.indexOf(owner) : 0)
    }
    return late ? undefined : owner
  }

  /** Events of this CPU were lost, and perhaps the event of the next stack. */
  forget(cpu: number): void {
    for (let level = 0; level < LEVELS; level++) settle(this.#place(cpu, level))
  }

  #place(cpu: number, level: number): Place {
    const index = (cpu % CPUS) * LEVELS + level
    return (this.#places[index] ??= { pid: Number.NaN, waiting: [] })
  }
}

const LEVELS = 4

/** A probe that several tracepoints share (kmem_alloc, before 6.1) has a name of its own, and does not tell. */
function tells(probe: string | undefined): boolean {
  return probe !== undefined && kindOf(probe) !== undefined
}

/** No stack comes any more for the records from `from` to `to`. */
function settle({ waiting }: Place, from = 0, to = waiting.length): void {
  for (let i = from; i < to; i++) (waiting[i] as StackOwner).settled = true
  if (to < waiting.length) waiting.splice(from, to - from)
  // Mostly there is one, and to take it off is the cheapest.
  else while (waiting.length > from) waiting.pop()
}
