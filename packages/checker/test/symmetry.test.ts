import { describe, expect, it } from 'vitest'
import type { Row } from '../src/machine/layout.js'
import type { Machine } from '../src/machine/machine.js'
import { Search } from '../src/search/search.js'
import { permutations, text } from './brute-force.js'
import { protocol } from './protocol.js'

/** All ways to rename the replicas of all groups, as functions of a state's text. */
function renamings({ groups }: Machine): ((state: string) => string)[] {
  let all: ((state: string) => string)[] = [(state) => state]
  for (const { size, replicas } of groups) {
    const names = [...new Set(replicas.flat().map(({ name }) => name))].join('|')
    const named = new RegExp(`\\b(${names})#(\\d+)`, 'g')
    all = all.flatMap((rename) =>
      permutations(size).map(
        (order) => (state: string) =>
          rename(state).replace(
            named,
            (_, name: string, number: string) =>
              `${name}#${(order[Number(number) - 1] as number) + 1}`,
          ),
      ),
    )
  }
  return all
}

describe('symmetry', () => {
  it('keeps one state of each class, also where several groups refer to each other', () => {
    const search = new Search(protocol(), { allDeadlocks: true })
    const { states } = search.run()
    const { machine, stepper, table } = search
    const renaming = renamings(machine)
    expect(renaming).toHaveLength(6 * 2)
    const row: Row = new Int32Array(machine.layout.words)
    const classes = new Set<string>()
    for (let state = 0; state < states; state++) {
      table.read(state, row)
      const here = text({ machine, row, programs: stepper.programs })
      const names = renaming.map((rename) => rename(here).split('\n').sort().join('\n'))
      classes.add(names.sort()[0] as string)
    }
    expect(classes.size).toBe(states)
  })
})
