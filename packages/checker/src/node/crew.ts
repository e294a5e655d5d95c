/**
 * Crew: threads that expand states together. The thread that searches hands out a block of states of one level; all,
 * itself included, take pieces of it (search/piece.ts); then it adds what they found, in the order of the states. So whatever
 * the number of threads, states have the same numbers and the same is found first: the result is the same to the byte.
 *
 * What needs to be learned, they leave to the thread that searches. After the first levels that is hardly ever anything.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Machine } from '../machine/machine.js'
import { mayLeaveOut, mayRename } from '../reduce/allowed.js'
import { Symmetry } from '../reduce/symmetry.js'
import { Expander } from '../search/expander.js'
import { type Knowledge, knowledgeOf, type Learned, learn, learnedBy } from '../search/knowledge.js'
import { blockOfPieces, emptyPieces, PIECE, pieceAt } from '../search/piece.js'
import type { Helpers, Searching, SearchOptions } from '../search/search.js'
import type { TableView } from '../search/state-table.js'
import { Stepper } from '../search/stepper.js'
import { CodeWatch } from './code-watch.js'

/** Fewer are not worth waking anybody. */
const WORTHWHILE = 8 * PIECE
/** How long a thread may take for its pieces before it counts as lost, in ms. */
const PATIENCE = 60_000

/** What the threads share, as indices of one array. */
const READY = 0
const ROUND = 1
const NEXT = 2
const ACTIVE = 3
const FROM = 4
const TO = 5
const SIZE = 6
const STOP = 7

/** What a thread is given when it starts. */
export interface Link extends Required<Pick<SearchOptions, 'partialOrder' | 'symmetry'>> {
  /** Counters through which the threads agree on who takes which piece. */
  readonly control: SharedArrayBuffer
  /** What the threads have found, as expander.ts lays it out. */
  readonly pieces: SharedArrayBuffer
  /** Brings what the searching thread has learned since the last block. */
  readonly port: MessagePort
}

/** What has changed since the last block. */
export interface Update {
  /** The search has started over. */
  readonly reset: boolean
  readonly knowledge: Knowledge
  readonly table: TableView
}

export class Crew implements Helpers {
  readonly #control = new Int32Array(new SharedArrayBuffer(8 * 4))
  readonly #pieces = blockOfPieces()
  readonly #ports: MessagePort[] = []
  #expander: Expander | null = null
  readonly #news = new News()
  #lost = false

  /**
   * @param others how many threads there are besides the one that searches.
   * @param options of the search.
   * @param start starts a thread, which then calls {@link joinCrew}.
   */
  constructor(
    others: number,
    { partialOrder, symmetry }: Pick<Link, 'partialOrder' | 'symmetry'>,
    start: (link: Link) => void,
  ) {
    for (let index = 0; index < others; index++) {
      const { port1, port2 } = new MessageChannel()
      this.#ports.push(port1)
      const [control, pieces] = [this.#control.buffer, this.#pieces.buffer]
      start({
        control: control as SharedArrayBuffer,
        pieces: pieces as SharedArrayBuffer,
        port: port2,
        partialOrder,
        symmetry,
      })
    }
  }

  /** Whether all threads have started. */
  get isReady(): boolean {
    return Atomics.load(this.#control, READY) === this.#ports.length
  }

  /**
   * Expands states.
   * @returns the pieces, or null when nobody is there yet or there is too little to do.
   */
  expand(search: Searching, from: number, to: number): Int32Array | null {
    const control = this.#control
    const others = this.#ports.length
    if (this.#lost || to - from < WORTHWHILE || !this.isReady) return null
    const news = this.#news.of(search)
    if (news !== null) for (const port of this.#ports) port.postMessage(news)
    emptyPieces(this.#pieces)
    control[FROM] = from
    control[TO] = to
    control[SIZE] = search.table.size
    Atomics.store(control, NEXT, 0)
    Atomics.store(control, ACTIVE, others)
    Atomics.add(control, ROUND, 1)
    Atomics.notify(control, ROUND)
    this.#expander ??= new Expander(search.stepper, search.symmetry)
    takePieces(this.#expander, search.table.view, control, this.#pieces)
    for (let active = others; active > 0; active = Atomics.load(control, ACTIVE)) {
      if (Atomics.wait(control, ACTIVE, active, PATIENCE) === 'timed-out') {
        // It may still write into the pieces some day: from now on the search goes on alone.
        this.#lost = true
        return null
      }
    }
    return this.#pieces
  }

  /** The search has started over. */
  reset(): void {
    this.#news.reset()
  }

  /** Lets the threads end. */
  dismiss(): void {
    Atomics.store(this.#control, STOP, 1)
    Atomics.add(this.#control, ROUND, 1)
    Atomics.notify(this.#control, ROUND)
    for (const port of this.#ports) port.close()
  }
}

/** What followers have not been told yet. */
export class News {
  #learned: Learned | undefined
  #table: TableView | null = null

  /** The search has started over. */
  reset(): void {
    this.#learned = undefined
  }

  /** What has changed since the last call; null when nothing has. */
  of({ machine, stepper, table: { view } }: Searching): Update | null {
    const reset = this.#learned === undefined
    const knowledge = knowledgeOf(machine, stepper, this.#learned)
    const isNew = knowledge.positions.length + knowledge.decisions.length > 0
    const known = this.#table
    if (!reset && !isNew && known?.rows === view.rows && known.slots === view.slots) return null
    this.#learned = learnedBy(stepper)
    this.#table = view
    return { reset, knowledge, table: view }
  }
}

/** One who expands states of a search with a machine of its own. */
export class Follower {
  readonly #machine: Machine
  readonly #stepper: Stepper
  readonly expander: Expander
  /** The table of the search, once it is known. */
  table: TableView | null = null

  constructor(
    machine: Machine,
    { partialOrder, symmetry }: Pick<Link, 'partialOrder' | 'symmetry'>,
  ) {
    this.#machine = machine
    this.#stepper = new Stepper(machine, partialOrder && mayLeaveOut(machine))
    const { programs } = this.#stepper
    const renames = symmetry && mayRename(machine, programs)
    this.expander = new Expander(this.#stepper, renames ? Symmetry.of(machine, programs) : null)
  }

  /** Catches up with the search. */
  follow({ reset, knowledge, table }: Update): void {
    if (reset) this.#stepper.reset()
    learn(this.#machine, this.#stepper, knowledge)
    this.table = table
  }
}

/** What a thread of a crew does, until the search has ended. */
export function joinCrew(machine: Machine, { port, ...link }: Link): void {
  const control = new Int32Array(link.control)
  const pieces = new Int32Array(link.pieces)
  // Code that does not come to its next step is left to the thread that searches.
  machine.watch = new CodeWatch({ patience: 1_000 })
  const follower = new Follower(machine, link)
  let round = Atomics.load(control, ROUND)
  Atomics.add(control, READY, 1)
  for (;;) {
    Atomics.wait(control, ROUND, round)
    round = Atomics.load(control, ROUND)
    if (Atomics.load(control, STOP) === 1) break
    let received = receiveMessageOnPort(port)
    for (; received !== undefined; received = receiveMessageOnPort(port)) {
      follower.follow(received.message as Update)
    }
    const { expander, table } = follower
    if (table !== null) takePieces(expander, table, control, pieces)
    Atomics.sub(control, ACTIVE, 1)
    Atomics.notify(control, ACTIVE)
  }
  port.close()
}

/** Expands pieces of the block until none is left. */
function takePieces(
  expander: Expander,
  table: TableView,
  control: Int32Array,
  pieces: Int32Array,
): void {
  const [from, to, size] = [control[FROM], control[TO], control[SIZE]] as [number, number, number]
  for (;;) {
    const piece = Atomics.add(control, NEXT, 1)
    const first = from + piece * PIECE
    if (first >= to) return
    expander.expand(table, size, first, Math.min(first + PIECE, to), pieces, pieceAt(piece))
  }
}
