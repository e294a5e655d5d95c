import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Row } from '../src/machine/layout.js'
import { Ends } from '../src/search/ends.js'
import type { Visited } from '../src/search/next-states.js'
import { NumberMap } from '../src/search/number-map.js'
import { findLivelock } from '../src/search/progress.js'
import { StateTable } from '../src/search/state-table.js'
import type { Successors } from '../src/search/successors.js'

/** The successors of each state; a state without any is an end, and so are some others. */
interface Graph {
  readonly successors: readonly (readonly number[])[]
  readonly ends: readonly number[]
}

const graph: fc.Arbitrary<Graph> = fc.integer({ min: 1, max: 14 }).chain((size) => {
  const state = fc.nat(size - 1)
  return fc.record({
    successors: fc.array(fc.array(state, { maxLength: 3 }), { minLength: size, maxLength: size }),
    ends: fc.array(state, { maxLength: 2 }),
  })
})

/** All states that can be reached from each, itself included. */
function reaching({ successors }: Graph): readonly ReadonlySet<number>[] {
  return successors.map((_, start) => {
    const reached = new Set([start])
    for (const state of reached) for (const next of successors[state] ?? []) reached.add(next)
    return reached
  })
}

/** What there is to find, by what can be reached from each state. */
function expected(graph: Graph) {
  const reached = reaching(graph)
  const isEnd = (state: number): boolean =>
    graph.ends.includes(state) || graph.successors[state]?.length === 0
  const stuck = [...reached.keys()].filter((state) => ![...(reached[state] ?? [])].some(isEnd))
  const trapped = stuck.filter((state) =>
    [...(reached[state] ?? [])].every((other) => reached[other]?.has(state)),
  )
  return { stuck, trapped }
}

/** A graph as a search that has visited it. @param onExpand is called when a state is expanded. */
function visited({ successors, ends }: Graph, onExpand: () => void = () => {}): Visited {
  const table = new StateTable(1)
  for (const state of successors.keys()) table.stage(Int32Array.of(state), -1)
  table.flush()
  const settled = ([state]: Row): boolean =>
    ends.includes(state as number) || successors[state as number]?.length === 0
  const collect = ([state]: Row, _: Row | null, found: Successors): boolean => {
    onExpand()
    for (const next of successors[state as number] ?? []) found.push(Int32Array.of(next))
    return true
  }
  const expand = (): never => {
    throw new Error('steps are collected')
  }
  return { table: table.view, stepper: { settled, collect, expand }, symmetry: null }
}

/** The states all of whose successors were found before. */
function turnsOf({ successors }: Graph): number[] {
  return [...successors.keys()].filter((state) => {
    const next = successors[state] ?? []
    return next.length > 0 && next.every((other) => other <= state)
  })
}

describe('a livelock', () => {
  it('is found where no end can be reached, and only there, with the first loop that nobody can leave', () => {
    const found = { some: 0, none: 0, severalTraps: 0 }
    fc.assert(
      fc.property(graph, fc.array(fc.nat(13)), (drawn, others) => {
        const { successors } = drawn
        let expanded = 0
        const search = visited(drawn, () => expanded++)
        const turns = new Set([...turnsOf(drawn), ...others.filter((at) => at < successors.length)])
        const livelock = findLivelock(search, [...turns], new Uint8Array(successors.length))
        const { stuck, trapped } = expected(drawn)
        expect(livelock?.state ?? null).toBe(stuck[0] ?? null)
        if (livelock !== null) {
          const { loop } = livelock
          expect(loop.length).toBeGreaterThan(1)
          expect([loop[0], loop.at(-1)]).toEqual([trapped[0], trapped[0]])
          for (const [at, state] of loop.slice(1).entries()) {
            expect(successors[loop[at] as number]).toContain(state)
          }
          const [first] = trapped
          if (trapped.some((state) => !reaching(drawn)[first as number]?.has(state))) {
            found.severalTraps++
          }
        }
        // Linear: no state is expanded twice, and once more to find the loop.
        expect(expanded).toBeLessThanOrEqual(successors.length * (livelock === null ? 1 : 2))
        found[livelock === null ? 'none' : 'some']++
      }),
      { numRuns: 2_000, seed: 14 },
    )
    expect(found.some).toBeGreaterThan(200)
    expect(found.none).toBeGreaterThan(200)
    expect(found.severalTraps).toBeGreaterThan(20)
  })

  it('is the same when others have shown something before, each at the same time as another', () => {
    let interrupted = 0
    fc.assert(
      fc.property(graph, fc.array(fc.nat(13), { maxLength: 20 }), (drawn, roots) => {
        const { successors } = drawn
        const fates = new Uint8Array(successors.length)
        const waiting = roots.filter((root) => root < successors.length)
        const { stuck } = expected(drawn)
        const show = (ends: Ends): void => {
          const root = waiting.pop() as number
          const isShown = ends.show(root)
          // Whoever is slower still finds it, but what cannot be shown is not.
          if (isShown) expect(stuck).not.toContain(root)
          else expect(stuck.length).toBeGreaterThan(0)
        }
        const other = new Ends(visited(drawn), fates)
        const ends = new Ends(
          visited(drawn, () => {
            if (waiting.length === 0) return
            interrupted++
            show(other)
          }),
          fates,
        )
        while (waiting.length > 0) show(ends)
        for (const state of stuck) expect(fates[state]).toBe(0)
        const alone = findLivelock(visited(drawn), turnsOf(drawn), new Uint8Array(fates.length))
        expect(findLivelock(visited(drawn), turnsOf(drawn), fates)).toEqual(alone)
      }),
      { numRuns: 1_000, seed: 15 },
    )
    expect(interrupted).toBeGreaterThan(500)
  })
})

describe('a number map', () => {
  it('holds what a Map holds', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.nat(), fc.integer({ min: 1 })), {
      selector: ([key]) => key,
      maxLength: 2_000,
      size: 'max',
    })
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 2 }), (times) => {
        const map = new NumberMap()
        for (const drawn of times) {
          for (const [key, value] of drawn) map.add(key, value)
          const known = new Map(drawn)
          const asked = drawn.flatMap(([key]) => [key, key + 1])
          expect(asked.map((key) => map.get(key))).toEqual(asked.map((key) => known.get(key) ?? 0))
          map.clear()
          expect(asked.some((key) => map.get(key) !== 0)).toBe(false)
        }
      }),
      { numRuns: 20, seed: 16 },
    )
  })
})
