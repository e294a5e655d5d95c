/**
 * Plain expansion: a search expands the states of a block itself, one after the other, and adds what it finds to its table, wherever that is.
 * Here it learns what it needs on its way.
 */
import { Interrupted } from '../machine/errors.js'
import { Overflow, type Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { Symmetry } from '../reduce/symmetry.js'
import type { Block } from './block.js'
import type { Cursor } from './cursor.js'
import { Inspector } from './inspector.js'
import type { KeptTable } from './kept-states.js'
import { StateTable } from './state-table.js'
import type { Emit, Stepper } from './stepper.js'
import { BATCH, Successors } from './successors.js'

/** Expands states one after the other. */
export class PlainExpansion {
  readonly #stepper: Stepper
  readonly #symmetry: Symmetry | null
  readonly #inspector: Inspector
  readonly #block: Block
  #row: Row = new Int32Array(0)
  #representative: Row = new Int32Array(0)
  /** What was found and is not yet in the table. */
  #successors = new Successors(0)

  constructor(
    {
      machine,
      stepper,
      symmetry,
    }: {
      readonly machine: Machine
      readonly stepper: Stepper
      readonly symmetry: Symmetry | null
    },
    block: Block,
  ) {
    this.#stepper = stepper
    this.#symmetry = symmetry
    this.#inspector = new Inspector(machine, stepper, symmetry !== null)
    this.#block = block
  }

  /**
   * Expands the state that comes next.
   * @throws Overflow when rows have to be wider first; then it is still the next one.
   * @throws Interrupted, Violation, Misuse: what it had found up to then is in the table.
   */
  expandNext(table: KeptTable, cursor: Cursor): void {
    const stepper = this.#stepper
    const block = this.#block
    const { steps } = stepper
    this.#fit(table)
    const found = this.#successors
    found.origin = cursor.state
    try {
      table.read(cursor.state, this.#row)
      this.#inspector.inspect(cursor.state, this.#row, cursor.witnesses)
      const moved =
        this.#symmetry === null
          ? stepper.collect(this.#row, this.#before(table, cursor.state), found)
          : stepper.expand(this.#row, this.#emit)
      if (!moved) {
        if (!stepper.settled(this.#row)) cursor.deadlocks.push(cursor.state)
        block.setAhead(cursor.state)
      }
      cursor.state++
      if (found.count >= BATCH) this.add(table)
    } catch (thrown) {
      this.add(table)
      table.flush()
      // Where the state is done again, its steps are taken again.
      if (thrown instanceof Overflow || thrown instanceof Interrupted) stepper.steps = steps
      throw thrown
    }
  }

  /** Adds what was found to the table, with its next batch. */
  add(table: KeptTable): void {
    const found = this.#successors
    if (table instanceof StateTable) {
      table.add(found)
      return
    }
    const row = this.#representative
    for (let index = 0; index < found.count; index++) {
      found.read(index, row)
      table.stage(row, found.origins[index] as number)
    }
    found.count = 0
  }

  /** Makes rows to work with that are as long as those of the table. */
  #fit({ words }: KeptTable): void {
    if (this.#row.length === words) return
    this.#row = new Int32Array(words)
    this.#representative = new Int32Array(words)
    this.#successors = new Successors(words)
  }

  /** The state that one was found from, where that tells something of its successors. */
  #before(table: KeptTable, state: number): Row | null {
    const parent = table instanceof StateTable ? table.parent(state) : -1
    if (!this.#stepper.passesOver(parent)) return null
    table.read(parent, this.#representative)
    return this.#representative
  }

  readonly #emit: Emit = (next) => {
    const kept = this.#representative
    this.#symmetry?.canonicalize(next, kept)
    this.#successors.push(kept)
  }
}
