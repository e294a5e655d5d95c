/**
 * Crew: threads that search together. The thread that searches hands out a block of states of one level; all, itself included,
 * take pieces of it, expand them, and put what they find into the one table that they share (search/candidates.ts). When all have come
 * to the end of the block, each takes pieces again and makes states of what was found, and when the table has to grow they do that
 * together too. In the end they show together that the tasks can always come to an end (search/claim.ts). Whatever the number of threads, states have the same numbers and the same is found first: the result is
 * the same to the byte.
 *
 * What needs to be learned, they leave to the thread that searches, and are told it before the next block. After the first levels
 * that is hardly ever anything.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { Machine } from '../machine/machine.js'
import { mayLeaveOut, mayRename } from '../reduce/allowed.js'
import { Symmetry } from '../reduce/symmetry.js'
import { storePiece } from '../search/candidates.js'
import { type Claim, claimOf, Prover, partsOf } from '../search/claim.js'
import { enterStates } from '../search/enter-states.js'
import { Expander } from '../search/expander.js'
import type { Helpers, Searching } from '../search/helpers.js'
import { type Knowledge, knowledgeOf, type Learned, learn, learnedBy } from '../search/knowledge.js'
import { ROOM, Round, type RoundMemory, roundMemory, WORTHWHILE } from '../search/round.js'
import type { SearchOptions } from '../search/search-options.js'
import { NUMBER } from '../search/slots.js'
import { Stepper } from '../search/stepper.js'
import type { TableView } from '../search/table-view.js'
import { CodeWatch } from './code-watch.js'

/** How long a thread may take for its part before it counts as lost, in ms. */
const PATIENCE = 60_000
/** How often a thread looks whether there is something to do before it sleeps: to be woken takes longer than most breaks. */
const LOOKS = 20_000

/** How long a search has to take, as it looks, for threads to be started, in ms. */
const WORTH = 1_500
/** How fast a search is is not looked at before it has so many states: most of its code is not compiled yet. */
const SLOW_START = 1 << 13

/** What the threads share, as indices of one array. */
const READY = 0
/** How many jobs there were. Threads sleep until it changes. */
const JOBS = 1
/** Which job it is, and which of its parts is the next to be taken. */
const TICKET = 2
/** How many parts are done. */
const DONE = 3
const JOB = 4
const PARTS = 5
const SIZE = 6
const STOP = 7
const FAILED = 8

/** The bits of a ticket for the part; the others are those of the job. */
const PART_BITS = 12
const PART = (1 << PART_BITS) - 1

/** What is done together. */
const EXPAND = 0
const STORE = 1
const ENTER = 2
const SHOW = 3

/** What a thread is given when it starts. */
export interface Link extends Required<Pick<SearchOptions, 'partialOrder' | 'symmetry'>> {
  /** Counters through which the threads agree on who does what. */
  readonly control: SharedArrayBuffer
  /** Brings what the searching thread has learned since the last block. */
  readonly port: MessagePort
}

/** What has changed since the last block. */
export interface Update {
  /** The search has started over. */
  readonly reset: boolean
  readonly knowledge: Knowledge
  readonly table: TableView
  readonly memory: RoundMemory
  /** What is to be shown; null while states are still being found. */
  readonly claim: Claim | null
}

/** What a crew is made with. */
export interface CrewOptions extends Pick<Link, 'partialOrder' | 'symmetry'> {
  /** True to start the threads at once. By default they are started when the search looks as if it took long: to start them takes time too. */
  readonly isEager?: boolean
}

export class Crew implements Helpers {
  readonly #control = new Int32Array(new SharedArrayBuffer(9 * 4))
  readonly #ports: MessagePort[] = []
  readonly #news = new News()
  readonly #start: () => void
  #isStarted = false
  /** When the search began, and when it had how many states last when that was looked at, in ms. */
  #began = -1
  #lookedAt = { at: 0, size: 0 }
  /** How long it took for a state since the time before, in ms; 0 while that is not known. */
  #perState = 0
  /** Says that a thread has ended, or stayed away, in the middle of something. */
  isLost = false

  /**
   * @param others how many threads there are besides the one that searches.
   * @param options of the search.
   * @param start starts a thread, which then calls {@link joinCrew}. It is called once the search is worth it.
   */
  constructor(
    others: number,
    { partialOrder, symmetry, isEager = false }: CrewOptions,
    start: (link: Link) => void,
  ) {
    this.#start = () => {
      this.#isStarted = true
      for (let index = 0; index < others; index++) {
        const { port1, port2 } = new MessageChannel()
        this.#ports.push(port1)
        const control = this.#control.buffer as SharedArrayBuffer
        start({ control, port: port2, partialOrder, symmetry })
      }
    }
    if (isEager) this.#start()
  }

  /** True if all threads have started. */
  get isReady(): boolean {
    return this.#isStarted && Atomics.load(this.#control, READY) === this.#ports.length
  }

  /**
   * Expands states together.
   * @returns what was found, or null when nobody is there yet or there is too little to do.
   */
  expand(search: Searching, from: number, to: number): Round | null {
    if (this.isLost) return null
    if (!this.#isStarted && this.#isWorthwhile(search)) this.#start()
    if (!this.isReady) return null
    const round = this.#news.begin(search, from, to, WORTHWHILE)
    if (round === null) return null
    this.#run(EXPAND, round.pieces, search)
    return this.isLost ? null : round
  }

  /** Makes states of the candidates that stay, together. */
  store(search: Searching): void {
    this.#run(STORE, this.#news.round(search).pieces, search)
  }

  /** Enters all states into larger slots, together. */
  enter(search: Searching): void {
    this.#run(ENTER, 2 ** Math.ceil(Math.log2(this.#ports.length + 1)), search)
  }

  /** Shows from which states an end can be reached, together. @returns null when that is too little to do, or nobody is there. */
  showEnds(search: Searching, states: readonly number[]): Uint8Array | null {
    if (this.isLost || !this.isReady || states.length < WORTHWHILE) return null
    const claim = claimOf(states, search.table.size)
    this.#run(SHOW, partsOf(claim), search, claim)
    return this.isLost ? null : claim.fates
  }

  /** The search has started over. */
  reset(): void {
    this.#news.reset()
  }

  /** Lets the threads end. */
  dismiss(): void {
    Atomics.store(this.#control, STOP, 1)
    Atomics.add(this.#control, JOBS, 1)
    Atomics.notify(this.#control, JOBS)
    for (const port of this.#ports) port.close()
  }

  /** Returns true if the search will probably take so long that threads pay, as fast as it is. */
  #isWorthwhile({ table }: Searching): boolean {
    const now = performance.now()
    if (this.#began < 0) this.#began = now
    const { size, expected } = table
    const last = this.#lookedAt
    if (size >= Math.max(SLOW_START, 2 * last.size)) {
      if (last.size > 0) this.#perState = (now - last.at) / (size - last.size)
      this.#lookedAt = { at: now, size }
    }
    if (expected === 0 || this.#perState === 0) return now - this.#began > WORTH
    return (expected - size) * this.#perState > WORTH
  }

  /** Does the parts of a job together. */
  #run(job: number, parts: number, search: Searching, claim: Claim | null = null): void {
    if (this.isLost) return
    const control = this.#control
    const update = this.#news.of(search, claim)
    if (update !== null) for (const port of this.#ports) port.postMessage(update)
    // Whoever still has a ticket of the last job gets nothing for it from now on.
    Atomics.or(control, TICKET, PART)
    control[JOB] = job
    control[PARTS] = parts
    control[SIZE] = search.table.size
    control[DONE] = 0
    const turn = ((control[JOBS] as number) + 1) << PART_BITS
    Atomics.store(control, TICKET, turn)
    Atomics.add(control, JOBS, 1)
    Atomics.notify(control, JOBS)
    const { expander, stepper, symmetry } = search
    const round = this.#news.round(search)
    const visited = { table: round.table, stepper, symmetry }
    const prover = claim === null ? null : new Prover(visited, claim)
    takeParts({ expander, round, prover }, control, turn)
    this.#awaitParts(parts)
  }

  /** Waits until all parts are done. Who has taken none is not waited for: it may be asleep, or be learning. */
  #awaitParts(parts: number): void {
    const control = this.#control
    for (let looks = 0; looks < LOOKS && Atomics.load(control, DONE) < parts; looks++);
    for (;;) {
      const done = Atomics.load(control, DONE)
      if (Atomics.load(control, FAILED) > 0) this.isLost = true
      if (done >= parts || this.isLost) return
      // After that, it may still write into the shared memory some day.
      if (Atomics.wait(control, DONE, done, PATIENCE) === 'timed-out') this.isLost = true
    }
  }
}

/** What followers have not been told yet. */
export class News {
  #learned: Learned | undefined
  #round: Round | null = null
  #told: Round | null = null

  /** The search has started over. */
  reset(): void {
    this.#learned = undefined
  }

  /** The round, with the table of now. */
  round({ machine, table: { view } }: Searching): Round {
    const properties = machine.properties.length
    const round = this.#round
    if (round?.table.words === view.words) {
      const { rows, slots } = round.table
      if (rows === view.rows && slots === view.slots) return round
      return (this.#round = new Round(view, round.memory, properties))
    }
    return (this.#round = new Round(view, roundMemory(view.words, properties), properties))
  }

  /**
   * Begins a round with states from `from` to before `to`, or fewer.
   * @param least how many there have to be.
   * @returns null when there are fewer, or too few slots that are free.
   */
  begin(search: Searching, from: number, to: number, least: number): Round | null {
    const { size, free } = search.table
    // Some slots stay free, or a look-up would not end; and candidates have numbers beyond those of states.
    const candidates = Math.min(Math.floor(free * 0.9), NUMBER - 1 - size)
    const end = Math.min(to, from + Math.floor(candidates / ROOM))
    if (end - from < least) return null
    const round = this.round(search)
    round.begin(from, end, size)
    return round
  }

  /**
   * What has changed since the last call; null when nothing has.
   * @param claim what is to be shown, if that is what is done next.
   */
  of(search: Searching, claim: Claim | null = null): Update | null {
    const { machine, stepper } = search
    const round = this.round(search)
    const reset = this.#learned === undefined
    const knowledge = knowledgeOf(machine, stepper, this.#learned)
    const isNew =
      knowledge.positions.length + knowledge.values.length + knowledge.decisions.length > 0
    if (!reset && !isNew && this.#told === round && claim === null) return null
    this.#learned = learnedBy(machine, stepper)
    this.#told = round
    return { reset, knowledge, table: round.table, memory: round.memory, claim }
  }
}

/** One who expands states of a search with a machine of its own. */
export class Follower {
  readonly #machine: Machine
  readonly #stepper: Stepper
  readonly expander: Expander
  readonly #symmetry: Symmetry | null
  /** What is worked on, once that is known. */
  round: Round | null = null
  /** Shows what is to be shown, once all states were found. */
  prover: Prover | null = null

  constructor(
    machine: Machine,
    { partialOrder, symmetry }: Pick<Link, 'partialOrder' | 'symmetry'>,
  ) {
    this.#machine = machine
    this.#stepper = new Stepper(machine, partialOrder && mayLeaveOut(machine))
    const { programs } = this.#stepper
    const renames = symmetry && mayRename(machine, programs)
    this.#symmetry = renames ? Symmetry.of(machine, programs) : null
    this.expander = new Expander(machine, this.#stepper, this.#symmetry)
  }

  /** Catches up with the search. */
  follow({ reset, knowledge, table, memory, claim }: Update): void {
    if (reset) {
      this.#stepper.reset()
      this.expander.reset()
    }
    learn(this.#machine, this.#stepper, knowledge)
    this.round = new Round(table, memory, this.#machine.properties.length)
    const visited = { table, stepper: this.#stepper, symmetry: this.#symmetry }
    this.prover = claim === null ? null : new Prover(visited, claim)
  }
}

/** What a thread of a crew does, until the search has ended. */
export function joinCrew(machine: Machine, { port, ...link }: Link): void {
  const control = new Int32Array(link.control)
  // Code that does not come to its next step is left to the thread that searches.
  machine.watch = new CodeWatch({ patience: 1_000 })
  const follower = new Follower(machine, link)
  let jobs = Atomics.load(control, JOBS)
  Atomics.add(control, READY, 1)
  try {
    // A thread may be ready only when all others have been dismissed: nobody wakes it then.
    while (Atomics.load(control, STOP) === 0) {
      for (let looks = 0; looks < LOOKS && Atomics.load(control, JOBS) === jobs; looks++);
      Atomics.wait(control, JOBS, jobs)
      jobs = Atomics.load(control, JOBS)
      if (Atomics.load(control, STOP) === 1) break
      // What it has to be told for this job it is told by now.
      const turn = Atomics.load(control, TICKET)
      let received = receiveMessageOnPort(port)
      for (; received !== undefined; received = receiveMessageOnPort(port)) {
        follower.follow(received.message as Update)
      }
      const { expander, round, prover } = follower
      if (round !== null) takeParts({ expander, round, prover }, control, turn)
    }
  } catch (thrown) {
    // Nobody waits for it any more.
    Atomics.add(control, FAILED, 1)
    Atomics.add(control, DONE, 1)
    Atomics.notify(control, DONE)
    throw thrown
  }
  port.close()
}

/** What a thread does parts of jobs with. */
interface Tools {
  readonly expander: Expander
  readonly round: Round
  /** Null while nothing is to be shown. */
  readonly prover: Prover | null
}

/**
 * Does parts of a job until none is left.
 * @param turn a ticket of the job: of another one nothing is taken.
 */
function takeParts({ expander, round, prover }: Tools, control: Int32Array, turn: number): void {
  // As long as tickets are of this job these are too.
  const [job, parts, size] = [control[JOB], control[PARTS], control[SIZE]] as [
    number,
    number,
    number,
  ]
  for (;;) {
    const ticket = Atomics.load(control, TICKET)
    const part = ticket & PART
    if ((ticket ^ turn) >> PART_BITS !== 0 || part >= parts) return
    if (Atomics.compareExchange(control, TICKET, ticket, ticket + 1) !== ticket) continue
    if (job === EXPAND) expander.expand(round, part)
    else if (job === STORE) storePiece(round, part)
    else if (job === ENTER) enterStates(round.table, size, { part, parts })
    else prover?.show(part)
    if (Atomics.add(control, DONE, 1) === parts - 1) Atomics.notify(control, DONE)
  }
}
