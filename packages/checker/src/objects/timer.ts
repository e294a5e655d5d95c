/**
 * Timer: once started, it expires at some moment. There are no durations: all timers that run may expire in any order and at any
 * time, so what is found holds however long things take. A timer that has expired stays so until it is started again.
 */
import type { Field, Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { MachineObject } from '../machine/object.js'
import { BLOCKED, Operation, type Steps } from '../machine/operation.js'
import type { Observable } from './observable.js'

const IDLE = 0
const RUNNING = 1
const EXPIRED = 2

/** What a timer is seen as. `running` includes that it may have expired and nobody has looked. */
export type TimerState = 'idle' | 'running' | 'expired'

const STATES: readonly TimerState[] = ['idle', 'running', 'expired']

/**
 * A timer that expires at any time after it was started: the model has no clock, so all orders of all timers are
 * checked.
 */
export class Timer implements Observable<TimerState> {
  /** What stands for it in the machine: for `build.any`, and for tools. */
  readonly object: MachineObject
  readonly #state: Field
  readonly #start: Operation
  readonly #cancel: Operation
  readonly #hasExpired: Operation
  readonly #expired: Operation
  readonly #fires: Operation

  constructor(machine: Machine, name: string) {
    const object = machine.object(name)
    this.object = object
    const state = machine.field(object, 'state', IDLE)
    this.#state = state
    this.#start = new Operation({
      name: 'start',
      object,
      label: `${object}.start()`,
      wakes: true,
      attempt: (row) => {
        state.set(row, RUNNING)
        return 0
      },
    })
    // While it runs, that it has expired by now and that it has not are two turns, and all see the one that was taken.
    const looking = (name: string, stop: (row: Row) => void, results: readonly string[]) =>
      new Operation({
        name,
        object,
        label: `${object}.${name}()`,
        outcomes: 2,
        results,
        attempt: (row, _task, expires) => {
          if (state.get(row) === RUNNING) {
            if (expires === 1) state.set(row, EXPIRED)
            else stop(row)
            return expires
          }
          return expires === 0 ? (state.get(row) === EXPIRED ? 1 : 0) : BLOCKED
        },
      })
    this.#cancel = looking('cancel', (row) => state.set(row, IDLE), ['in time', 'too late'])
    this.#hasExpired = looking('hasExpired', () => {}, ['false', 'true'])
    this.#fires = new Operation({
      name: 'fires',
      object,
      label: `${object}.fires()`,
      attempt: (row) => {
        if (state.get(row) === IDLE) return BLOCKED
        state.set(row, IDLE)
        return 0
      },
      wait: () => ({ what: `timer ${object} to be started` }),
    })
    this.#expired = new Operation({
      name: 'expired',
      object,
      label: `${object}.expired()`,
      attempt: (row) => {
        if (state.get(row) === IDLE) return BLOCKED
        state.set(row, EXPIRED)
        return 0
      },
      wait: () => ({ what: `timer ${object}, which does not run` }),
    })
  }

  /** Waits until it expires, and puts it back so that it can be started again: what calls back when a timer fires. */
  *fires(): Steps<void> {
    yield* this.#fires
  }

  /** Starts it, anew if it runs or has expired. */
  *start(): Steps<void> {
    yield* this.#start
  }

  /** Stops it, and returns whether that was in time: it had not expired. Where it does not run, that is in time. */
  *cancel(): Steps<boolean> {
    return (yield* this.#cancel) === 0
  }

  /** Returns true if it has expired. */
  *hasExpired(): Steps<boolean> {
    return (yield* this.#hasExpired) === 1
  }

  /** Waits until it has expired. */
  *expired(): Steps<void> {
    yield* this.#expired
  }

  observe(row: Row): TimerState {
    return STATES[this.#state.get(row)] as TimerState
  }
}
