import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Machine } from '../src/machine/machine.js'
import { Crew, Follower, News } from '../src/node/crew.js'
import { blockOfPieces, emptyPieces, PIECE, PieceReader, pieceAt } from '../src/search/piece.js'
import { Search, type SearchOptions } from '../src/search/search.js'
import { outcome } from './outcome.js'
import { protocol } from './protocol.js'
import { build, type Plan, plan } from './random-machine.js'

type Helpers = NonNullable<SearchOptions['crew']>

const THREAD = new URL('./crew-thread.mjs', import.meta.url)

/** A crew without threads: followers with machines of their own, which take turns. */
function crewOf(
  machines: readonly Machine[],
  options: SearchOptions,
): Helpers & { expanded: number } {
  const { partialOrder = true, symmetry = true } = options
  const followers = machines.map((machine) => new Follower(machine, { partialOrder, symmetry }))
  const news = new News()
  const pieces = blockOfPieces()
  const reader = new PieceReader()
  return {
    expanded: 0,
    reset: () => news.reset(),
    expand(search, from, to) {
      const update = news.of(search)
      emptyPieces(pieces)
      // What goes from thread to thread is cloned; the table is shared.
      for (const follower of followers) {
        if (update)
          follower.follow({ ...structuredClone({ ...update, table: 0 }), table: update.table })
      }
      for (let piece = 0; from + piece * PIECE < to; piece++) {
        const { expander, table } = followers[piece % followers.length] as Follower
        if (table === null) throw new Error('the followers were told of no table')
        const first = from + piece * PIECE
        const { size } = search.table
        expander.expand(table, size, first, Math.min(first + PIECE, to), pieces, pieceAt(piece))
        reader.open(pieces, pieceAt(piece), table.words)
        while (reader.next()) this.expanded++
      }
      return pieces
    },
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
          const crew = crewOf([build(drawn), build(drawn)], options)
          const alone = outcome(new Search(build(drawn), limits))
          expect(outcome(new Search(build(drawn), { ...limits, crew }))).toEqual(alone)
        },
      ),
      { numRuns: 60, seed: 16 },
    )
  })

  it('finds the same in a protocol with many states', () => {
    for (const symmetry of [false, true]) {
      const options = { symmetry, allDeadlocks: true }
      const crew = crewOf([protocol(), protocol(), protocol()], options)
      const alone = outcome(new Search(protocol(), options))
      expect(outcome(new Search(protocol(), { ...options, crew }))).toEqual(alone)
      // The crew has done most of it.
      expect(crew.expanded).toBeGreaterThan(alone.states / 2)
    }
  })

  it('finds the same with threads', async () => {
    const options = { partialOrder: false, symmetry: false, allDeadlocks: true }
    const threads: Worker[] = []
    const crew = new Crew(1, options, (link) => {
      threads.push(new Worker(THREAD, { workerData: { link }, transferList: [link.port] }))
    })
    while (!crew.isReady) await new Promise((resolve) => setTimeout(resolve, 10))
    let blocks = 0
    const counted: Helpers = {
      reset: () => crew.reset(),
      expand(search, from, to) {
        const pieces = crew.expand(search, from, to)
        if (pieces !== null) blocks++
        return pieces
      },
    }
    const found = outcome(new Search(protocol(), { ...options, crew: counted }))
    expect(found).toEqual(outcome(new Search(protocol(), options)))
    expect(blocks).toBeGreaterThan(10)
    const ended = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)))
    crew.dismiss()
    expect(await Promise.all(ended)).toEqual([0])
  })
})
