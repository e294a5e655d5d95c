/** Load scenario: a bundled one by name or number, or one from a file of the user's, TypeScript or JavaScript. */
import { InputError } from '../input-error.js'
import { type Scenario, scenario } from '../kernel/scenario.js'
import { CASES, type Case } from '../scenarios/catalogue.js'
import { fileAt, loadModule, why } from './load-module.js'

/**
 * Finds a scenario.
 * @throws InputError when there is none of that name, or the file cannot be read or has none.
 */
export async function loadScenario(given: string): Promise<Case> {
  const bundled = CASES.find(({ number, scenario }) => given === number || given === scenario.name)
  if (bundled) return bundled
  if (!/[./\\]/.test(given)) {
    const names = CASES.map(({ scenario }) => scenario.name).join(', ')
    throw new InputError(
      `${given} is not a bundled scenario (${names}); to name a file, write ./${given}.ts`,
    )
  }
  fileAt(given, 'a scenario')
  return { number: '', scenario: await fromFile(given) }
}

async function fromFile(given: string): Promise<Scenario> {
  const loaded = await loadModule(given)
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
