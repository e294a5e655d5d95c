/** Exhibit: all that a page shows of one cell with a counterexample, as data. */
import { replay } from '@scopemask/checker/search'
import type { ParameterValues } from '../kernel/parameters.js'
import { policyNamed } from '../kernel/policy.js'
import type { Scenario } from '../kernel/scenario.js'
import type { LockOrder } from '../lockdep/lock-graph.js'
import { lockdepOf } from '../lockdep/lockdep-watch.js'
import { printSplat } from '../lockdep/print-splat.js'
import type { CaseRow, Cell } from './cell.js'
import type { Fates } from './dissolution.js'
import { type Parting, partingOf } from './parting.js'
import { type Story, storyOf } from './story.js'
import { type Counterexample, subjectOf } from './subject.js'

export interface Exhibit {
  /** `case-4/scope`: names it on a page. */
  readonly address: string
  readonly scenario: string
  /** True for a bundled one, which commands find by its name. */
  readonly isBundled: boolean
  /** What its parameters are, where it has some. */
  readonly values: ParameterValues | undefined
  readonly policy: string
  readonly verdict: string
  readonly counterexample: Counterexample
  /** What dissolves it. */
  readonly fates: Fates | undefined
  readonly story: Story
  /** The same schedule under a policy that holds, where there is one. */
  readonly parting: (Parting & { readonly policy: string }) | null
  /** In which order lockdep has seen locks taken. */
  readonly lockOrder: readonly LockOrder[]
  /** What lockdep prints; empty when it is silent. */
  readonly splats: readonly string[]
}

/** Policies that hold, in the order in which they are compared with: what is nearest to scopes first. */
const NEAREST = [
  'callee-scope',
  'convey-on-queue',
  'separate-queues',
  'inherit-on-wait',
  'scope',
  'explicit',
  'unrestricted',
]

/** What names a cell on a page. */
export function addressOf(
  { number, name }: Pick<CaseRow, 'number' | 'name'>,
  policy: string,
): string {
  return `case-${number === '' ? name : number}/${policy}`
}

/** Exhibits of the cells of a row that have a counterexample. @param which `smallest`: the one with the fewest steps alone. */
export function exhibitsOf(row: CaseRow, scenario: Scenario, which: 'all' | 'smallest'): Exhibit[] {
  const failing = row.cells.filter(({ result }) => result?.counterexample)
  const chosen = which === 'all' ? failing : smallest(failing)
  return chosen.map((cell) => exhibitOf(row, scenario, cell))
}

function smallest(cells: readonly Cell[]): Cell[] {
  const steps = ({ result }: Cell): number => result?.counterexample?.steps.length ?? 0
  // Of the policies with a scope where there is one: that is what the question is about.
  const scoped = cells.filter(({ policy }) => policyNamed(policy).scope)
  const among = scoped.length > 0 ? scoped : cells
  return [...among].sort((a, b) => steps(a) - steps(b)).slice(0, 1)
}

function exhibitOf(
  row: CaseRow,
  scenario: Scenario,
  { policy, result, fates, lockdep = [] }: Cell,
): Exhibit {
  const counterexample = result?.counterexample
  if (result === undefined || !counterexample) {
    throw new Error(`${row.name} under ${policy} has no counterexample`)
  }
  const build = (name: string) => subjectOf(scenario, policyNamed(name))
  const turns = replay(build(policy).machine, counterexample.token).steps.map(
    ({ task, outcome }) => ({ task, outcome }),
  )
  const loop = counterexample.loop.length > 0 ? counterexample.steps.length + 1 : null
  const holding = NEAREST.find((name) =>
    row.cells.some((cell) => cell.policy === name && cell.result?.verdict === 'safe'),
  )
  return {
    address: addressOf(row, policy),
    scenario: row.name,
    isBundled: row.number !== '',
    values: row.values,
    policy,
    verdict: result.verdict,
    counterexample,
    fates,
    story: storyOf(build(policy), turns, loop),
    parting:
      holding === undefined || loop !== null || turns.length === 0
        ? null
        : { policy: holding, ...partingOf(build(policy), turns, build(holding)) },
    lockOrder: lockdepOf(build(policy).machine).order,
    splats: lockdep.map(printSplat),
  }
}
