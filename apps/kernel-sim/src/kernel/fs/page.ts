/** Page: of the page cache. It is dirty or clean, may be locked, and may be under writeback. */
import type { Machine, Steps } from '@scopemask/checker/machine'
import { Variable } from '../data/variable.js'
import { BitLock } from '../lock/bit-lock.js'
import type { TaskStates } from '../task/task-state.js'

/** A page of the page cache: dirty or clean, locked or not, under writeback or not. */
export class Page {
  readonly #dirty: Variable
  readonly #lock: BitLock
  readonly #writeback: BitLock

  constructor(machine: Machine, tasks: TaskStates, name: string, dirty: boolean) {
    this.#dirty = new Variable(machine, tasks, `${name} (dirty)`, dirty ? 1 : 0)
    this.#lock = new BitLock(machine, tasks, `page lock of ${name}`)
    this.#writeback = new BitLock(machine, tasks, `writeback of ${name}`)
  }

  /** Takes the page lock; waits while somebody has it (lock_page). */
  *lock(): Steps<void> {
    yield* this.#lock.set()
  }

  /** Takes the page lock if nobody has it (trylock_page). @returns true when it was taken. */
  *trylock(): Steps<boolean> {
    return yield* this.#lock.trySet()
  }

  /** Gives the page lock back; a completion on another task may do so (unlock_page). */
  *unlock(): Steps<void> {
    yield* this.#lock.clear()
  }

  /** Returns true if the page is dirty (PageDirty). */
  *isDirty(): Steps<boolean> {
    return (yield* this.#dirty.get()) === 1
  }

  /** Makes the page dirty (set_page_dirty). */
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

  /** Waits until the page is not under writeback (wait_on_page_writeback). */
  *waitOnWriteback(): Steps<void> {
    yield* this.#writeback.wait()
  }
}
