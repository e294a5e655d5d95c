/**
 * What the engine says of bundled cases is what the command says: the same verdicts, counts and tokens, from the texts that the page
 * shows. These are some of them; browser/equal.test.ts has all, in Chromium, where they take a tenth of the time.
 */
import { CASES } from '@scopemask/kernel-sim/cases'
import { cellOf, policyNamed, walkOf } from '@scopemask/kernel-sim/workbench'
import { describe, expect, it } from 'vitest'
import { bundledCases } from '../cases.mjs'
import { compiled } from '../src/page/compile.js'
import type { Script } from '../src/protocol.js'
import { asked } from './engine-in-vm.js'

const { cases, texts } = bundledCases()

const NONE = { policy: 'scope', all: [] } as const
const SOME = CASES.filter(({ number }) => ['1', '4', '8', '14'].includes(number))

/** The script of a case, from the text that the page shows. */
function scriptOf(number: string): Script {
  const { module = '', exported = '' } = cases.find((each) => each.number === number) ?? {}
  const script = compiled(`${texts[module]}\nexport default ${exported}\n`, number)
  if (!('code' in script)) throw new Error(script.message)
  return script
}

describe.each(SOME)('case $number', ({ number, scenario }) => {
  it('has the same verdict, counts and token under scope as in the command', async () => {
    const script = scriptOf(number)
    const { row } = await asked('checked', {
      kind: 'check',
      script,
      policies: ['scope'],
      keeps: NONE,
    })
    const policy = policyNamed('scope')
    const cell = await cellOf({ number, scenario }, policy, { search: {}, onProgress: () => {} })
    const facts = ({ result }: typeof cell) =>
      result && {
        verdict: result.verdict,
        states: result.search.states,
        transitions: result.search.transitions,
        depth: result.search.depth,
        token: result.counterexample?.token,
        why: result.counterexample?.why,
        // Not their places: a VM does not say what a script is called.
        steps: result.counterexample?.steps.map(({ place: _, ...step }) => step),
      }
    expect(row.cells.map(facts)).toEqual([facts(cell)])
    expect(row.cells[0]?.lockdep?.length).toBe(cell.lockdep?.length)
    const token = cell.result?.counterexample?.token
    if (token === undefined) return
    // A token of the command is walked by the page.
    const way = { token, at: 2 }
    const { walk } = await asked('walked', { kind: 'walk', script, policy: 'scope', way })
    expect(walk).toEqual(walkOf({ scenario, policy }, way))
  })
})
