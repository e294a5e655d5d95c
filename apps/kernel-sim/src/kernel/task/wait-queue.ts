/**
 * Wait queue: tasks sleep on it until they are woken (kernel/sched/wait.c, Linux 6.12). An entry stays on the queue until a
 * wake-up of its task takes it off, or `finish` does; a task once woken is runnable for good, whatever happens on the queue after
 * that. Who looks at its condition before it prepares to wait can miss the wake-up.
 */
import type { Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, Operations, type Steps } from '@scopemask/checker/machine'
import { ReferenceList } from '../data/reference-list.js'
import { KernelOperation } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'
import type { TaskStates } from './task-state.js'

/** A wait queue (wait_queue_head_t). */
export class WaitQueue {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  readonly #machine: Machine
  readonly #tasks: TaskStates
  /** The tasks that wait for each wake-up, and those of which one wake-up takes one, first come first served. */
  readonly #entries: ReferenceList
  readonly #exclusive: ReferenceList
  readonly #prepare: Operation
  readonly #prepareExclusive: Operation
  readonly #schedule: Operation
  readonly #scheduleTimeout: Operation
  readonly #finish: Operation
  readonly #wakeUp: Operations<number>

  constructor(machine: Machine, tasks: TaskStates, name: string) {
    this.#machine = machine
    this.#tasks = tasks
    const object = machine.object(name)
    this.object = object
    this.#entries = new ReferenceList(machine, object, 'entry')
    this.#exclusive = new ReferenceList(machine, object, 'exclusive entry')
    const prepare = (operation: OperationKind, list: ReferenceList): Operation =>
      new KernelOperation({
        name: operation,
        object,
        attempt: (row, task) => {
          const me = tasks.reference(task)
          if (!this.#entries.includes(row, me) && !this.#exclusive.includes(row, me)) {
            list.push(row, me)
          }
          tasks.setAsleep(row, task, true)
          return 0
        },
      })
    this.#prepare = prepare('prepare_to_wait', this.#entries)
    this.#prepareExclusive = prepare('prepare_to_wait_exclusive', this.#exclusive)
    const wait = () => ({ what: `wait queue ${object}` })
    this.#schedule = new KernelOperation({
      name: 'schedule',
      object,
      wait,
      attempt: (row, task) => {
        tasks.mightSleep(row, task, 'schedule', object)
        return tasks.isAsleep(row, task) ? BLOCKED : 0
      },
    })
    this.#scheduleTimeout = new KernelOperation({
      name: 'schedule_timeout',
      object,
      outcomes: 2,
      results: ['woken', 'timed out'],
      wait,
      attempt: (row, task, outcome) => {
        tasks.mightSleep(row, task, 'schedule_timeout', object)
        if (outcome === 0) return tasks.isAsleep(row, task) ? BLOCKED : 0
        tasks.setAsleep(row, task, false)
        return 1
      },
    })
    this.#finish = new KernelOperation({
      name: 'finish_wait',
      object,
      attempt: (row, task) => {
        const me = tasks.reference(task)
        tasks.setAsleep(row, task, false)
        if (!this.#entries.remove(row, me)) this.#exclusive.remove(row, me)
        return 0
      },
    })
    this.#wakeUp = new Operations(
      (exclusive) =>
        new KernelOperation({
          name: exclusive === 1 ? 'wake_up' : exclusive === ALL ? 'wake_up_all' : 'wake_up_nr',
          object,
          ...(exclusive > 1 ? { operands: [exclusive] } : {}),
          wakes: true,
          attempt: (row) => {
            this.#wake(row, exclusive)
            return 0
          },
        }),
    )
  }

  /** From here on a wake-up counts. Check the condition between this and `schedule`. */
  *prepare(): Steps<void> {
    yield* this.#prepare
  }

  /** As {@link prepare}, but of those that wait like this a wake-up wakes one only. */
  *prepareExclusive(): Steps<void> {
    yield* this.#prepareExclusive
  }

  /** Sleeps until woken; goes on at once if that has happened since `prepare`. */
  *schedule(): Steps<void> {
    yield* this.#schedule
  }

  /** As {@link schedule}, but it may time out at any moment. @returns true if it was woken. */
  *scheduleTimeout(): Steps<boolean> {
    return (yield* this.#scheduleTimeout) === 0
  }

  /** Ends waiting: takes the entry off the queue if it is still there. */
  *finish(): Steps<void> {
    yield* this.#finish
  }

  /**
   * wait_event: a function that sleeps until a condition holds. Make it where the scenario is built.
   * @param condition is asked before each sleep.
   */
  waitEvent(condition: () => Steps<boolean>): () => Steps<void> {
    return this.#event('wait_event', this.#prepare, condition)
  }

  /** wait_event_exclusive: as {@link waitEvent}, one waiter for each wake-up. */
  waitEventExclusive(condition: () => Steps<boolean>): () => Steps<void> {
    return this.#event('wait_event_exclusive', this.#prepareExclusive, condition)
  }

  /** wait_event_timeout: as {@link waitEvent}, and it may give up at any moment. @returns true if the condition holds. */
  waitEventTimeout(condition: () => Steps<boolean>): () => Steps<boolean> {
    const queue = this
    return this.#machine.procedure(
      'wait_event_timeout',
      function* (): Steps<boolean | undefined> {
        yield* queue.#prepare
        if (!(yield* condition())) {
          if ((yield* queue.#scheduleTimeout) === 0) return undefined
          yield* queue.#finish
          return yield* condition()
        }
        yield* queue.#finish
        return true
      },
      { loop: true },
    ) as () => Steps<boolean>
  }

  /** Wakes all that wait, but of the exclusive ones the first. */
  *wakeUp(): Steps<void> {
    yield* this.#wakeUp.with(1)
  }

  /** Wakes all that wait, but of the exclusive ones `count`. @throws Misuse when that is not a number from 1. */
  *wakeUpNr(count: number): Steps<void> {
    if (!Number.isInteger(count) || count < 1) {
      throw new Misuse(`wake_up_nr(${this.object}, ${count}) wakes nobody: give a number from 1`)
    }
    yield* this.#wakeUp.with(count)
  }

  /** Wakes all that wait. */
  *wakeUpAll(): Steps<void> {
    yield* this.#wakeUp.with(ALL)
  }

  /** Makes room for all that may wait, once all tasks are known. */
  grow(tasks: number): void {
    this.#entries.grow(tasks)
    this.#exclusive.grow(tasks)
  }

  /** __wake_up_common: an entry whose task sleeps is taken off (autoremove_wake_function); another counts for nothing. */
  #wake(row: Row, exclusive: number): void {
    for (const reference of this.#entries.all(row)) this.#wakeTask(row, this.#entries, reference)
    let left = exclusive
    for (const reference of this.#exclusive.all(row)) {
      if (this.#wakeTask(row, this.#exclusive, reference) && --left === 0) return
    }
  }

  #wakeTask(row: Row, list: ReferenceList, reference: number): boolean {
    const task = this.#tasks.referred(reference)[0]
    if (task === undefined || !this.#tasks.isAsleep(row, task)) return false
    this.#tasks.setAsleep(row, task, false)
    list.remove(row, reference)
    return true
  }

  #event(name: string, prepare: Operation, condition: () => Steps<boolean>): () => Steps<void> {
    const queue = this
    const wait = this.#machine.procedure(
      name,
      function* (): Steps<true | undefined> {
        yield* prepare
        if (!(yield* condition())) {
          yield* queue.#schedule
          return undefined
        }
        yield* queue.#finish
        return true
      },
      { loop: true },
    )
    return function* () {
      yield* wait()
    }
  }
}

/** As many exclusive waiters as there are. */
const ALL = 0
