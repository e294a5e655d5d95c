import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { POLICIES, policyNamed } from '../../src/kernel/policy.js'
import { answerOf } from '../../src/matrix/answer.js'
import type { CaseRow } from '../../src/matrix/cell.js'
import { checkCell, rowOf } from '../../src/matrix/cell.js'
import { counterexample, subjectOf } from '../../src/matrix/subject.js'
import { answerMarkdown } from '../../src/report/check/markdown.js'
import { CASES } from '../../src/scenarios/catalogue.js'

/** What each case comes to, by policy: s safe, D deadlock, L livelock, - does not apply. */
const EXPECTED: Record<string, string> = {
  //     unrestricted explicit scope convey inherit callee separate
  '1': 'D s s - - - -',
  '2': 'D D D s D s s',
  '3': 'D D D D D s s',
  '3b': 'D D D D D s s',
  '4': 'D s D D D s D',
  '5': 'D - s - - - -',
  '5b': 'D - D - - - -',
  '6': 'D s D D D s D',
  '7': 'D s s s s s s',
  '8': 'D D D D D D s',
  '8b': 'D s D s D s s',
  '9': 'D s D D D s D',
  '10': 'D s s - - - -',
  '11': 'D D D s D s s',
  '12': 'D D s - - - -',
  '12b': 'D s s - - - -',
  '13': 's s s - - - -',
  '14': 's L L - - - -',
  '15': 'D D D D D D D',
  '16': 'D s s s s s s',
  '16b': 'D D D s D s s',
}
const LETTER = { safe: 's', deadlock: 'D', livelock: 'L', bounded: '?', violation: '!' } as const

const rows: CaseRow[] = await Promise.all(
  CASES.map((each) =>
    rowOf(each, POLICIES, {
      search: {},
      reductions: true,
      repair: ['scope'],
      onProgress: () => {},
    }),
  ),
)

describe('the matrix', () => {
  it.each(rows.map((row) => [row.number, row.name, row] as const))(
    'case %s, %s',
    (number, _name, row) => {
      const letters = row.cells.map(({ result }) => (result ? LETTER[result.verdict] : '-'))
      expect(letters.join(' ')).toBe(EXPECTED[number])
    },
  )

  it('says the same without reductions', () => {
    for (const { scenario } of CASES) {
      for (const policy of POLICIES) {
        if (scenario.inapplicable?.[policy.name]) continue
        const full = checkCell(scenario, policy, { partialOrder: false, symmetry: false })
        const reduced = checkCell(scenario, policy, {})
        expect([scenario.name, policy.name, full.verdict]).toEqual([
          scenario.name,
          policy.name,
          reduced.verdict,
        ])
        // Where there is a deadlock both stop at once, each at a different place.
        if (full.verdict === 'safe') {
          expect(reduced.search.states).toBeLessThanOrEqual(full.search.states)
        }
      }
    }
  })

  it('explains every deadlock: why, a circle, and a token that replays it', () => {
    for (const { scenario } of CASES) {
      for (const policy of POLICIES) {
        if (scenario.inapplicable?.[policy.name]) continue
        const { verdict, counterexample: found } = checkCell(scenario, policy, {})
        if (verdict !== 'deadlock' || found === null) continue
        expect(found.why).not.toBe('')
        expect(found.waiting.length).toBeGreaterThan(0)
        const again = counterexample(subjectOf(scenario, policy), found.token)
        expect(again).toEqual(found)
      }
    }
  })

  it('counts states with and without each reduction', () => {
    for (const { name, cells } of rows) {
      for (const { policy, result, reductions } of cells) {
        if (result === undefined || !reductions) continue
        const { both, withoutPartialOrder, withoutSymmetry, neither } = reductions
        const where = `${name} under ${policy}`
        if (result.verdict === 'safe') expect([where, both]).toEqual([where, result.search.states])
        for (const one of [withoutPartialOrder, withoutSymmetry]) {
          expect(both ?? 0, where).toBeLessThanOrEqual(one ?? 0)
          expect(one ?? 0, where).toBeLessThanOrEqual(neither ?? 0)
        }
      }
    }
    const all = rows.flatMap(({ cells }) => cells.flatMap((cell) => cell.reductions ?? []))
    expect(all.some(({ both, withoutPartialOrder }) => both !== withoutPartialOrder)).toBe(true)
    expect(all.some(({ both, withoutSymmetry }) => both !== withoutSymmetry)).toBe(true)
  })
})

describe('history', () => {
  const verdict = (name: string, policy: string) => {
    const scenario = CASES.find((each) => each.scenario.name === name)?.scenario
    if (!scenario) throw new Error(name)
    return checkCell(scenario, policyNamed(policy), {}).verdict
  }
  it.each([
    ['direct-recursion', 'unrestricted', 'direct-recursion', 'explicit'],
    ['loop-over-dm-bufio', 'unrestricted', 'loop-over-dm-bufio', 'scope'],
    ['transaction-hand-off', 'scope', 'transaction-hand-off', 'callee-scope'],
    ['btree-split', 'unrestricted', 'btree-split', 'scope'],
    ['no-idle-worker', 'explicit', 'no-idle-worker-rescued', 'explicit'],
    ['nfs-localio', 'unrestricted', 'nfs-localio', 'explicit'],
    ['virtiofs', 'scope', 'virtiofs', 'callee-scope'],
    ['vmalloc', 'explicit', 'vmalloc-5-17', 'explicit'],
  ])('%s (%s) deadlocks before the fix, %s (%s) is safe after it', (before, old, after, now) => {
    expect(verdict(before, old)).toBe('deadlock')
    expect(verdict(after, now)).toBe('safe')
  })
})

describe('docs/answer.md', () => {
  it('is what the results say: kernel-sim check --answer > docs/answer.md', () => {
    const written = readFileSync(new URL('../../../../docs/answer.md', import.meta.url), 'utf8')
    expect(written).toBe(answerMarkdown(rows, answerOf(rows)))
  })
})
