/** Check JSON: what `kernel-sim check` found, for programs. Without times: the same input gives the same bytes. */
import type { FairnessResult } from '@scopemask/checker'
import type { SampleOptions } from '@scopemask/checker/search'
import { printSplat } from '../../lockdep/print-splat.js'
import type { Answer } from '../../matrix/answer.js'
import type { CaseRow, Cell } from '../../matrix/cell.js'
import { addressOf, type Exhibit } from '../../matrix/exhibit.js'
import type { Repairs } from '../../matrix/repair/repair.js'

/** What is told besides verdicts. */
export interface CheckJsonOptions {
  /** The counterexamples whose stories are told. */
  readonly exhibits?: readonly Exhibit[]
  /** What the rows add up to, where they are all bundled cases under all policies. */
  readonly answer?: Answer
  /** How executions were sampled, where nothing was searched. */
  readonly sample?: SampleOptions | undefined
}

/** What was found, as schemas/check.schema.json describes it. */
export function checkJson(
  rows: readonly CaseRow[],
  { exhibits = [], answer, sample }: CheckJsonOptions = {},
): string {
  const report = {
    format: 'kernel-sim-check',
    version: 1,
    scenarios: rows.map(({ number, name, summary, source, values, cells }) => ({
      ...(number === '' ? {} : { case: number }),
      name,
      summary,
      ...(source === '' ? {} : { source }),
      ...(values === undefined ? {} : { parameters: values }),
      cells: cells.map((cell) => {
        const address = addressOf({ number, name }, cell.policy)
        return cellJson(
          cell,
          exhibits.find((each) => each.address === address),
        )
      }),
    })),
    ...(sample === undefined ? {} : { sample }),
    ...(answer === undefined ? {} : { answer }),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function cellJson(cell: Cell, exhibit: Exhibit | undefined): object {
  const { policy, inapplicable, result, sampled, lockdep, lockdepStates, warnings } = cell
  const { fates, fairness, repairs, reductions } = cell
  if (sampled !== undefined) {
    return sampled === null
      ? { policy, verdict: 'bounded' }
      : { policy, verdict: 'deadlock', counterexample: sampled }
  }
  if (result === undefined) return { policy, inapplicable }
  const { verdict, search, counterexample } = result
  return {
    policy,
    verdict,
    states: search.states,
    transitions: search.transitions,
    depth: search.depth,
    ...(verdict === 'safe*' ? { missedAtMost: search.missed } : {}),
    ...(verdict === 'safe' && !search.livelocks ? { livelocks: 'not looked for' } : {}),
    ...(search.bound === null ? {} : { bound: search.bound }),
    ...(counterexample === null ? {} : { counterexample }),
    ...(lockdep === undefined
      ? {}
      : { lockdep: lockdep.map((splat) => ({ kind: splat.kind, text: printSplat(splat) })) }),
    ...(lockdepStates === undefined ? {} : { lockdepStates }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(fates === undefined ? {} : { fates }),
    ...(exhibit === undefined ? {} : { story: { ...exhibit.story, parting: exhibit.parting } }),
    ...(fairness === undefined ? {} : { fairness: fairnessJson(fairness) }),
    ...(repairs === undefined ? {} : { repairs: repairsJson(repairs) }),
    ...(reductions === undefined ? {} : { reductions }),
  }
}

function fairnessJson({ bound, starvations, ...result }: FairnessResult): object {
  return {
    ...result,
    ...(bound === null ? {} : { bound }),
    starvations: starvations.map(({ counterexample, ...starvation }) => {
      const { token, steps, loop } = counterexample
      return { ...starvation, token, steps, loop }
    }),
  }
}

/** As the kernel takes them they are of no use outside; what they are about has its number and name in the parts. */
function repairsJson({ repairs, ...counts }: Repairs): object {
  return { ...counts, sets: repairs.map(({ interventions: _, ...repair }) => repair) }
}
