/**
 * Spinlock: who holds one must not sleep (include/linux/spinlock_api_smp.h, Linux 6.12). An interrupt that hits its holder and needs
 * it spins for ever, so whoever shares one with a softirq takes it by `lockBh`, and with a hard interrupt by `lockIrqsave`.
 */

import type { Field, Machine, MachineObject, Row } from '@scopemask/checker/machine'
import { BLOCKED, Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import { type InterruptKind, KernelOperation } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'
import type { TaskStates } from '../task/task-state.js'

const LOCK = 1
const UNLOCK = 2

/** A way to take it: what it is called, and which interrupts it turns off. */
interface Way {
  readonly lock: OperationKind
  readonly unlock: OperationKind
  readonly disables: InterruptKind | null
}

const WAYS = {
  plain: { lock: 'spin_lock', unlock: 'spin_unlock', disables: null },
  bh: { lock: 'spin_lock_bh', unlock: 'spin_unlock_bh', disables: 'SOFTIRQ' },
  irqsave: { lock: 'spin_lock_irqsave', unlock: 'spin_unlock_irqrestore', disables: 'HARDIRQ' },
} as const satisfies Record<string, Way>

/** All ways, so that a number in the row stands for one. */
const ALL: readonly Way[] = Object.values(WAYS)

/** A spinlock (spinlock_t). Who holds it must not sleep: that is a Misuse of the scenario. */
export class Spinlock {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  /** Who waits for it spins. */
  readonly isSpinlock = true
  readonly #owner: Field
  /** How it was taken. */
  readonly #way: Field
  readonly #tasks: TaskStates
  readonly #locks = new Map<Way, Operation>()
  readonly #unlocks = new Map<Way, Operation>()

  constructor(machine: Machine, tasks: TaskStates, name: string) {
    this.object = machine.object(name)
    this.#tasks = tasks
    tasks.addLock(this)
    this.#owner = machine.reference(this.object, 'owner')
    this.#way = machine.field(this.object, 'way')
  }

  /** Returns true if the task holds it in this state. */
  isHeldBy(row: Row, task: number): boolean {
    return this.#owner.get(row) === this.#tasks.reference(task)
  }

  /** Takes it, with interrupts as they are (spin_lock). */
  *lock(): Steps<void> {
    yield* this.#lock(WAYS.plain)
  }

  /** @throws Misuse when the task does not hold it, or took it in another way; as do all of its kin. */
  *unlock(): Steps<void> {
    yield* this.#unlock(WAYS.plain)
  }

  /** As {@link lock}, with softirqs off. @throws Misuse in a hard interrupt. */
  *lockBh(): Steps<void> {
    yield* this.#lock(WAYS.bh)
  }

  /** Gives it back, and softirqs on again (spin_unlock_bh). */
  *unlockBh(): Steps<void> {
    yield* this.#unlock(WAYS.bh)
  }

  /** As {@link lock}, with all interrupts off. */
  *lockIrqsave(): Steps<void> {
    yield* this.#lock(WAYS.irqsave)
  }

  /** Gives it back, and interrupts as they were (spin_unlock_irqrestore). */
  *unlockIrqrestore(): Steps<void> {
    yield* this.#unlock(WAYS.irqsave)
  }

  #lock(way: Way): Operation {
    let operation = this.#locks.get(way)
    if (operation === undefined) {
      operation = this.#makeLock(way)
      this.#locks.set(way, operation)
    }
    return operation
  }

  #unlock(way: Way): Operation {
    let operation = this.#unlocks.get(way)
    if (operation === undefined) {
      operation = this.#makeUnlock(way)
      this.#unlocks.set(way, operation)
    }
    return operation
  }

  #makeLock(way: Way): Operation {
    const { object } = this
    const tasks = this.#tasks
    const { lock: name, disables } = way
    return new KernelOperation({
      name,
      object,
      access: LOCK,
      effect: { kind: 'acquire', lock: object, mode: 'write', ...(disables ? { disables } : {}) },
      wait: (row) => ({ what: `spinlock ${object}`, tasks: tasks.referred(this.#owner.get(row)) }),
      attempt: (row, task) => {
        if (disables === 'SOFTIRQ' && tasks.interruptOf(task) === 'HARDIRQ') {
          throw new Misuse(
            `${tasks.name(task)} takes spinlock ${object} by spin_lock_bh in a hard interrupt, where softirqs cannot be turned on again`,
          )
        }
        if (this.#owner.get(row) !== 0) return BLOCKED
        this.#owner.set(row, tasks.reference(task))
        this.#way.set(row, ALL.indexOf(way))
        tasks.acquired(row, task)
        tasks.spinlockTaken(row, task, disables)
        return 0
      },
    })
  }

  #makeUnlock(way: Way): Operation {
    const { object } = this
    const tasks = this.#tasks
    const { unlock: name, disables } = way
    return new KernelOperation({
      name,
      object,
      access: UNLOCK,
      // Made when it is first done, when all interrupts are known. Before it, one can hit the task that holds the lock.
      ...(disables === 'HARDIRQ' || !tasks.haveInterrupts ? { conflicts: 0 } : {}),
      wakes: true,
      effect: {
        kind: 'release',
        lock: object,
        ...(disables ? { enables: (result: number) => (result === 1 ? disables : null) } : {}),
      },
      attempt: (row, task) => {
        if (this.#owner.get(row) !== tasks.reference(task)) {
          throw new Misuse(`${tasks.name(task)} unlocks spinlock ${object}, which it does not hold`)
        }
        const taken = ALL[this.#way.get(row)]
        if (taken !== way) {
          throw new Misuse(
            `${tasks.name(task)} gives back spinlock ${object} by ${name}, and took it by ${taken?.lock}`,
          )
        }
        this.#owner.set(row, 0)
        this.#way.set(row, 0)
        tasks.released(row, task, object.name)
        return tasks.spinlockGiven(row, task, disables) ? 1 : 0
      },
    })
  }
}
