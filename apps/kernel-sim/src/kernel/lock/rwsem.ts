/**
 * Rwsem: many readers or one writer. A writer that waits keeps new readers out, as in the kernel; so a task that reads
 * twice can deadlock with a writer in between.
 */

import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { ReferenceList } from '../data/reference-list.js'
import { type Effect, KernelOperation } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'
import type { TaskStates } from '../task/task-state.js'

const LOCK = 1
const TRYLOCK = 2
const UNLOCK = 4

/** How often all tasks together may hold it for reading, for each task that there is. */
const MOST_READS = 2

/** A read-write semaphore (struct rw_semaphore). */
export class RwSemaphore {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  /** Who waits for it sleeps. */
  readonly isSpinlock = false
  readonly #tasks: TaskStates
  readonly #writer: Field
  /** Who reads, once for each time. */
  readonly #readers: ReferenceList
  readonly #waitingWriters: ReferenceList
  readonly #operations: Record<
    'announce' | 'write' | 'read' | 'tryWrite' | 'tryRead' | 'upWrite' | 'upRead' | 'downgrade',
    Operation
  >

  constructor(machine: Machine, tasks: TaskStates, name: string) {
    const object = machine.object(name)
    this.object = object
    this.#tasks = tasks
    this.#writer = machine.reference(object, 'writer')
    this.#tasks.addLock(this)
    this.#readers = new ReferenceList(machine, object, 'reader')
    this.#waitingWriters = new ReferenceList(machine, object, 'waiting writer')
    const wait = (others: ReferenceList) => (row: Row) => ({
      what: `rwsem ${name}`,
      tasks: [this.#writer.get(row), ...others.all(row)].flatMap((each) => tasks.referred(each)),
    })
    const write = (row: Row, task: number): boolean => {
      if (this.#writer.get(row) !== 0 || !this.#readers.isEmpty(row)) return false
      this.#writer.set(row, tasks.reference(task))
      tasks.acquired(row, task)
      return true
    }
    const read = (row: Row, task: number): boolean => {
      if (this.#writer.get(row) !== 0 || !this.#waitingWriters.isEmpty(row)) return false
      if (!this.#readers.push(row, tasks.reference(task))) {
        throw new Misuse(`${tasks.name(task)} reads rwsem ${name} again and again`)
      }
      tasks.acquired(row, task)
      return true
    }
    const acquire = (mode: 'read' | 'write', trylock = false): Effect => ({
      kind: 'acquire',
      lock: object,
      mode,
      trylock,
    })
    const trylock = (
      operation: OperationKind,
      mode: 'read' | 'write',
      take: (row: Row, task: number) => boolean,
    ): Operation =>
      new KernelOperation({
        name: operation,
        object,
        access: TRYLOCK,
        results: ['taken by another', 'taken'],
        effect: acquire(mode, true),
        attempt: (row, task) => (take(row, task) ? 1 : 0),
      })
    this.#operations = {
      announce: new KernelOperation({
        name: 'rwsem_queue_writer',
        object,
        access: LOCK,
        attempt: (row, task) => {
          tasks.mightSleep(row, task, 'down_write', object)
          this.#waitingWriters.push(row, tasks.reference(task))
          return 0
        },
      }),
      write: new KernelOperation({
        name: 'down_write',
        object,
        access: LOCK,
        wait: wait(this.#readers),
        effect: acquire('write'),
        attempt: (row, task) => {
          if (!write(row, task)) return BLOCKED
          this.#waitingWriters.remove(row, tasks.reference(task))
          return 0
        },
      }),
      read: new KernelOperation({
        name: 'down_read',
        object,
        access: LOCK,
        wait: wait(this.#waitingWriters),
        effect: acquire('read'),
        attempt: (row, task) => {
          tasks.mightSleep(row, task, 'down_read', object)
          return read(row, task) ? 0 : BLOCKED
        },
      }),
      tryWrite: trylock('down_write_trylock', 'write', write),
      tryRead: trylock('down_read_trylock', 'read', read),
      upWrite: new KernelOperation({
        name: 'up_write',
        object,
        access: UNLOCK,
        conflicts: TRYLOCK,
        wakes: true,
        effect: { kind: 'release', lock: object },
        attempt: (row, task) => {
          if (this.#writer.get(row) !== tasks.reference(task)) {
            throw new Misuse(
              `${tasks.name(task)} releases rwsem ${name}, which it does not hold for writing`,
            )
          }
          this.#writer.set(row, 0)
          tasks.released(row, task, name)
          return 0
        },
      }),
      downgrade: new KernelOperation({
        name: 'downgrade_write',
        object,
        wakes: true,
        attempt: (row, task) => {
          const me = tasks.reference(task)
          if (this.#writer.get(row) !== me) {
            throw new Misuse(
              `${tasks.name(task)} downgrades rwsem ${name}, which it does not hold for writing`,
            )
          }
          this.#writer.set(row, 0)
          this.#readers.push(row, me)
          return 0
        },
      }),
      upRead: new KernelOperation({
        name: 'up_read',
        object,
        access: UNLOCK,
        conflicts: TRYLOCK,
        wakes: true,
        effect: { kind: 'release', lock: object },
        attempt: (row, task) => {
          if (!this.#readers.remove(row, tasks.reference(task))) {
            throw new Misuse(
              `${tasks.name(task)} releases rwsem ${name}, which it does not hold for reading`,
            )
          }
          tasks.released(row, task, name)
          return 0
        },
      }),
    }
  }

  /** Makes room for those who hold it and wait, once all tasks are known. */
  grow(tasks: number): void {
    this.#readers.grow(tasks * MOST_READS)
    this.#waitingWriters.grow(tasks)
  }

  /** Returns true if a task holds it, for reading or for writing. */
  isHeldBy(row: Row, task: number): boolean {
    const reference = this.#tasks.reference(task)
    return this.#writer.get(row) === reference || this.#readers.includes(row, reference)
  }

  /** Takes it for writing; waits while anybody has it. */
  *downWrite(): Steps<void> {
    yield* this.#operations.announce
    yield* this.#operations.write
  }

  /** Takes it for reading; waits while a writer has it, or has waited for longer. */
  *downRead(): Steps<void> {
    yield* this.#operations.read
  }

  /** Takes it for writing if nobody has it. @returns true when it was taken. */
  *downWriteTrylock(): Steps<boolean> {
    return (yield* this.#operations.tryWrite) === 1
  }

  /** Takes it for reading if no writer has it. @returns true when it was taken. */
  *downReadTrylock(): Steps<boolean> {
    return (yield* this.#operations.tryRead) === 1
  }

  /** @throws Misuse when the task does not hold it for writing. */
  *upWrite(): Steps<void> {
    yield* this.#operations.upWrite
  }

  /** Holds it for reading instead of writing, with no moment in between. @throws Misuse when it is not held for writing. */
  *downgradeWrite(): Steps<void> {
    yield* this.#operations.downgrade
  }

  /** @throws Misuse when the task does not hold it for reading. */
  *upRead(): Steps<void> {
    yield* this.#operations.upRead
  }
}
