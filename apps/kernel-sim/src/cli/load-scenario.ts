/** Load scenario: a bundled one by name or number, or one from a file of the user's, TypeScript or JavaScript. */
import { InputError } from '../input-error.js'
import type { Chosen } from '../kernel/parameters.js'
import { type Scenario, scenario, withValues } from '../kernel/scenario.js'
import { CASES, type Case } from '../scenarios/catalogue.js'
import { LITMUS } from '../scenarios/litmus/catalogue.js'
import { nearest } from '../simulate/machine-file/kinds.js'
import { assertKind } from './file-kind.js'
import { fileAt, loadModule, why } from './load-module.js'

/** A scenario, and where it was found. */
export interface Loaded extends Case {
  /** Its file; null for one that comes along. */
  readonly file: string | null
}

/**
 * Finds a scenario.
 * @param chosen values of its parameters that are not as by default, as texts.
 * @throws InputError when there is none of that name, the file cannot be read or has none, or it does not take such a value.
 */
export async function loadScenario(given: string, chosen: Chosen = {}): Promise<Loaded> {
  const found = await defined(given)
  try {
    return { ...found, scenario: withValues(found.scenario, chosen) }
  } catch (thrown) {
    if (thrown instanceof RangeError) {
      throw new InputError(`${found.scenario.name} cannot be set: ${thrown.message}`)
    }
    throw thrown
  }
}

async function defined(given: string): Promise<Loaded> {
  const bundled = [...CASES, ...LITMUS].find(
    ({ number, scenario }) => given === number || given === scenario.name,
  )
  if (bundled) return { ...bundled, file: null }
  if (!/[./\\]/.test(given)) throw new InputError(notBundled(given))
  fileAt(given, 'a scenario')
  return { number: '', scenario: await fromFile(given), file: given }
}

/** Says that no scenario of that name comes along, and what was perhaps meant. */
function notBundled(given: string): string {
  const names = CASES.map(({ scenario }) => scenario.name)
  const near = nearest(given, names)
  const instead = near === undefined ? `they are ${names.join(', ')}.` : `is ${near} meant?`
  const file = given === '' ? '' : ` To name a file, write ./${given}.ts`
  return `${given} is not a bundled scenario: ${instead}${file}`
}

async function fromFile(given: string): Promise<Scenario> {
  const loaded = await loadModule(given, 'a scenario')
  assertKind('scenario', loaded, given)
  if (typeof loaded !== 'object' || loaded === null || !('build' in loaded)) {
    throw new InputError(
      `${given} has no scenario as its default export: export default scenario({ ... })`,
    )
  }
  try {
    return scenario(loaded as Scenario)
  } catch (thrown) {
    throw new InputError(`${given} cannot be checked: ${why(thrown)}`)
  }
}
