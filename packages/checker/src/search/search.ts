/**
 * Search: visits every state that a machine can come to, breadth-first, and says whether all its tasks can always come
 * to an end. The way to the first deadlock that it finds is a shortest one.
 */
import { Interrupted, Misuse, Violation } from '../machine/errors.js'
import { Overflow, type Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import { mayLeaveOut, mayRename } from '../reduce/allowed.js'
import { Refuted } from '../reduce/partial-order.js'
import { Symmetry } from '../reduce/symmetry.js'
import { Execution } from '../run/execution.js'
import { BLOCK, Block } from './block.js'
import { milliseconds } from './clock.js'
import { CompactTable, missedAtMost } from './compact-table.js'
import { beginning, type Cursor } from './cursor.js'
import { Expander } from './expander.js'
import { Forecast } from './forecast.js'
import type { Searching } from './helpers.js'
import { JointExpansion } from './joint-expansion.js'
import { KeptStates, type KeptTable, Rearranged } from './kept-states.js'
import { knowledgeOf, learn } from './knowledge.js'
import { DEFAULT_LIMITS, type Limits, limitReached } from './limits.js'
import { PlainExpansion } from './plain-expansion.js'
import { findLivelock, type Livelock } from './progress.js'
import { recallWayTo } from './recall.js'
import { type SearchResult, type ViolationFound, verdictOf } from './result.js'
import type { SearchOptions } from './search-options.js'
import type { Snapshot, Standing } from './snapshot.js'
import { StateTable } from './state-table.js'
import { Stepper } from './stepper.js'
import type { Store } from './store.js'

/** Fewer states than that are expanded between two looks at limits only where a level ends. */
const SMALL_BLOCK = 64

/**
 * A search of one machine. {@link run} goes to the verdict; {@link advance} goes a little way, so that a caller can
 * show progress, stop, or save a {@link snapshot}.
 */
export class Search {
  /** The machine that is searched. */
  readonly machine: Machine
  /** What follows a state. */
  readonly stepper: Stepper
  /** Renames states to their representatives; null when the search does not. */
  readonly symmetry: Symmetry | null
  /** Expands pieces of a round where a crew helps. */
  readonly expander: Expander
  readonly #options: SearchOptions
  readonly #limits: Required<Limits>
  readonly #store: Store | null
  /** True if livelocks are looked for. */
  readonly #livelocks: boolean
  /** With how many deadlocks it has enough. */
  readonly #enough: number
  readonly #states: KeptStates
  readonly #block = new Block()
  readonly #plain: PlainExpansion
  /** Null where nobody helps. */
  readonly #joint: JointExpansion | null
  readonly #forecast = new Forecast()
  #cursor: Cursor
  #violation: ViolationFound | null = null
  #seconds = 0
  #resumedAt = 0

  constructor(machine: Machine, options: SearchOptions = {}) {
    this.machine = machine
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options }
    const { hashCompact = false, crew } = options
    const store = options.store ?? null
    this.#store = store
    this.#livelocks = options.livelocks !== false && !hashCompact && store === null
    this.#enough = options.allDeadlocks === true ? Number.POSITIVE_INFINITY : 1
    this.#cursor = beginning(machine)
    const partialOrder = (options.partialOrder ?? true) && mayLeaveOut(machine)
    this.stepper = new Stepper(machine, partialOrder, options.allows)
    const { programs } = this.stepper
    const renames = (options.symmetry ?? true) && mayRename(machine, programs)
    this.symmetry = renames ? Symmetry.of(machine, programs) : null
    this.expander = new Expander(machine, this.stepper, this.symmetry)
    const block = this.#block
    const plain = new PlainExpansion(this, block)
    this.#plain = plain
    this.#joint =
      crew === undefined || hashCompact || store !== null
        ? null
        : new JointExpansion(crew, {
            plain,
            block,
            enough: this.#enough,
            notesTurns: this.#livelocks,
          })
    const isShared = this.#joint !== null
    this.#states = new KeptStates(machine, { hashCompact, store, isShared, found: block.found })
  }

  /** The states found so far. */
  get table(): KeptTable {
    return this.#states.table
  }

  /** The table of a search that keeps its states in memory. @throws Error where it keeps hashes, or keeps them elsewhere */
  get exact(): StateTable {
    return this.#states.exact
  }

  /** Searches until there is a verdict. @throws Misuse when the model depends on more than its results. */
  run(): SearchResult {
    for (;;) {
      const result = this.advance()
      if (result !== null) return result
    }
  }

  /**
   * Searches a fraction of a second.
   * @returns the result once there is a verdict.
   * @throws Interrupted when a signal has stopped the model's code; another call goes on.
   * @throws Misuse when the model depends on more than its results.
   */
  advance(): SearchResult | null {
    this.#resumedAt = milliseconds()
    try {
      this.#states.follow()
      return this.#advance()
    } catch (thrown) {
      if (!(thrown instanceof Refuted || thrown instanceof Rearranged)) throw thrown
      // The programs have learned what they assumed wrongly, or the rows how wide they are; the next try knows it.
      if (thrown instanceof Refuted) this.stepper.reset()
      this.stepper.steps = 0
      this.#forget()
      this.#cursor = beginning(this.machine)
      this.#block.first = 0
      return null
    } finally {
      this.#seconds = this.#elapsed()
      this.#resumedAt = milliseconds()
    }
  }

  /** What was done up to now. Between calls of `advance`. */
  snapshot(): Snapshot {
    return { ...this.standing(), ...this.exact.contents }
  }

  /** What was done up to now, without the states: where a store keeps them, it is for that to save them. Between calls of `advance`. */
  standing(): Standing {
    this.#states.follow()
    const { machine, stepper } = this
    return {
      ...this.#cursor,
      knowledge: knowledgeOf(machine, stepper),
      transitions: stepper.steps,
    }
  }

  /**
   * Goes on where another search of an identical machine, with the same options but for limits, has stopped.
   * @param stopped a snapshot, or where a store keeps the states, how far the search was.
   * @throws Error when the machine is not identical.
   */
  resume(stopped: Snapshot | Standing): void {
    const { knowledge, transitions } = stopped
    const { state, depth, levelEnd, deadlocks, turns, witnesses } = stopped
    learn(this.machine, this.stepper, knowledge)
    this.#forget()
    if ('rows' in stopped) this.#states.load(stopped.rows, stopped.parents)
    else this.#states.restore()
    this.stepper.steps = transitions
    this.#cursor = { state, depth, levelEnd, deadlocks, turns, witnesses }
    this.#block.first = state
  }

  /** Does something with rows; when one has no room for a value, makes room in all of them and does it again. */
  fitting<T>(act: () => T): T {
    return this.#states.fitting(act)
  }

  /** A copy of a state that was found. */
  row(state: number): Row {
    return this.#states.row(state)
  }

  /** Searches one block, or comes to an end. */
  #advance(): SearchResult | null {
    const cursor = this.#cursor
    if (this.table.size === 0) this.#begin()
    const { table } = this
    if (cursor.state === cursor.levelEnd) {
      this.#store?.settle()
      if (cursor.state === table.size) return this.#conclude(null, null)
      cursor.depth++
      this.#expect(this.#forecast.next(table.size - cursor.levelEnd, table.size))
      cursor.levelEnd = table.size
    }
    this.#options.onProgress?.(table.size, cursor.depth)
    const bound = this.#bound()
    if (bound !== null) return this.#conclude(bound, null)
    const room = Math.max(SMALL_BLOCK, this.#limits.maxStates - table.size)
    const end = Math.min(cursor.levelEnd, cursor.state + Math.min(BLOCK, room))
    this.#block.begin(cursor.state, end)
    try {
      this.#expand(end)
    } catch (thrown) {
      if (thrown instanceof Interrupted && thrown.reason === 'time') {
        return this.#conclude('maxSeconds', null)
      }
      if (thrown instanceof Violation) {
        this.#violation = { claim: thrown.assertion, state: cursor.state }
      } else if (thrown instanceof Misuse) {
        return this.#conclude(null, { error: thrown, state: cursor.state })
      } else throw thrown
    }
    this.#endBlock()
    const isEnough = this.#violation !== null || cursor.deadlocks.length >= this.#enough
    return isEnough ? this.#conclude(null, null) : null
  }

  /** Finds the first state. @throws Misuse when a step to it cannot be taken. */
  #begin(): void {
    const { from = [] } = this.#options
    const execution = new Execution(this.machine, this.stepper.programs)
    for (const [at, { task, outcome }] of from.entries()) {
      if (!execution.step(task, outcome)) {
        throw new Misuse(`step ${at + 1} of those from which to search cannot be taken`)
      }
    }
    this.#states.follow()
    this.table.stage(execution.row, -1)
    this.table.flush()
    this.#store?.settle()
  }

  /** Tells the table how many states there will probably be, unless there may not be so many. */
  #expect(states: number): void {
    const { table } = this
    if (!(table instanceof StateTable)) return
    table.expect(states)
    if (table.bytesFor(states) > this.#limits.maxMegabytes * 1e6) table.expect(0)
  }

  /** The limit that is reached, if one is. */
  #bound(): keyof Limits | null {
    const store = this.#store
    if (store !== null && store.size + store.pending > this.#limits.maxStates) store.settle()
    return limitReached(this.#limits, this.table, this.#cursor, this.#seconds)
  }

  /** Expands states up to `end`, or up to the last deadlock that is wanted. */
  #expand(end: number): void {
    const { table } = this
    const cursor = this.#cursor
    const plain = this.#plain
    const isGoing = (): boolean => cursor.state < end && cursor.deadlocks.length < this.#enough
    while (isGoing()) {
      try {
        if (this.#joint?.expand(this.#shared(), cursor, end) === true) continue
        while (isGoing()) plain.expandNext(table, cursor)
      } catch (thrown) {
        if (!(thrown instanceof Overflow)) throw thrown
        this.#states.widen(thrown)
      }
    }
  }

  /** Ends a block: adds all that is staged, and notes where it turned back. */
  #endBlock(): void {
    const { table } = this
    const { state, turns } = this.#cursor
    this.#plain.add(table)
    table.flush()
    if (this.#livelocks) {
      this.#block.addTurns(state, turns)
    }
    this.#block.first = state
    if (table instanceof CompactTable) table.forget(state)
    this.#states.tighten()
  }

  #conclude(bound: keyof Limits | null, misuse: SearchResult['misuse']): SearchResult {
    this.#endBlock()
    // What takes too much of the disk stays as it is.
    if (bound !== 'maxGigabytes') this.#store?.settle()
    const { table, stepper, symmetry } = this
    const { deadlocks, depth, turns, witnesses } = this.#cursor
    const violation = this.#violation
    const transitions = stepper.steps
    const isStopped = bound !== null || misuse !== null || violation !== null
    const finished = !isStopped && deadlocks.length === 0
    const livelock =
      finished && this.#livelocks && turns.length > 0
        ? this.fitting(() => this.#findLivelock(turns))
        : null
    this.machine.verify()
    this.#states.end()
    const isExact = !(table instanceof CompactTable)
    if (!isExact) {
      for (const end of [violation?.state, deadlocks[0], misuse?.state, ...witnesses]) {
        recallWayTo(end ?? 0, { table, stepper, symmetry })
      }
    }
    const found = {
      bound,
      deadlocks,
      livelock: livelock?.state ?? null,
      violation,
      witnesses: [...witnesses],
    }
    return {
      ...found,
      verdict: verdictOf(found, this.machine.properties, isExact),
      states: table.size,
      transitions,
      depth,
      livelocks: this.#livelocks,
      loop: livelock?.loop ?? [],
      misuse,
      missed: isExact ? 0 : missedAtMost(table.size),
      bytes: table.bytes,
      seconds: this.#elapsed(),
    }
  }

  /** Finds whether there is a state from which the tasks cannot come to an end. Helpers show together of most that they can. */
  #findLivelock(turns: readonly number[]): Livelock | null {
    const { exact: table, stepper, symmetry } = this
    const { steps } = stepper
    const known = this.#joint?.showEnds(this.#shared(), turns) ?? new Uint8Array(table.size)
    const livelock = findLivelock({ table: table.view, stepper, symmetry }, turns, known)
    // Those of the search alone count.
    stepper.steps = steps
    return livelock
  }

  /** What those who help have to know. */
  #shared(): Searching {
    const { machine, stepper, symmetry, expander } = this
    return { machine, stepper, symmetry, expander, table: this.exact }
  }

  /** Begins with no state: numbers of states mean nothing any more. */
  #forget(): void {
    this.#states.clear()
    this.#forecast.reset()
    this.expander.reset()
    this.#joint?.reset()
  }

  #elapsed(): number {
    return this.#seconds + (milliseconds() - this.#resumedAt) / 1000
  }
}
