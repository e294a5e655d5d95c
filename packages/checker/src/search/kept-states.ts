/**
 * Kept states: the table of a search, wherever it is, with rows in the arrangement that the machine has now. Fields get wider while
 * states are found, so that rows are arranged anew now and then, all at once.
 */
import { fitting, type Overflow, type Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import { CompactTable } from './compact-table.js'
import { StateTable } from './state-table.js'
import type { Store } from './store.js'

/** States in memory, their hashes alone, or states elsewhere. */
export type KeptTable = StateTable | CompactTable | Store

/** With so many states, short rows are worth arranging all of them anew. */
const MANY = 1 << 15

/** Where a search keeps its states. */
interface Keeping {
  /** True if hashes of them are kept. */
  readonly hashCompact: boolean
  /** What keeps them, if they are not in memory. */
  readonly store: Store | null
  /** True if other threads look states up. */
  readonly isShared: boolean
  /** Is told the number of each state that was found, old or new, and of its parent. */
  readonly found: (state: number, parent: number) => void
}

/** Rows have got wider, and hashes are those of rows as they were: a search by hashes starts over. */
export class Rearranged extends Error {
  constructor() {
    super('a search by hashes cannot go on with rows that are arranged anew')
  }
}

/** The states that a search has found. */
export class KeptStates {
  readonly #machine: Machine
  readonly #keeping: Keeping
  #table: KeptTable
  /** The arrangement of the rows in the table. Whoever works on the same machine may have changed it since. */
  #arrangement: number
  /** Says that rows were made narrow. */
  #isTight: boolean
  /** Says that no more states will be found. */
  #isOver = false

  constructor(machine: Machine, keeping: Keeping) {
    this.#machine = machine
    this.#keeping = keeping
    this.#arrangement = machine.layout.arrangement
    this.#isTight = keeping.hashCompact
    this.#table = this.#emptyTable()
  }

  /** The table of now: another one after {@link clear}. */
  get table(): KeptTable {
    return this.#table
  }

  /** The table of a search that keeps its states in memory. @throws Error where it keeps hashes, or keeps them elsewhere */
  get exact(): StateTable {
    const table = this.#table
    if (table instanceof StateTable) return table
    throw new Error(
      table instanceof CompactTable
        ? 'a search by hashes keeps no states'
        : 'a search with a store has no states in memory',
    )
  }

  /** Begins with no state: numbers of states mean nothing any more. */
  clear(): void {
    this.#arrangement = this.#machine.layout.arrangement
    // Hashes are those of rows as they are arranged from the beginning.
    this.#isTight = this.#keeping.hashCompact
    this.#table = this.#emptyTable()
  }

  /** Takes over states that another search has found. */
  load(rows: Int32Array, parents: Int32Array): void {
    this.exact.load(rows, parents)
    this.#isTight = this.#table.size >= MANY
  }

  /** Has the store take back the states that it has saved. @throws Error where they are not of this machine */
  restore(): void {
    this.#keeping.store?.restore()
    if (this.#table.words !== this.#machine.layout.words) {
      throw new Error('the rows of the store are not as long as those of the machine')
    }
    this.#isTight = this.#table.size >= MANY
  }

  /** No more states will be found. */
  end(): void {
    this.#isOver = true
  }

  /** A copy of a state that was found. */
  row(state: number): Row {
    this.follow()
    const row = new Int32Array(this.#table.words)
    this.#table.read(state, row)
    return row
  }

  /** Does something with rows; when one has no room for a value, makes room in all of them and does it again. */
  fitting<T>(act: () => T): T {
    this.follow()
    return fitting(act, (overflow) => this.widen(overflow))
  }

  /** Makes room for a value in all rows. */
  widen(overflow: Overflow): void {
    this.#machine.layout.widen(overflow)
    this.follow()
  }

  /** Makes rows as narrow as they can be, once there are many of them. */
  tighten(): void {
    const table = this.#table
    if (this.#isTight || table.size < MANY || table instanceof CompactTable) return
    this.#isTight = true
    this.#machine.layout.tighten(table.contents.rows, table.size)
    this.follow()
  }

  /**
   * Brings all rows into the arrangement of now, where fields have got wider, whoever it was.
   * @throws Rearranged where hashes are kept that mean nothing from then on.
   */
  follow(): void {
    const { layout } = this.#machine
    if (this.#arrangement === layout.arrangement) return
    const table = this.#table
    if (table instanceof CompactTable && !this.#isOver) {
      if (table.size > 0) throw new Rearranged()
      this.clear()
      return
    }
    fitting(
      () => table.repack(layout.words, layout.since(this.#arrangement)),
      (overflow) => layout.widen(overflow),
    )
    this.#arrangement = layout.arrangement
  }

  #emptyTable(): KeptTable {
    const { words } = this.#machine.layout
    const { hashCompact, store, isShared, found } = this.#keeping
    if (store !== null) {
      store.clear(words)
      return store
    }
    return hashCompact ? new CompactTable(words, found) : new StateTable(words, found, isShared)
  }
}
