/** Load module: the default export of a file of the user's, TypeScript or JavaScript, which imports this package by name. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../input-error.js'

/**
 * Loads a file.
 * @returns its default export, or the module where it has none
 * @throws InputError when it cannot be read or throws while it is loaded
 */
export async function loadModule(given: string): Promise<unknown> {
  // The file imports this package by name, wherever it lies; it gets the one that runs.
  const face = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  // Only here: to load it takes longer than most commands.
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, {
    alias: {
      '@scopemask/kernel-sim/cases': face('cases'),
      '@scopemask/kernel-sim/machine': face('machine'),
      '@scopemask/kernel-sim': face('index'),
    },
    fsCache: false,
    nativeModules: ['@scopemask/core', '@scopemask/allocator'],
  })
  try {
    return await jiti.import(resolve(given), { default: true })
  } catch (thrown) {
    throw new InputError(`${given} cannot be loaded: ${why(thrown)}`)
  }
}

/** The path of a file. @param of what it is, with its article @throws InputError when it is none */
export function fileAt(given: string, of: string): string {
  const path = resolve(given)
  const there = statSync(path, { throwIfNoEntry: false })
  if (there === undefined) throw new InputError(`${given} does not exist`)
  if (!there.isFile()) throw new InputError(`${given} is not a file: give the path of ${of}`)
  return path
}

/** What an error says, on one line, without the way by which a module was looked for. */
export function why(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return message.replace(/\s*Require stack:[\s\S]*/, '').replaceAll(/\s*\n\s*/g, ' ')
}
