import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Row } from '../src/machine/layout.js'
import { findLivelock } from '../src/search/progress.js'

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

/** The least state from which no end can be reached: backwards from the ends, until nothing changes. */
function expected({ successors, ends }: Graph): number | null {
  const reaching = new Set(ends)
  for (const [state, next] of successors.entries()) if (next.length === 0) reaching.add(state)
  for (let before = -1; before !== reaching.size; ) {
    before = reaching.size
    for (const [state, next] of successors.entries()) {
      if (next.some((other) => reaching.has(other))) reaching.add(state)
    }
  }
  const stuck = successors.findIndex((_, state) => !reaching.has(state))
  return stuck < 0 ? null : stuck
}

describe('a livelock', () => {
  it('is found where no end can be reached, and only there', () => {
    const found = { some: 0, none: 0 }
    fc.assert(
      fc.property(graph, (drawn) => {
        const { successors, ends } = drawn
        let expanded = 0
        const visited = {
          table: {
            size: successors.length,
            words: 1,
            read: (state: number, row: Row) => {
              row[0] = state
            },
            find: (row: Row) => row[0] as number,
          },
          stepper: {
            settled: ([state]: Row) =>
              ends.includes(state as number) || successors[state as number]?.length === 0,
            expand: ([state]: Row, emit: (next: Row, task: number) => void) => {
              expanded++
              for (const next of successors[state as number] ?? []) emit(Int32Array.of(next), 0)
              return true
            },
          },
          symmetry: null,
        }
        const turns = [...successors.entries()]
          .filter(([state, next]) => next.length > 0 && next.every((other) => other <= state))
          .map(([state]) => state)
        const livelock = findLivelock(visited, turns)
        expect(livelock?.state ?? null).toBe(expected(drawn))
        if (livelock !== null) {
          const { loop } = livelock
          expect(loop.length).toBeGreaterThan(1)
          expect(loop.at(-1)).toBe(loop[0])
          for (const [at, state] of loop.slice(1).entries()) {
            expect(successors[loop[at] as number]).toContain(state)
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
  })
})
