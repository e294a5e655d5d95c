import { describe, expect, it } from 'vitest'
import { POLICIES } from '../../../src/kernel/policy.js'
import { CASES } from '../../../src/scenarios/catalogue.js'
import { holdAgainst } from '../../kernel/hold-against.js'
import { ROWS } from './rows.js'

describe('an explanation', () => {
  it('is true of every unsafe cell of the matrix', () => {
    const kinds = new Set<string>()
    for (const [at, { scenario }] of CASES.entries()) {
      for (const [column, policy] of POLICIES.entries()) {
        const result = ROWS[at]?.cells[column]?.result
        if (result === undefined) continue
        const kind = holdAgainst(scenario, policy, 20_000, result)
        if (kind !== null) kinds.add(kind)
      }
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['none', 'allocation']))
  })
})
