/** Lost rows: what is counted of scopes that work items lost, by where they allocated and by work function. */
import type { AwaitedCounts } from './awaited.js'
import { SeenIn } from './recordings.js'
import { type SampleBudget, Samples } from './samples.js'
import type {
  Counted,
  DelegationKind,
  LostExample,
  LostFunctionFact,
  LostScopeFact,
} from './work-facts.js'

/** What is counted of the lost scopes that a row is about. */
export interface LostRow {
  readonly fact: Counted<Omit<LostScopeFact, 'delegated' | 'allocated' | 'seenIn'>>
  readonly seenIn: SeenIn
  readonly delegated: Samples
  readonly allocated: Samples
}

/** What is counted of all that one work function lost. */
export interface LostFunction {
  readonly fn: string
  readonly certain: boolean
  readonly scopes: Set<string>
  readonly regained: Set<string>
  readonly waiting: Set<AwaitedCounts>
  readonly seenIn: SeenIn
  example: LostExample | undefined
  executions: number
  allocations: number
}

/** What one row of lost scopes is about. */
export interface LostKey {
  readonly fn: string
  readonly site: string
  readonly caller: string
  readonly kind: DelegationKind
  readonly scope: string
  readonly regained: string
  readonly class: string
  readonly workerScope: string
}

export function lostRow(key: LostKey, budget: SampleBudget): LostRow {
  return {
    fact: { ...key, certain: false, executions: 0, allocations: 0 },
    seenIn: new SeenIn(budget.recordings),
    delegated: new Samples(budget),
    allocated: new Samples(budget),
  }
}

/** The part of the key of a function's row that says whether the scope of the worker is known. */
export const CERTAIN = 'certain'

export function lostFunction(
  fn: string,
  certainty: string,
  { recordings }: SampleBudget,
): LostFunction {
  return {
    fn,
    certain: certainty === CERTAIN,
    scopes: new Set(),
    regained: new Set(),
    waiting: new Set(),
    seenIn: new SeenIn(recordings),
    example: undefined,
    executions: 0,
    allocations: 0,
  }
}

export function lostFunctionFact(lost: LostFunction): LostFunctionFact {
  const { scopes, regained, waiting, seenIn, ...counts } = lost
  const rows = [...waiting]
  return {
    ...counts,
    scopes: [...scopes].sort(),
    regained: [...regained].sort(),
    waited: rows.reduce((sum, { waited }) => sum + waited, 0),
    waiters: new Set(rows.flatMap(({ waiters }) => [...waiters])).size,
    seenIn: seenIn.numbers,
  }
}
