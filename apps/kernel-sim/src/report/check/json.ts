/** Check JSON: what `kernel-sim check` found, for programs. Without times: the same input gives the same bytes. */
import type { SampleOptions } from '@scopemask/checker/search'
import { printSplat } from '../../lockdep/print-splat.js'
import { answerOf } from '../../matrix/answer.js'
import type { CaseRow, Cell } from '../../matrix/cell.js'
import type { Repairs } from '../../matrix/repair/repair.js'

/**
 * What was found, as schemas/check.schema.json describes it.
 * @param withAnswer whether the rows are all bundled cases under all policies, so that they add up to an answer.
 * @param sample how executions were sampled, where nothing was searched.
 */
export function checkJson(
  rows: readonly CaseRow[],
  withAnswer: boolean,
  sample?: SampleOptions,
): string {
  const report = {
    format: 'kernel-sim-check',
    version: 1,
    scenarios: rows.map(({ number, name, summary, source, cells }) => ({
      ...(number === '' ? {} : { case: number }),
      name,
      summary,
      ...(source === '' ? {} : { source }),
      cells: cells.map(cellJson),
    })),
    ...(sample === undefined ? {} : { sample }),
    ...(withAnswer ? { answer: answerOf(rows) } : {}),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function cellJson(cell: Cell): object {
  const { policy, inapplicable, result, sampled, lockdep, lockdepStates, warnings } = cell
  const { fates, repairs, reductions } = cell
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
    ...(search.bound === null ? {} : { bound: search.bound }),
    ...(counterexample === null ? {} : { counterexample }),
    ...(lockdep === undefined
      ? {}
      : { lockdep: lockdep.map((splat) => ({ kind: splat.kind, text: printSplat(splat) })) }),
    ...(lockdepStates === undefined ? {} : { lockdepStates }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(fates === undefined ? {} : { fates }),
    ...(repairs === undefined ? {} : { repairs: repairsJson(repairs) }),
    ...(reductions === undefined ? {} : { reductions }),
  }
}

/** As the kernel takes them they are of no use outside; what they are about has its number and name in the parts. */
function repairsJson({ repairs, ...counts }: Repairs): object {
  return { ...counts, sets: repairs.map(({ interventions: _, ...repair }) => repair) }
}
