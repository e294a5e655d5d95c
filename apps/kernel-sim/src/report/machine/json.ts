/** JSON of a simulation: the result as data, by the schema schemas/simulate.schema.json. */
import type { ComparedFigure } from '../../simulate/compare.js'
import type { SimulationResult } from '../../simulate/result.js'
import type { Comparison } from './comparison-page.js'

/** @param comparison of the same runs; it is left out where there is one run */
export function simulationJson(
  results: readonly SimulationResult[],
  comparison: Comparison,
): string {
  const document = {
    format: 'kernel-sim-simulate',
    version: 1,
    ...(results.length < 2 ? {} : { comparison: comparisonJson(comparison) }),
    runs: results,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function comparisonJson({ policies, figures, costs }: Comparison) {
  const names = policies.map(({ name }) => name)
  const rows = (compared: readonly ComparedFigure[]) =>
    compared.map(({ figure, intervals, differs }) => ({
      figure,
      policies: intervals.map((interval, index) => ({
        policy: names[index],
        ...interval,
        ...(index === 0 ? {} : { differs: differs[index - 1] === true }),
      })),
    }))
  return { figures: rows(figures), costs: rows(costs) }
}
