/**
 * Search: visits every state that a machine can come to, breadth-first, and says whether all its tasks can always come
 * to an end. The way to the first deadlock that it finds is a shortest one.
 */
import { Interrupted, Misuse, Violation } from '../machine/errors.js'
import { fitting, Overflow, type Row } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import { mayLeaveOut, mayRename } from '../reduce/allowed.js'
import { Refuted } from '../reduce/partial-order.js'
import { Symmetry } from '../reduce/symmetry.js'
import { Execution } from '../run/execution.js'
import type { MicroStep } from '../run/step.js'
import { Full, settle, storePiece } from './candidates.js'
import { milliseconds } from './clock.js'
import { CompactTable, missedAtMost } from './compact-table.js'
import { Expander } from './expander.js'
import { Inspector } from './inspector.js'
import { type Knowledge, knowledgeOf, learn } from './knowledge.js'
import { findLivelock } from './progress.js'
import { BLOCK, DEAD, FORWARD, PASSED, Round, WORTHWHILE } from './round.js'
import { MAX_STATES, StateTable } from './state-table.js'
import { type Allows, type Emit, Stepper } from './stepper.js'
import type { Store } from './store.js'
import { BATCH, Successors } from './successors.js'

/**
 * Limits: one that stops the search makes the verdict `bounded`. They are looked at between blocks of states, so a
 * search may go a little beyond; where it stops is the same each time, but for seconds.
 */
export interface Limits {
  /** How many states may be kept, at most 134 million; in a store, 2,147 million. */
  readonly maxStates?: number
  /** How many steps deep. */
  readonly maxDepth?: number
  /** How many seconds one run may take. By default unlimited: a verdict should not depend on how busy the machine is. */
  readonly maxSeconds?: number
  /** How many megabytes the table of states may take, each 1,000,000 bytes. While it grows it needs up to half as much again. */
  readonly maxMegabytes?: number
  /** How many gigabytes a store may take, each 1,000,000,000 bytes. By default unlimited. */
  readonly maxGigabytes?: number
}

/** A search as far as those who help it have to know it. */
export interface Searching {
  /** The machine that is searched. */
  readonly machine: Machine
  /** What follows a state. */
  readonly stepper: Stepper
  /** Renames states to their representatives; null when the search does not. */
  readonly symmetry: Symmetry | null
  /** Expands pieces of a round for whoever searches. */
  readonly expander: Expander
  /** The states found so far. */
  readonly table: StateTable
}

/** Those who search together with a search. Threads in Node are the ones that there are: see node/crew.ts. */
export interface Helpers {
  /** Says that one of them was lost, perhaps in the middle of something: what they do together cannot be relied upon any more. */
  readonly isLost: boolean
  /**
   * Expands states from `from` to before `to`, or to some state before that.
   * @returns what was found; null when the search has to do it itself.
   */
  expand(search: Searching, from: number, to: number): Round | null
  /** Makes states of the candidates of the round that stay. The table has room for them. */
  store(search: Searching): void
  /** Enters all states into the slots of the table, which are empty. */
  enter(search: Searching): void
  /** States have other numbers than before: the search has started over. */
  reset(): void
}

export interface SearchOptions extends Limits {
  /** True to leave out interleavings that make no difference (partial-order.ts). By default yes. */
  readonly partialOrder?: boolean
  /** True if states that differ only in names count once (symmetry.ts). By default yes. */
  readonly symmetry?: boolean
  /** True to go on after the first deadlock and count them all. By default no. */
  readonly allDeadlocks?: boolean
  /** True to look for livelocks. By default yes. */
  readonly livelocks?: boolean
  /**
   * Leaves out ways in which operations can turn out, to see what depends on them. It must treat replicas alike, and goes with no
   * crew. By default all ways are taken.
   */
  readonly allows?: Allows
  /**
   * The steps after which the search begins: what follows from where they lead to is what is searched. By default none. States are
   * counted from there.
   */
  readonly from?: readonly Pick<MicroStep, 'task' | 'outcome'>[]
  /**
   * True to keep hashes of 64 bits instead of states, which takes less memory. States that have the same hash as another one are
   * missed, so that the verdict is never `safe`, but at best `safe*`. It looks for no livelocks, goes with no crew, and makes no snapshots. By
   * default states are kept.
   */
  readonly hashCompact?: boolean
  /**
   * Keeps the states elsewhere than in memory: see node/disk/. The search looks for no livelocks, goes with no crew, and makes no snapshots;
   * `maxMegabytes` is the store's to keep. What is said of states after the search is read from it. By default states are kept in memory.
   */
  readonly store?: Store | undefined
  /** Threads that help. By default none do. */
  readonly crew?: Helpers | undefined
  /** Is told now and then how far the search is. */
  readonly onProgress?: (states: number, depth: number) => void
}

/**
 * What is known of a model. `violation`: a property or an assertion does not hold. `bounded`: a limit stopped the search, and
 * nothing is claimed. `safe*`: nothing was found in a search that has kept hashes of states, which is no proof: see `missed` of its result.
 */
export type Verdict = 'safe' | 'safe*' | 'deadlock' | 'livelock' | 'violation' | 'bounded'

/** What is claimed and does not hold. */
export interface ViolationFound {
  /** The name of the property, or what a task asserts. */
  readonly claim: string
  /** The state in which it does not hold. */
  readonly state: number
}

/** What a search has found, and what it took. */
export interface SearchResult {
  /** What is known of the machine. */
  readonly verdict: Verdict
  /** Which limit stopped the search, when one did. */
  readonly bound: keyof Limits | null
  /** How many states were visited; with symmetry, one for all that differ only in names. */
  readonly states: number
  /** How many steps were taken from one state to another. */
  readonly transitions: number
  /** How many steps the shortest way to the farthest state has. */
  readonly depth: number
  /** The states without a successor in which not all tasks have settled. */
  readonly deadlocks: readonly number[]
  /** True if livelocks were looked for, or would have been where nothing else was found. */
  readonly livelocks: boolean
  /** The first state from which the tasks cannot come to an end, though some can move. */
  readonly livelock: number | null
  /** In a livelock, states that are gone through for ever: the first one, and so on, and the first one again. */
  readonly loop: readonly number[]
  /** The first property or assertion that does not hold. */
  readonly violation: ViolationFound | null
  /** For each property of the machine that has to hold sometimes, the first state in which it does; by number of property. */
  readonly witnesses: readonly (number | null)[]
  /** What was wrong with the model, and the state in which it came out. */
  readonly misuse: {
    /** Says what was wrong. */
    readonly error: Misuse
    /** The number of the state. */
    readonly state: number
  } | null
  /** How likely it is at most that a state was missed, from 0 to 1: 0 unless hashes were kept instead of states. */
  readonly missed: number
  /** Memory that the table of states takes, in bytes. */
  readonly bytes: number
  /** Time that the search took, in seconds, without the time between two calls of `advance`. */
  readonly seconds: number
}

/** The limits of a search that is given none. */
export const DEFAULT_LIMITS = {
  /** 20 million states. */
  maxStates: 20_000_000,
  /** Any depth. */
  maxDepth: Number.POSITIVE_INFINITY,
  /** Any time. */
  maxSeconds: Number.POSITIVE_INFINITY,
  /** 2,000 megabytes, each 1,000,000 bytes. */
  maxMegabytes: 2000,
  /** Any number of gigabytes. */
  maxGigabytes: Number.POSITIVE_INFINITY,
} as const satisfies Limits

/** How many states the round after one that was cut off may have: were they too few for a round, there would be none from then on. */
const FIRST_STRIDE = 2 * WORTHWHILE
/** Fewer states than that are expanded between two looks at limits only where a level ends. */
const SMALL_BLOCK = 64

/** With so many states, short rows are worth arranging all of them anew. */
const MANY = 1 << 15

/** How far a search is. */
interface Cursor {
  /** The next state to expand. */
  state: number
  /** The depth of the states that are being expanded, and the first state after them. */
  depth: number
  /** The first state after those of this depth. */
  levelEnd: number
  /** The numbers of states in which nothing can move and not all tasks have settled. */
  readonly deadlocks: number[]
  /** States all of whose successors were found before: where there are none, nothing can go round for ever. */
  readonly turns: number[]
  /** By number of property, the first state in which it holds, for those that have to hold sometimes. */
  readonly witnesses: (number | null)[]
}

/** All that a search has done, as plain data, to go on with it later. */
export interface Snapshot extends Cursor {
  /** What the search has learned of the machine: a row means nothing without it. */
  readonly knowledge: Knowledge
  /** How many steps were taken. */
  readonly transitions: number
  /** The rows of all states, and the state that each was reached from. */
  readonly rows: Int32Array
  /** The number of the state that each was reached from; -1 for the initial one. */
  readonly parents: Int32Array
}

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
  /** The states found so far. */
  table: StateTable | CompactTable | Store
  /** Those who help; null once one of them was lost. */
  #crew: Helpers | null
  readonly #inspector: Inspector
  readonly #options: SearchOptions
  readonly #limits: Required<Limits>
  readonly #store: Store | null
  /** True if livelocks are looked for. */
  readonly #livelocks: boolean
  #cursor: Cursor
  #violation: ViolationFound | null = null
  #row: Row = new Int32Array(0)
  #representative: Row = new Int32Array(0)
  /** What was found and is not yet in the table. */
  #successors = new Successors(0)
  /** The first state of the block, and for each of the block whether it has a successor that was found after it. */
  #first = 0
  readonly #forward = new Uint8Array(BLOCK)
  /** Says that rows were made narrow. */
  #isTight = false
  /** How many states the next round may have: fewer after one that had to be cut off. */
  #stride = BLOCK
  /** The arrangement of the rows in the table. Whoever works on the same machine may have changed it since. */
  #arrangement: number
  /** Says that there is a result. */
  #isOver = false
  #seconds = 0
  #resumedAt = 0

  constructor(machine: Machine, options: SearchOptions = {}) {
    this.machine = machine
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options }
    const hashCompact = options.hashCompact === true
    this.#store = options.store ?? null
    this.#livelocks = options.livelocks !== false && !hashCompact && this.#store === null
    this.#cursor = beginning(machine)
    const partialOrder = (options.partialOrder ?? true) && mayLeaveOut(machine)
    this.stepper = new Stepper(machine, partialOrder, options.allows)
    const { programs } = this.stepper
    const renames = (options.symmetry ?? true) && mayRename(machine, programs)
    this.symmetry = renames ? Symmetry.of(machine, programs) : null
    this.expander = new Expander(machine, this.stepper, this.symmetry)
    this.#inspector = new Inspector(machine, this.stepper, this.symmetry !== null)
    this.#crew = hashCompact || this.#store !== null ? null : (options.crew ?? null)
    // Hashes are those of rows as they are arranged from the beginning.
    this.#isTight = hashCompact
    this.#arrangement = machine.layout.arrangement
    this.table = this.#emptyTable()
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
      this.#follow()
      return this.#advance()
    } catch (thrown) {
      if (!(thrown instanceof Refuted || thrown instanceof Rearranged)) throw thrown
      // The programs have learned what they assumed wrongly, or the rows how wide they are; the next try knows it.
      if (thrown instanceof Refuted) this.stepper.reset()
      this.stepper.steps = 0
      this.#renumber()
      this.#cursor = beginning(this.machine)
      this.#first = 0
      this.#isTight = this.#options.hashCompact === true
      return null
    } finally {
      this.#seconds = this.#elapsed()
      this.#resumedAt = milliseconds()
    }
  }

  /** What was done up to now. Between calls of `advance`. */
  snapshot(): Snapshot {
    this.#follow()
    const { machine, stepper } = this
    const table = this.exact
    return {
      ...this.#cursor,
      knowledge: knowledgeOf(machine, stepper),
      transitions: stepper.steps,
      ...table.contents,
    }
  }

  /**
   * Goes on where another search of an identical machine, with the same options but for limits, has stopped.
   * @throws Error when the machine is not identical.
   */
  resume(snapshot: Snapshot): void {
    const { knowledge, transitions, rows, parents } = snapshot
    const { state, depth, levelEnd, deadlocks, turns, witnesses } = snapshot
    learn(this.machine, this.stepper, knowledge)
    this.#renumber()
    this.exact.load(rows, parents)
    this.stepper.steps = transitions
    this.#cursor = { state, depth, levelEnd, deadlocks, turns, witnesses }
    this.#first = state
    this.#isTight = this.table.size >= MANY
  }

  #advance(): SearchResult | null {
    const cursor = this.#cursor
    if (this.table.size === 0) {
      const row = this.#start()
      this.#follow()
      this.table.stage(row, -1)
      this.table.flush()
      this.#store?.settle()
    }
    const { table } = this
    if (cursor.state === cursor.levelEnd) {
      this.#store?.settle()
      if (cursor.state === table.size) return this.#conclude(null, null)
      cursor.depth++
      cursor.levelEnd = table.size
    }
    this.#options.onProgress?.(table.size, cursor.depth)
    const bound = this.#bound()
    if (bound !== null) return this.#conclude(bound, null)
    const room = Math.max(SMALL_BLOCK, this.#limits.maxStates - table.size)
    const end = Math.min(cursor.levelEnd, cursor.state + Math.min(BLOCK, room))
    this.#first = cursor.state
    this.#forward.fill(0, 0, end - cursor.state)
    try {
      while (cursor.state < end && !this.#stops) this.#expandTogether(end)
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
    return this.#stops ? this.#conclude(null, null) : null
  }

  /** The state in which the search begins. @throws Misuse when a step cannot be taken. */
  #start(): Row {
    const { from = [] } = this.#options
    const execution = new Execution(this.machine, this.stepper.programs)
    for (const [at, { task, outcome }] of from.entries()) {
      if (!execution.step(task, outcome)) {
        throw new Misuse(`step ${at + 1} of those from which to search cannot be taken`)
      }
    }
    return execution.row
  }

  /** The limit that is reached, if one is. */
  #bound(): keyof Limits | null {
    const { table } = this
    const { state, depth, levelEnd } = this.#cursor
    const { maxStates, maxDepth, maxSeconds } = this.#limits
    const store = this.#store
    if (store !== null && store.size + store.pending > maxStates) store.settle()
    // Within the block that comes it must not outgrow anything either.
    const more = 4 * Math.min(BLOCK, levelEnd - state)
    const soon = table.size + more + (store?.pending ?? 0)
    if (table.size > maxStates || soon > (store?.capacity ?? MAX_STATES)) return 'maxStates'
    if (depth > maxDepth) return 'maxDepth'
    if (this.#seconds > maxSeconds) return 'maxSeconds'
    return this.#boundOfBytes(more)
  }

  /** The limit of bytes that would be reached with so many states more. */
  #boundOfBytes(more: number): keyof Limits | null {
    const { table } = this
    const { maxMegabytes, maxGigabytes } = this.#limits
    if ('storedFor' in table)
      return table.storedFor(more) > maxGigabytes * 1e9 ? 'maxGigabytes' : null
    return table.bytesFor(table.size + more) > maxMegabytes * 1e6 ? 'maxMegabytes' : null
  }

  /** True once something was found and no more is wanted. */
  get #stops(): boolean {
    if (this.#violation !== null) return true
    return this.#cursor.deadlocks.length > 0 && this.#options.allDeadlocks !== true
  }

  /** Expands states up to `end`, or to some state before that. */
  #expandTogether(end: number): void {
    if (this.#crew === null) {
      this.#expandAlone(end)
      return
    }
    const { state } = this.#cursor
    const round = this.#crew.expand(this.#shared(), state, Math.min(end, state + this.#stride))
    if (this.#crew?.isLost === true) this.#goOnAlone()
    if (round === null || this.#crew === null) {
      this.#expandAlone(end)
      return
    }
    const thrown = this.#merge(round)
    if (thrown instanceof Refuted) throw thrown
    // What a state has that could not be expanded counts as far as it was found.
    const last = thrown === null ? this.#cursor.state - 1 : this.#cursor.state
    this.#publish(round, last)
    this.#stride = thrown === null ? Math.min(BLOCK, this.#stride * 2) : FIRST_STRIDE
    if (thrown instanceof Full) {
      // What it finds comes before what the next round finds.
      this.#expandNext()
      this.#add()
    } else if (thrown !== null) this.#recover(thrown, this.expander.stepsTaken)
  }

  /**
   * Takes over what is known of the states of a round, in their order, up to one that stops the search or cannot be expanded.
   * Pieces that somebody has left are completed.
   * @returns what was thrown at the state that comes next; null when that was nothing.
   */
  #merge(round: Round): unknown {
    const { pieces } = round
    for (let piece = 0; piece < pieces && !this.#stops; piece++) {
      let thrown: unknown = null
      const witnesses = this.#witnessesWith(round, piece)
      if (round.doneIn(piece) < round.endOf(piece)) {
        try {
          this.expander.complete(round, piece, witnesses)
        } catch (caught) {
          thrown = caught
        }
      }
      this.#account(round, piece)
      this.#adopt(witnesses)
      if (thrown !== null) return thrown
    }
    return null
  }

  /** Takes over what is known of the states of a piece that were expanded. */
  #account(round: Round, piece: number): void {
    const cursor = this.#cursor
    const { from: first, memory } = round
    const { marks, steps } = memory
    const forward = this.#forward
    const end = round.doneIn(piece)
    const ahead = first - this.#first
    let taken = 0
    let state = cursor.state
    let stops = this.#stops
    while (state < end && !stops) {
      const at = state - first
      const mark = marks[at] as number
      taken += steps[at] as number
      if ((mark & DEAD) !== 0) {
        cursor.deadlocks.push(state)
        stops = this.#stops
      }
      // Who goes nowhere does not turn back.
      if ((mark & FORWARD) !== 0 || steps[at] === 0) forward[at + ahead] = 1
      else if ((mark & PASSED) !== 0) forward[at + ahead] = PASSED
      state++
    }
    this.stepper.steps += taken
    cursor.state = state
  }

  /** The witnesses that are known once a piece is taken into account as far as it was expanded. */
  #witnessesWith({ memory, properties }: Round, piece: number): (number | null)[] {
    return this.#cursor.witnesses.map((known, index) => {
      const state = memory.witnesses[piece * properties + index] as number
      return known ?? (state < 0 ? null : state)
    })
  }

  /** Takes over the witnesses among the states that count as expanded. */
  #adopt(witnesses: readonly (number | null)[]): void {
    const cursor = this.#cursor
    for (const [index, state] of witnesses.entries()) {
      if (state !== null && state < cursor.state) cursor.witnesses[index] ??= state
    }
  }

  /** Makes states of what was found in a round, from states up to `last`. */
  #publish(round: Round, last: number): void {
    const shared = this.#shared()
    const { table } = shared
    const crew = this.#crew
    const count = settle(round, last)
    table.reserve(count)
    crew?.store(shared)
    if (crew?.isLost === true) {
      // Whatever was done of it already was the same.
      const whole = new Round(table.view, round.memory, round.properties)
      for (let piece = 0; piece < whole.pieces; piece++) storePiece(whole, piece)
    }
    table.extend(count, () => crew?.enter(shared))
    if (crew?.isLost === true) this.#goOnAlone()
  }

  /** Leaves the crew, which may still write into the memory of the table some day. */
  #goOnAlone(): void {
    this.exact.detach()
    this.#crew = null
  }

  /** What those who help have to know. */
  #shared(): Searching {
    const { machine, stepper, symmetry, expander } = this
    return { machine, stepper, symmetry, expander, table: this.exact }
  }

  /** The table of a search that keeps its states in memory. @throws Error where it keeps hashes, or keeps them elsewhere */
  get exact(): StateTable {
    const { table } = this
    if (table instanceof StateTable) return table
    throw new Error(
      table instanceof CompactTable
        ? 'a search by hashes keeps no states'
        : 'a search with a store has no states in memory',
    )
  }

  /** Expands states up to `end`. */
  #expandAlone(end: number): void {
    const cursor = this.#cursor
    while (cursor.state < end && !this.#stops) this.#expandNext()
  }

  #expandNext(): void {
    const { table, stepper } = this
    const cursor = this.#cursor
    const { steps } = stepper
    this.#fit()
    const found = this.#successors
    found.origin = cursor.state
    try {
      table.read(cursor.state, this.#row)
      this.#inspector.inspect(cursor.state, this.#row, cursor.witnesses)
      const moved =
        this.symmetry === null
          ? stepper.collect(this.#row, this.#before(cursor.state), found)
          : stepper.expand(this.#row, this.#emit)
      if (!moved) {
        if (!stepper.settled(this.#row)) cursor.deadlocks.push(cursor.state)
        // It goes nowhere, so it does not turn back.
        this.#forward[cursor.state - this.#first] = 1
      }
      if (found.passed > 0) this.#forward[cursor.state - this.#first] = PASSED
      cursor.state++
      if (found.count >= BATCH) this.#add()
    } catch (thrown) {
      const taken = stepper.steps - steps
      stepper.steps = steps
      this.#add()
      table.flush()
      this.#recover(thrown, taken)
    }
  }

  /**
   * Deals with what was thrown when the state that comes next was expanded. What it had found so far is in the table.
   * @param steps how many steps it had taken. Where the state is done again, they are taken again.
   */
  #recover(thrown: unknown, steps: number): void {
    if (thrown instanceof Overflow) {
      this.#widen(thrown)
      return
    }
    if (!(thrown instanceof Interrupted)) this.stepper.steps += steps
    throw thrown
  }

  /** Makes rows to work with that are as long as those of the table. */
  #fit(): void {
    const { words } = this.table
    if (this.#row.length === words) return
    this.#row = new Int32Array(words)
    this.#representative = new Int32Array(words)
    this.#successors = new Successors(words)
  }

  /** The state that one was found from, where that tells something of its successors. */
  #before(state: number): Row | null {
    const { table, stepper } = this
    const parent = table instanceof StateTable ? table.parent(state) : -1
    if (!stepper.passesOver(parent)) return null
    table.read(parent, this.#representative)
    return this.#representative
  }

  readonly #emit: Emit = (next) => {
    const kept = this.#representative
    this.symmetry?.canonicalize(next, kept)
    this.#successors.push(kept)
  }

  /** Adds what was found to the table, with its next batch. */
  #add(): void {
    const { table } = this
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

  readonly #found = (state: number, parent: number): void => {
    if (state > parent) this.#forward[parent - this.#first] = 1
  }

  /** Ends a block: adds all that is staged, and notes where it turned back. */
  #endBlock(): void {
    this.#add()
    this.table.flush()
    const { state, turns } = this.#cursor
    if (this.#livelocks) {
      this.#lookBack(state)
      for (let at = this.#first; at < state; at++) {
        if (this.#forward[at - this.#first] === 0) turns.push(at)
      }
    }
    this.#first = state
    if (this.table instanceof CompactTable) this.table.forget(state)
    this.#tighten()
  }

  /** Looks up all that follows states of the block of which only what was found before them is known so far. */
  #lookBack(end: number): void {
    const { table, stepper } = this
    const { steps } = stepper
    this.#fit()
    const found = this.#successors
    for (let state = this.#first; state < end; state++) {
      if (this.#forward[state - this.#first] !== PASSED) continue
      this.#forward[state - this.#first] = 0
      table.read(state, this.#row)
      found.origin = state
      stepper.collect(this.#row, null, found)
      if (found.count >= BATCH) this.#add()
    }
    this.#add()
    stepper.steps = steps
  }

  /** Makes rows as narrow as they can be, once there are many of them. */
  #tighten(): void {
    const { machine, table } = this
    if (this.#isTight || table.size < MANY || table instanceof CompactTable) return
    this.#isTight = true
    machine.layout.tighten(table.contents.rows, table.size)
    this.#follow()
  }

  #conclude(bound: keyof Limits | null, misuse: SearchResult['misuse']): SearchResult {
    this.#endBlock()
    // What takes too much of the disk stays as it is.
    if (bound !== 'maxGigabytes') this.#store?.settle()
    const { table, stepper } = this
    const { deadlocks, depth, turns, witnesses } = this.#cursor
    const violation = this.#violation
    const transitions = stepper.steps
    const isStopped = bound !== null || misuse !== null || violation !== null
    const finished = !isStopped && deadlocks.length === 0
    const livelock =
      finished && this.#livelocks && turns.length > 0
        ? this.fitting(() => findLivelock(this.#shared(), turns))
        : null
    this.machine.verify()
    this.#isOver = true
    for (const end of [violation?.state, deadlocks[0], misuse?.state, ...witnesses]) {
      this.#recall(end ?? 0)
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
      verdict: this.#verdict(found),
      states: table.size,
      transitions,
      depth,
      livelocks: this.#livelocks,
      loop: livelock?.loop ?? [],
      misuse,
      missed: table instanceof CompactTable ? missedAtMost(table.size) : 0,
      bytes: table.bytes,
      seconds: this.#elapsed(),
    }
  }

  /** Where hashes were kept, finds the states on the way to one of them once more. */
  #recall(end: number): void {
    const { table, stepper } = this
    if (!(table instanceof CompactTable)) return
    const way: number[] = []
    for (let state = end; state > 0; state = table.parent(state)) way.push(state)
    const row = new Int32Array(table.words)
    const kept = new Int32Array(table.words)
    const { steps } = stepper
    for (let before = 0, state = way.pop(); state !== undefined; state = way.pop()) {
      const target = state
      table.read(before, row)
      stepper.expand(row, (next) => {
        if (this.symmetry === null) kept.set(next)
        else this.symmetry.canonicalize(next, kept)
        table.recall(target, kept)
      })
      before = state
    }
    stepper.steps = steps
  }

  #verdict({ bound, deadlocks, livelock, violation, witnesses }: Found): Verdict {
    if (violation !== null) return 'violation'
    if (deadlocks.length > 0) return 'deadlock'
    if (livelock !== null) return 'livelock'
    if (bound !== null) return 'bounded'
    const missing = this.machine.properties.some(
      ({ kind }, index) => kind === 'sometimes' && witnesses[index] === null,
    )
    if (missing) return 'violation'
    return this.table instanceof CompactTable ? 'safe*' : 'safe'
  }

  /** Does something with rows; when one has no room for a value, makes room in all of them and does it again. */
  fitting<T>(act: () => T): T {
    this.#follow()
    return fitting(act, (overflow) => this.#widen(overflow))
  }

  /** A copy of a state that was found. */
  row(state: number): Row {
    this.#follow()
    const row = new Int32Array(this.table.words)
    this.table.read(state, row)
    return row
  }

  #widen(overflow: Overflow): void {
    this.machine.layout.widen(overflow)
    this.#follow()
  }

  /** Brings all rows into the arrangement of now, where fields have got wider, whoever it was. */
  #follow(): void {
    const { layout } = this.machine
    if (this.#arrangement === layout.arrangement) return
    const { table } = this
    if (table instanceof CompactTable && !this.#isOver) {
      if (table.size > 0) throw new Rearranged()
      this.table = this.#emptyTable()
      return
    }
    fitting(
      () => table.repack(layout.words, layout.since(this.#arrangement)),
      (overflow) => layout.widen(overflow),
    )
    this.#arrangement = layout.arrangement
  }

  /** Begins with no state: numbers of states mean nothing any more. */
  #renumber(): void {
    this.table = this.#emptyTable()
    this.expander.reset()
    this.#crew?.reset()
  }

  #emptyTable(): StateTable | CompactTable | Store {
    const shared = this.#options.crew !== undefined
    this.#arrangement = this.machine.layout.arrangement
    if (this.#store !== null) {
      this.#store.clear(this.machine.layout.words)
      return this.#store
    }
    if (this.#options.hashCompact === true) {
      return new CompactTable(this.machine.layout.words, this.#found)
    }
    return new StateTable(this.machine.layout.words, this.#found, shared)
  }

  #elapsed(): number {
    return this.#seconds + (milliseconds() - this.#resumedAt) / 1000
  }
}

/** Rows have got wider, and hashes are those of rows as they were: a search by hashes starts over. */
class Rearranged extends Error {
  constructor() {
    super('a search by hashes cannot go on with rows that are arranged anew')
  }
}

/** What a verdict follows from. */
type Found = Pick<SearchResult, 'bound' | 'deadlocks' | 'livelock' | 'violation' | 'witnesses'>

function beginning({ properties }: Machine): Cursor {
  return {
    state: 0,
    depth: 0,
    levelEnd: 1,
    deadlocks: [],
    turns: [],
    witnesses: properties.map(() => null),
  }
}
