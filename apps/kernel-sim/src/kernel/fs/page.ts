/** Page: of the page cache. It is dirty or clean, may be locked, and may be under writeback. */
import type { Machine, Steps } from '@scopemask/checker/machine'
import { Variable } from '../data/variable.js'
import { BitLock } from '../lock/bit-lock.js'
import type { TaskStates } from '../task/task-state.js'

export class Page {
  readonly #dirty: Variable
  readonly #lock: BitLock
  readonly #writeback: BitLock

  constructor(machine: Machine, tasks: TaskStates, name: string, dirty: boolean) {
    this.#dirty = new Variable(machine, tasks, `${name} (dirty)`, dirty ? 1 : 0)
    this.#lock = new BitLock(machine, tasks, `page lock of ${name}`)
    this.#writeback = new BitLock(machine, tasks, `writeback of ${name}`)
  }

  *lock(): Steps<void> {
    yield* this.#lock.set()
  }

  *trylock(): Steps<boolean> {
    return yield* this.#lock.trySet()
  }

  *unlock(): Steps<void> {
    yield* this.#lock.clear()
  }

  *isDirty(): Steps<boolean> {
    return (yield* this.#dirty.get()) === 1
  }

  *setDirty(): Steps<void> {
    yield* this.#dirty.set(1)
  }

  /** Begins to write it back: it counts as clean from here on. The page is locked by the caller. */
  *startWriteback(): Steps<void> {
    yield* this.#dirty.set(0)
    yield* this.#writeback.set()
  }

  /** The write has arrived on disk. */
  *endWriteback(): Steps<void> {
    yield* this.#writeback.clear()
  }

  *waitOnWriteback(): Steps<void> {
    yield* this.#writeback.wait()
  }
}
