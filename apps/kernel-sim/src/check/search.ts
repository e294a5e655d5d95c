/**
 * Search: visits every state that a machine can come to, breadth-first, and says whether all its tasks can always come
 * to an end. The way to the first deadlock that it finds is a shortest one.
 */
import { Misuse } from '../machine/errors.js'
import { Overflow, type Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import { Refuted } from './partial-order.js'
import { findLivelock } from './progress.js'
import { StateTable } from './state-table.js'
import { Stepper } from './stepper.js'
import { Symmetry } from './symmetry.js'

/** Limits: one that stops the search makes the verdict `bounded`. */
export interface Limits {
  /** How many states may be kept. By default 20 million. */
  readonly maxStates?: number
  /** How many steps deep. By default unlimited. */
  readonly maxDepth?: number
  /** How many seconds. By default unlimited: a verdict should not depend on how busy the machine is. */
  readonly maxSeconds?: number
  /** How many megabytes the states may take. By default 2000. */
  readonly maxMegabytes?: number
}

export interface SearchOptions extends Limits {
  /** Whether to leave out interleavings that make no difference (partial-order.ts). By default yes. */
  readonly partialOrder?: boolean
  /** Whether states that differ only in names count once (symmetry.ts). By default yes. */
  readonly symmetry?: boolean
  /** Whether to go on after the first deadlock and count them all. By default no. */
  readonly allDeadlocks?: boolean
  /** Whether to look for livelocks. By default yes. */
  readonly livelocks?: boolean
  /** Is told now and then how far the search is. */
  readonly onProgress?: (states: number, depth: number) => void
}

export type Verdict = 'safe' | 'deadlock' | 'livelock' | 'bounded'

export interface SearchResult {
  readonly verdict: Verdict
  /** Which limit stopped the search, when one did. */
  readonly bound: keyof Limits | null
  readonly states: number
  readonly transitions: number
  /** How many steps the shortest way to the farthest state has. */
  readonly depth: number
  /** The states without a successor in which not all tasks have settled. */
  readonly deadlocks: readonly number[]
  /** A state from which no task can make progress, though some can move. */
  readonly livelock: number | null
  /** What was wrong with the scenario, and the state in which it came out. */
  readonly misuse: { readonly error: Misuse; readonly state: number } | null
  readonly bytes: number
  readonly seconds: number
}

/** How many states are expanded between two looks at the clock. */
const TICK = 4096

export class Search {
  readonly machine: Machine
  readonly stepper: Stepper
  readonly symmetry: Symmetry | null
  table: StateTable
  readonly #options: SearchOptions

  constructor(machine: Machine, options: SearchOptions = {}) {
    this.machine = machine
    this.#options = options
    this.stepper = new Stepper(machine, options.partialOrder ?? true)
    this.symmetry =
      (options.symmetry ?? true) && machine.groups.some(({ size }) => size > 1)
        ? new Symmetry(machine, this.stepper.programs)
        : null
    this.table = new StateTable(machine.layout.words)
  }

  /** Searches until there is a verdict. @throws Misuse when the scenario depends on more than its results. */
  run(): SearchResult {
    for (;;) {
      try {
        const result = this.#visitAll()
        this.machine.verify()
        return result
      } catch (thrown) {
        if (!(thrown instanceof Refuted)) throw thrown
        // The programs have learned what they assumed wrongly; the next try knows it.
        this.stepper.reset()
        this.table = new StateTable(this.machine.layout.words)
      }
    }
  }

  #visitAll(): SearchResult {
    const { stepper, symmetry, machine } = this
    const {
      maxStates = 20_000_000,
      maxDepth = Number.POSITIVE_INFINITY,
      maxSeconds = Number.POSITIVE_INFINITY,
      maxMegabytes = 2000,
      allDeadlocks = false,
      livelocks = true,
      onProgress,
    } = this.#options
    const started = performance.now()
    const elapsed = (): number => (performance.now() - started) / 1000
    const deadlocks: number[] = []
    const { table } = this
    this.fitting(() => table.stage(stepper.initialRow(), -1))
    table.flush(() => {})
    let row: Row = new Int32Array(machine.layout.words)
    let representative: Row = new Int32Array(machine.layout.words)
    let state = 0
    let depth = 0
    let levelEnd = 1
    let bound: keyof Limits | null = null
    let misuse: SearchResult['misuse'] = null
    /** States all of whose successors were found before: where there are none, nothing can go round for ever. */
    const turns: number[] = []
    let latest = -1
    let forward = true

    const added = (found: number, from: number): void => {
      if (from !== latest) {
        if (!forward) turns.push(latest)
        latest = from
        forward = false
      }
      if (found > from) forward = true
    }
    const emit = (next: Row): void => {
      let kept = next
      if (symmetry !== null) {
        symmetry.canonicalize(next, representative)
        kept = representative
      }
      if (table.stage(kept, state)) table.flush(added)
    }
    const widen = (overflow: Overflow): void => {
      table.flush(added)
      this.#widen(overflow)
      row = new Int32Array(machine.layout.words)
      representative = new Int32Array(machine.layout.words)
    }

    for (; ; state++) {
      if (state === levelEnd) {
        table.flush(added)
        if (state === table.size) break
        depth++
        levelEnd = table.size
      }
      if (state % TICK === 0) {
        onProgress?.(table.size, depth)
        if (elapsed() > maxSeconds) bound = 'maxSeconds'
        else if (table.bytes > maxMegabytes * 1e6) bound = 'maxMegabytes'
      }
      if (table.size > maxStates) bound = 'maxStates'
      else if (depth > maxDepth) bound = 'maxDepth'
      if (bound !== null) break
      const before = stepper.steps
      try {
        table.read(state, row)
        const moved = stepper.expand(row, emit)
        if (!moved && !stepper.settled(row)) {
          deadlocks.push(state)
          if (!allDeadlocks) break
        }
      } catch (thrown) {
        if (thrown instanceof Overflow) {
          // Do this state again: what it had found so far is in the table and counts once.
          widen(thrown)
          stepper.steps = before
          state--
        } else if (thrown instanceof Misuse) {
          misuse = { error: thrown, state }
          break
        } else throw thrown
      }
    }
    table.flush(added)
    if (!forward) turns.push(latest)
    const finished = bound === null && misuse === null && deadlocks.length === 0
    const livelock =
      finished && livelocks && turns.length > 0 ? this.fitting(() => findLivelock(this)) : null
    return {
      verdict:
        deadlocks.length > 0
          ? 'deadlock'
          : livelock !== null
            ? 'livelock'
            : bound !== null
              ? 'bounded'
              : 'safe',
      bound,
      states: table.size,
      transitions: stepper.steps,
      depth,
      deadlocks,
      livelock,
      misuse,
      bytes: table.bytes,
      seconds: elapsed(),
    }
  }

  /** Does something with rows; when one has no room for a value, makes room in all of them and does it again. */
  fitting<T>(act: () => T): T {
    for (;;) {
      try {
        return act()
      } catch (thrown) {
        if (!(thrown instanceof Overflow)) throw thrown
        this.#widen(thrown)
      }
    }
  }

  #widen(overflow: Overflow): void {
    const { layout } = this.machine
    const convert = layout.widen(overflow)
    this.table.repack(layout.words, convert)
    this.stepper.resize()
  }
}
