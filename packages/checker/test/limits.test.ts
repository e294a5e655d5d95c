import { describe, expect, it } from 'vitest'
import { Search } from '../src/search/search.js'
import type { SearchOptions } from '../src/search/search-options.js'
import { protocol } from './protocol.js'

const search = (options: SearchOptions) =>
  new Search(protocol(), { symmetry: false, allDeadlocks: true, ...options }).run()
const all = search({})

describe('a limit', () => {
  it.each<[keyof SearchOptions, number]>([
    ['maxStates', 3_000],
    ['maxDepth', 4],
    ['maxSeconds', 1e-9],
    ['maxMegabytes', 0.3],
  ])('%s stops the search, which then claims nothing', (name, limit) => {
    const stopped = search({ [name]: limit })
    expect(stopped).toMatchObject({ bound: name, deadlocks: [], verdict: 'bounded' })
    expect(stopped.states).toBeLessThan(all.states)
  })

  it('of states and of memory is hardly exceeded', () => {
    for (const maxStates of [1, 100, 1_000, 3_000, 10_000]) {
      const { states, bound } = search({ maxStates })
      expect(bound).toBe('maxStates')
      expect(states).toBeLessThan(maxStates * 1.1 + 500)
    }
    for (const maxMegabytes of [0.1, 0.2, 0.3]) {
      const { bytes, bound } = search({ maxMegabytes })
      expect(bound).toBe('maxMegabytes')
      expect(bytes).toBeLessThanOrEqual(maxMegabytes * 1e6)
    }
  })

  it('of depth is exact: a deadlock is found from its depth on', () => {
    const { depth } = search({ allDeadlocks: false })
    expect(search({ allDeadlocks: false, maxDepth: depth }).verdict).toBe('deadlock')
    expect(search({ allDeadlocks: false, maxDepth: depth - 1 })).toMatchObject({
      verdict: 'bounded',
      depth,
    })
  })

  it('that is not reached changes nothing', () => {
    const limits = { maxStates: all.states, maxDepth: all.depth, maxSeconds: 60, maxMegabytes: 9 }
    expect({ ...search(limits), seconds: 0 }).toEqual({ ...all, seconds: 0 })
  })
})
