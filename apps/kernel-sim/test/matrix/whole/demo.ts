import { describe, expect, it } from 'vitest'
import { matrixText } from '../../../src/report/check/text.js'
import { kernelSim } from '../../cli/kernel-sim.js'
import { ROWS } from './rows.js'

describe('kernel-sim demo', () => {
  it('shows the matrix and the audit, and ends with the answer', async () => {
    const { status, stdout, stderr } = await kernelSim(['demo'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const parts = [
      'direct-recursion',
      'kernel-sim audit of a-xfs',
      'nofs differs from scope',
      'Is it simple enough',
      'No, it is',
    ]
    const places = parts.map((part) => stdout.indexOf(part))
    expect(places.every((place) => place >= 0)).toBe(true)
    expect([...places].sort((a, b) => a - b)).toEqual(places)
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('rht_deferred_worker')
    // The command has searched with as many threads as there are processors.
    expect(stdout.slice(0, places[1])).toContain(matrixText(ROWS, false))
  })
})
