import { describe, expect, it } from 'vitest'
import { yardstick } from '../../../bench/yardstick.js'
import type { Kernel } from '../../../src/kernel/kernel.js'
import { POLICIES, type Policy } from '../../../src/kernel/policy.js'
import { type Scenario, scenario } from '../../../src/kernel/scenario.js'
import { checkCell } from '../../../src/matrix/cell.js'
import type { CheckResult } from '../../../src/matrix/subject.js'
import { CASES } from '../../../src/scenarios/catalogue.js'
import { REPORTED } from '../../kernel/reported.js'
import { ROWS } from './rows.js'

/** A scenario whose objects are all called x and a number, and what they were called before. */
function renamed(scenario: Scenario): { scenario: Scenario; before: Map<string, string> } {
  const now = new Map<string, string>()
  const before = new Map<string, string>()
  const rename = (name: string): string => {
    const known = now.get(name) ?? `x${now.size + 1}`
    now.set(name, known)
    before.set(known, name)
    return known
  }
  const build = (kernel: Kernel): void =>
    scenario.build(
      new Proxy(kernel, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property, target)
          if (typeof value !== 'function') return value
          return (first: unknown, ...rest: unknown[]) =>
            value.call(target, typeof first === 'string' ? rename(first) : first, ...rest)
        },
      }),
    )
  return { scenario: { ...scenario, build }, before }
}

const protocol = scenario({
  name: 'yardstick',
  summary: 'the protocol with which the search is compared to others',
  build: (kernel) => yardstick(kernel, { tasks: 2, workers: 1, policy: 'none', mix: true }),
})

/** What the matrix says of a bundled scenario. */
function known({ name }: Scenario, policy: Policy): CheckResult | undefined {
  const cells = ROWS.find((row) => row.name === name)?.cells
  return cells?.find((cell) => cell.policy === policy.name)?.result
}

describe('names are for printing', () => {
  const scenarios = [...CASES.map(({ scenario }) => scenario), ...REPORTED, protocol]
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    'of %s: the same verdicts, circles and sentences, whatever they are',
    (_name, scenario) => {
      for (const policy of POLICIES) {
        if (scenario.inapplicable?.[policy.name]) continue
        const other = renamed(scenario)
        const told = known(scenario, policy) ?? checkCell(scenario, policy, {})
        const again = checkCell(other.scenario, policy, {})
        const named = (text: string) =>
          text.replaceAll(/\bx\d+\b/g, (name) => other.before.get(name) ?? name)
        expect([again.verdict, again.search.states]).toEqual([told.verdict, told.search.states])
        expect(named(again.counterexample?.why ?? '')).toBe(told.counterexample?.why ?? '')
        expect(again.counterexample?.cycle.map(named)).toEqual(told.counterexample?.cycle)
        expect(
          again.counterexample?.waiting.map(({ what, for: others }) =>
            [what, ...others].map(named),
          ),
        ).toEqual(told.counterexample?.waiting.map(({ what, for: others }) => [what, ...others]))
      }
    },
  )
})
