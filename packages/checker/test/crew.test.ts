import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Machine } from '../src/machine/machine.js'
import { Crew, Follower, type Link, News } from '../src/node/crew.js'
import { storePiece } from '../src/search/candidates.js'
import { type Claim, claimOf, partsOf } from '../src/search/claim.js'
import { enterStates } from '../src/search/enter-states.js'
import { hash } from '../src/search/hash.js'
import type { Searching } from '../src/search/helpers.js'
import { Round, roundMemory } from '../src/search/round.js'
import { Search } from '../src/search/search.js'
import type { SearchOptions } from '../src/search/search-options.js'
import { NUMBER, NUMBER_BITS } from '../src/search/slots.js'
import { FAILURE, failEntering } from './failing-thread.js'
import { outcome } from './outcome.js'
import { type ProtocolOptions, protocol } from './protocol.js'
import { build, type Plan, plan } from './random-machine.js'

type Helpers = NonNullable<SearchOptions['crew']>

/** Numbers of values have to be the same for all. */
const WIDE = { wide: true }

const THREAD = new URL('./crew-thread.mjs', import.meta.url)

/** A crew without threads: followers with machines of their own, which take the pieces of a round in turns, the last piece first. */
class Turns implements Helpers {
  isLost = false
  /** How many states it has expanded. */
  expanded = 0
  /** Of how many states it has shown that an end can be reached from them. */
  shown = 0
  readonly followers: readonly Follower[]
  readonly #news = new News()

  constructor(
    machines: readonly Machine[],
    { partialOrder = true, symmetry = true }: Pick<SearchOptions, 'partialOrder' | 'symmetry'>,
  ) {
    this.followers = machines.map((machine) => new Follower(machine, { partialOrder, symmetry }))
  }

  reset(): void {
    this.#news.reset()
  }

  expand(search: Searching, from: number, to: number): Round | null {
    const round = this.#news.begin(search, from, to, 1)
    if (round === null) return null
    this.tell(search)
    this.expandPieces(round)
    for (let piece = 0; piece < round.pieces; piece++) {
      this.expanded += round.memory.done[piece] as number
    }
    return round
  }

  /** Expands all pieces of a round. */
  protected expandPieces(round: Round): void {
    for (let piece = round.pieces - 1; piece >= 0; piece--) this.expandPiece(piece)
  }

  protected expandPiece(piece: number, follower = piece % this.followers.length): void {
    const { expander, round } = this.followers[follower] as Follower
    expander.expand(round as Round, piece)
  }

  store(search: Searching): void {
    this.tell(search)
    const { round } = this.followers[0] as Follower
    for (let piece = 0; piece < (round as Round).pieces; piece++) storePiece(round as Round, piece)
  }

  enter({ table: { view, size } }: Searching): void {
    const parts = 4
    for (let part = parts - 1; part >= 0; part--) enterStates(view, size, { part, parts })
  }

  showEnds(search: Searching, states: readonly number[]): Uint8Array | null {
    const claim = claimOf(states, search.table.size)
    this.tell(search, claim)
    for (let part = partsOf(claim) - 1; part >= 0; part--) {
      this.followers[part % this.followers.length]?.prover?.show(part)
    }
    this.shown += claim.fates.reduce((shown, fate) => shown + fate, 0)
    return claim.fates
  }

  protected tell(search: Searching, shown: Claim | null = null): void {
    const update = this.#news.of(search, shown)
    if (update === null) return
    // What goes from thread to thread is cloned; memory is shared.
    const { table, memory, claim, ...rest } = update
    for (const follower of this.followers) {
      follower.follow({ ...structuredClone(rest), table, memory, claim })
    }
  }
}

/**
 * Two followers, one of which is always faster: whenever the first is about to take a free slot for a state that is also found in a piece that nobody has expanded
 * yet, the second expands that piece. A third one has found out before in which pieces each state is found, with memory of its own.
 */
class Racing extends Turns {
  /** How often the second was let go first where it has found the same state, and how often the slot was taken then. */
  races = 0
  lost = 0
  /** How often the state that is in the slot after a race is that of the second, whose number is lower, and that of the first. */
  readonly kept = { faster: 0, slower: 0 }
  /** How often the row was not there that whoever looks into the slot would look at. */
  unwritten = 0
  #rounds = 0

  protected override expandPieces(round: Round): void {
    const places = this.#scout(round)
    const waiting = new Set(Array.from({ length: round.pieces }, (_, piece) => piece))
    // Numbers are lower in earlier pieces: so each of the two has to give way, in every other round.
    const order = [...waiting]
    if (this.#rounds++ % 2 === 1) order.reverse()
    const { words } = round.table
    const rowOf = (entry: number): Int32Array => {
      const from = ((entry & NUMBER) - 1 - round.size) * words
      return round.memory.rows.subarray(from, from + words)
    }
    const won: { readonly row: string; readonly slower: number }[] = []
    const { compareExchange } = Atomics
    const spy = vi.spyOn(Atomics, 'compareExchange')
    let isRacing = false
    spy.mockImplementation(((slots: Int32Array, slot: number, expected: number, own: number) => {
      if ((hash(rowOf(own), 0, words) ^ own) >>> NUMBER_BITS !== 0) this.unwritten++
      const row = rowOf(own).join()
      const rival = places.get(row)?.find((piece) => waiting.has(piece))
      if (isRacing || expected !== 0 || rival === undefined) {
        return compareExchange(slots, slot, expected, own)
      }
      waiting.delete(rival)
      isRacing = true
      this.expandPiece(rival, 1)
      isRacing = false
      // It may have learned meanwhile that its step leads to a state that is known, and have passed over it.
      if (!rowsOf(round, rival).includes(row)) return compareExchange(slots, slot, expected, own)
      this.races++
      const held = compareExchange(slots, slot, expected, own)
      if (held !== expected) this.lost++
      won.push({ row, slower: own & NUMBER })
      return held
    }) as typeof Atomics.compareExchange)
    try {
      for (const piece of order) if (waiting.delete(piece)) this.expandPiece(piece, 0)
    } finally {
      spy.mockRestore()
    }
    const entries = new Map<string, number>()
    for (const entry of round.table.slots) {
      const number = (entry & NUMBER) - 1
      if (number >= round.size) entries.set(rowOf(entry).join(), number + 1)
    }
    for (const { row, slower } of won)
      this.kept[entries.get(row) === slower ? 'slower' : 'faster']++
  }

  /** The pieces in which each new state is found. */
  #scout(round: Round): Map<string, number[]> {
    const { table, properties, from, pieces } = round
    const slots = table.slots.slice()
    const memory = roundMemory(table.words, properties)
    const own = new Round({ ...table, slots }, memory, properties)
    own.begin(from, round.endOf(pieces - 1), round.size)
    const places = new Map<string, number[]>()
    const { expander } = this.followers[2] as Follower
    for (let piece = 0; piece < pieces; piece++) {
      expander.reset()
      expander.expand(own, piece)
      for (const [at, row] of rowsOf(own, piece).entries()) {
        places.set(row, [...(places.get(row) ?? []), piece])
        slots[memory.slots[piece * own.room + at] as number] = 0
      }
    }
    return places
  }
}

/** The rows of the candidates of a piece, as text. */
function rowsOf({ memory, room, table: { words } }: Round, piece: number): string[] {
  return Array.from({ length: memory.found[piece] as number }, (_, at) => {
    const from = (piece * room + at) * words
    return memory.rows.subarray(from, from + words).join()
  })
}

/** A crew that loses a thread in the middle of a job. Later that one writes into all memory that it has ever seen. */
class Losing extends Turns {
  scribbled = 0
  #seen: Round | null = null
  #left: number

  constructor(
    machines: readonly Machine[],
    options: SearchOptions,
    readonly job: 'expand' | 'store' | 'enter' | 'show',
  ) {
    super(machines, options)
    // Slots grow but once or twice, as far as they will be needed.
    this.#left = job === 'enter' ? 1 : 3
  }

  scribble(): void {
    if (!this.isLost || this.#seen === null) return
    const { table, memory } = this.#seen
    for (const array of [table.rows, table.parents, table.slots, memory.rows]) array.fill(-1)
    this.scribbled++
  }

  override expand(search: Searching, from: number, to: number): Round | null {
    const round = super.expand(search, from, to)
    this.#seen = this.followers[0]?.round ?? null
    return this.#lose('expand') ? null : round
  }

  protected override expandPieces(round: Round): void {
    // Half of them.
    for (let piece = 0; piece < round.pieces; piece += this.#ends('expand') ? 2 : 1) {
      this.expandPiece(piece)
    }
  }

  override store(search: Searching): void {
    this.tell(search)
    this.#seen = this.followers[0]?.round ?? null
    if (this.#lose('store')) storePiece(this.#seen as Round, 0)
    else super.store(search)
  }

  override enter(search: Searching): void {
    this.tell(search)
    this.#seen = this.followers[0]?.round ?? null
    const { view, size } = search.table
    if (this.#lose('enter')) enterStates(view, size, { part: 0, parts: 2 })
    else super.enter(search)
  }

  override showEnds(search: Searching, states: readonly number[]): Uint8Array | null {
    if (this.job !== 'show') return super.showEnds(search, states)
    const known = super.showEnds(search, states)
    this.#seen = this.followers[0]?.round ?? null
    this.isLost = true
    const { table } = search
    const { detach } = table
    table.detach = () => {
      detach.call(table)
      this.scribble()
      this.scribble()
    }
    return known?.fill(1) ?? null
  }

  #ends(job: string): boolean {
    return job === this.job && this.#left === 1
  }

  #lose(job: string): boolean {
    if (this.#ends(job)) this.isLost = true
    if (job === this.job) this.#left--
    return this.isLost
  }
}

describe('a search with a crew', () => {
  it('finds the same as one alone, whatever the machine and the reductions', () => {
    fc.assert(
      fc.property(
        plan,
        fc.record({
          partialOrder: fc.boolean(),
          symmetry: fc.boolean(),
          allDeadlocks: fc.boolean(),
        }),
        (drawn: Plan, options) => {
          const limits = { ...options, maxStates: 2_000 }
          const crew = new Turns([build(drawn, WIDE), build(drawn, WIDE)], options)
          const alone = outcome(new Search(build(drawn, WIDE), limits))
          expect(outcome(new Search(build(drawn, WIDE), { ...limits, crew }))).toEqual(alone)
        },
      ),
      { numRuns: 60, seed: 16 },
    )
  })

  it('finds the same in a protocol with many states', () => {
    for (const symmetry of [false, true]) {
      const options = { symmetry, allDeadlocks: true }
      const crew = new Turns([protocol(), protocol(), protocol()], options)
      const alone = outcome(new Search(protocol(), options))
      expect(outcome(new Search(protocol(), { ...options, crew }))).toEqual(alone)
      // The crew has done most of it.
      expect(crew.expanded).toBeGreaterThan(alone.states / 2)
    }
  })

  it.each<[ProtocolOptions, { partialOrder: boolean; symmetry: boolean }]>([
    [{ isSafe: true }, { partialOrder: false, symmetry: false }],
    [{ isSafe: true }, { partialOrder: true, symmetry: true }],
    [{ ticks: true }, { partialOrder: true, symmetry: true }],
  ])('shows that the tasks of %o come to an end as far as they do, with %o', (drawn, options) => {
    const crew = new Turns([protocol(drawn), protocol(drawn), protocol(drawn)], options)
    const search = new Search(protocol(drawn), { ...options, crew })
    const found = outcome(search)
    expect(found).toEqual(outcome(new Search(protocol(drawn), options)))
    expect(found.verdict).toBe(drawn.isSafe ? 'safe' : 'livelock')
    const turns = search.snapshot().turns.length
    expect(turns).toBeGreaterThan(100)
    // Nothing is left to the search where there is an end.
    if (drawn.isSafe) expect(crew.shown).toBeGreaterThanOrEqual(turns)
    else expect(crew.shown).toBeGreaterThan(0)
  })

  it('finds the same when others are always faster with the same state', () => {
    const options = { partialOrder: false, symmetry: false, allDeadlocks: true }
    const crew = new Racing([protocol(), protocol(), protocol()], options)
    const found = outcome(new Search(protocol(), { ...options, crew }))
    expect(found).toEqual(outcome(new Search(protocol(), options)))
    expect(crew.unwritten).toBe(0)
    expect(crew.races).toBeGreaterThan(300)
    expect(crew.lost).toBe(crew.races)
    // What stays is that with the lower number, whoever came first.
    expect(crew.kept.faster).toBeGreaterThan(100)
    expect(crew.kept.slower).toBeGreaterThan(100)
  })

  it('stops at the same state, and keeps nothing of what others have found beyond it', () => {
    const options = { partialOrder: false, symmetry: false }
    const crew = new Turns([protocol(), protocol()], options)
    const search = new Search(protocol(), { ...options, crew })
    expect(outcome(search)).toEqual(outcome(new Search(protocol(), options)))
    const { rows, parents } = search.snapshot()
    const alone = new Search(protocol(), options)
    alone.run()
    const { rows: expectedRows, parents: expectedParents } = alone.snapshot()
    expect([rows, parents]).toEqual([expectedRows, expectedParents])
    const found = [...parents.keys()].filter(
      (state) => search.exact.find(search.row(state)) === state,
    )
    expect(found.length).toBe(parents.length)
  })

  it.each(['expand', 'store', 'enter'] as const)(
    'goes on alone when a thread is lost while they %s',
    (job) => {
      const options = { partialOrder: false, symmetry: false, allDeadlocks: true }
      const crew = new Losing([protocol(), protocol()], options, job)
      const onProgress = (): void => crew.scribble()
      const found = outcome(new Search(protocol(), { ...options, crew, onProgress }))
      expect(found).toEqual(outcome(new Search(protocol(), options)))
      expect(crew.scribbled).toBeGreaterThan(1)
    },
  )

  it('finds the same livelock alone when a thread is lost while they show that there is none', () => {
    const options = { partialOrder: true, symmetry: true }
    const machine = (): Machine => protocol({ ticks: true })
    const crew = new Losing([machine(), machine()], options, 'show')
    const found = outcome(new Search(machine(), { ...options, crew }))
    expect(found).toEqual(outcome(new Search(machine(), options)))
    expect(found.verdict).toBe('livelock')
    expect(crew.scribbled).toBeGreaterThan(1)
  })

  it('starts no thread for a search that is soon over', () => {
    const start = vi.fn()
    const crew = new Crew(1, { partialOrder: true, symmetry: true }, start)
    const found = outcome(new Search(protocol(), { crew }))
    expect(found).toEqual(outcome(new Search(protocol(), {})))
    expect(start).not.toHaveBeenCalled()
    crew.dismiss()
  })

  it('lets a thread end that is ready only after it was dismissed', async () => {
    const links: Link[] = []
    const options = { partialOrder: true, symmetry: true, isEager: true }
    const crew = new Crew(1, options, (link) => links.push(link))
    crew.dismiss()
    const [link] = links as [Link]
    const workerData = { link, machine: {} }
    const thread = new Worker(THREAD, { workerData, transferList: [link.port] })
    expect(await new Promise((resolve) => thread.once('exit', resolve))).toBe(0)
  })

  it.each([1, 2, 3])('finds the same with %i threads more', async (others) => {
    const options = { partialOrder: false, symmetry: false, allDeadlocks: true }
    const { crew, threads, codes } = await crewOfThreads(others, options)
    const rounds = vi.spyOn(crew, 'store')
    const found = outcome(new Search(protocol(), { ...options, crew }))
    expect(found).toEqual(outcome(new Search(protocol(), options)))
    expect(rounds.mock.calls.length).toBeGreaterThan(10)
    crew.dismiss()
    expect(await codes).toEqual(threads.map(() => 0))
  })

  it.each([1, 2])('shows that there is no livelock with %i threads more', async (others) => {
    const options = { partialOrder: false, symmetry: false }
    const { crew, threads, codes } = await crewOfThreads(others, options, { isSafe: true })
    const shows = vi.spyOn(crew, 'showEnds')
    const search = new Search(protocol({ isSafe: true }), { ...options, crew })
    const found = outcome(search)
    expect(found).toEqual(outcome(new Search(protocol({ isSafe: true }), options)))
    const fates = shows.mock.results[0]?.value as Uint8Array
    expect(search.snapshot().turns.filter((turn) => fates[turn] !== 1)).toEqual([])
    crew.dismiss()
    expect(await codes).toEqual(threads.map(() => 0))
  })

  it('goes on alone when one of its threads fails, and the others end', async () => {
    const options = { partialOrder: false, symmetry: false, allDeadlocks: true }
    const meeting = new Int32Array(new SharedArrayBuffer(4))
    const { crew, threads, codes } = await crewOfThreads(2, options, {}, meeting)
    const errors = threads.map((thread) => {
      const told: string[] = []
      thread.on('error', ({ message }) => told.push(message))
      return told
    })
    const { enter } = crew
    crew.enter = (search) => {
      const undo = failEntering(meeting, 'waits')
      enter.call(crew, search)
      undo()
    }
    const found = outcome(new Search(protocol(), { ...options, crew }))
    expect(found).toEqual(outcome(new Search(protocol(), options)))
    expect([meeting[0], crew.isLost]).toEqual([1, true])
    crew.dismiss()
    expect(await codes).toEqual([1, 0])
    expect(errors).toEqual([[FAILURE], []])
  })
})

/**
 * Threads that search a protocol.
 * @param meeting where one of them is to fail, and the others wait for it: see failing-thread.ts.
 */
async function crewOfThreads(
  others: number,
  options: { readonly partialOrder: boolean; readonly symmetry: boolean },
  machine: ProtocolOptions = {},
  meeting: Int32Array | null = null,
) {
  const threads: Worker[] = []
  const crew = new Crew(others, { ...options, isEager: true }, (link) => {
    const role = threads.length === 0 ? 'fails' : 'waits'
    const failing = meeting === null ? {} : { failing: { meeting, role } as const }
    const workerData = { link, machine, ...failing }
    threads.push(new Worker(THREAD, { workerData, transferList: [link.port] }))
  })
  const codes = Promise.all(
    threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve))),
  )
  while (!crew.isReady) await new Promise((resolve) => setTimeout(resolve, 10))
  return { crew, threads, codes }
}
