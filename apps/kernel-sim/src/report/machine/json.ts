/** JSON of a simulation: the result as data, by the schema schemas/simulate.schema.json. */
import type { SimulationResult } from '../../simulate/result.js'

export function simulationJson(results: readonly SimulationResult[]): string {
  return `${JSON.stringify({ format: 'kernel-sim-simulate', version: 1, runs: results }, null, 2)}\n`
}
