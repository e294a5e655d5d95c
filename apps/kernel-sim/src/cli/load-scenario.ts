/** Load scenario: a bundled one by name or number, or one from a file of the user's, TypeScript or JavaScript. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../input-error.js'
import { type Scenario, scenario } from '../kernel/scenario.js'
import { CASES, type Case } from '../scenarios/catalogue.js'

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
  const path = resolve(given)
  const there = statSync(path, { throwIfNoEntry: false })
  if (there === undefined) throw new InputError(`${given} does not exist`)
  if (!there.isFile()) throw new InputError(`${given} is not a file: give the path of a scenario`)
  return { number: '', scenario: await fromFile(given, path) }
}

async function fromFile(given: string, path: string): Promise<Scenario> {
  // The file imports this package by name, wherever it lies; it gets the one that runs.
  const face = fileURLToPath(new URL('./index.js', import.meta.url))
  // Only here: to load it takes longer than most commands.
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, {
    alias: { '@scopemask/kernel-sim': face },
    fsCache: false,
    nativeModules: ['@scopemask/core', '@scopemask/allocator'],
  })
  let loaded: unknown
  try {
    loaded = await jiti.import(path, { default: true })
  } catch (thrown) {
    throw new InputError(`${given} cannot be loaded: ${why(thrown)}`)
  }
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

/** What an error says, on one line, without the way by which a module was looked for. */
function why(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return message.replace(/\s*Require stack:[\s\S]*/, '').replaceAll(/\s*\n\s*/g, ' ')
}
