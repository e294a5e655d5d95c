/** Load scenario: a bundled one by name or number, or one from a file of the user's, TypeScript or JavaScript. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../audit/read/input-error.js'
import type { Scenario } from '../kernel/kernel.js'
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
      `${given} is no bundled scenario (${names}); a file has a path, ./${given}.ts`,
    )
  }
  const path = resolve(given)
  if (!existsSync(path)) throw new InputError(`${given}: no such file`)
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
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new InputError(`${given} cannot be loaded: ${why}`)
  }
  const spec = loaded as Partial<Scenario> | null
  if (
    typeof spec !== 'object' ||
    typeof spec?.name !== 'string' ||
    typeof spec.build !== 'function'
  ) {
    throw new InputError(
      `${given} has no scenario as its default export: export default scenario({ ... })`,
    )
  }
  return spec as Scenario
}
