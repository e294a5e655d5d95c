/** Write hang: what hung on a machine, as a file with a scenario and its schedule. */
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { writeFile, writeNewFile } from '../disk.js'
import { policyNamed } from '../kernel/policy.js'
import { checkCell } from '../matrix/cell.js'
import { counterexample, subjectOf } from '../matrix/subject.js'
import { counterexampleText } from '../report/check/text.js'
import {
  hungTasksScenario,
  type Origin,
  refusedKillScenario,
} from '../report/machine/hang-scenario.js'
import type { SimulationResult } from '../simulate/result.js'
import { type Loaded, loadScenario } from './load-scenario.js'

/** The policy that has a scope, and conveys nothing: what a program is under whose scopes keep it out. */
const SCOPE = policyNamed('scope')

/**
 * Writes what hung first.
 * @param loaded what ran beside the workloads
 * @returns what became of it, a line
 * @throws InputError when the file cannot be written
 */
export async function writeHang(
  file: string,
  results: readonly SimulationResult[],
  loaded: Loaded | null,
): Promise<string> {
  const written = `What hung is in ${file}. Try: kernel-sim replay ${asModule(file)}\n`
  const hung = results.find(({ hang }) => hang !== null)
  if (hung !== undefined && hung.hang !== null && loaded !== null) {
    const { hang } = hung
    const found = counterexample(subjectOf(loaded.scenario, policyNamed(hang.policy)), hang.token)
    const told = counterexampleText(found)
    writeNewFile(file, hungTasksScenario({ run: hung, hang, origin: originOf(loaded, file), told }))
    return written
  }
  for (const run of results) {
    const stuck = run.stuck.find(({ refused }) => refused)
    if (stuck === undefined) continue
    writeNewFile(file, refusedKillScenario(run, stuck, null))
    // The machine went round many thousand times; what is kept is the shortest way there, as the search finds it.
    const { scenario } = await loadScenario(asModule(file))
    const token = checkCell(scenario, SCOPE, {}).counterexample?.token
    if (token === undefined) throw new Error('a refused kill hangs under scope')
    writeFile(file, refusedKillScenario(run, stuck, { policy: SCOPE.name, token }))
    return written
  }
  const others = results.some(({ stuck }) => stuck.length > 0)
  return others
    ? `${file} was not written: who gets nowhere here waits for a disk, or for threads of the machine, which are no part of a scenario.\n`
    : `${file} was not written: nothing hung.\n`
}

/** How the file imports the scenario. */
function originOf({ scenario, file }: Loaded, from: string): Origin {
  if (file === null) return { bundled: scenario.name }
  return { path: asModule(relative(dirname(resolve(from)), resolve(file)).replaceAll('\\', '/')) }
}

/** A path that is not taken for the name of a package, or of a bundled scenario. */
function asModule(path: string): string {
  return isAbsolute(path) || path.startsWith('.') ? path : `./${path}`
}
