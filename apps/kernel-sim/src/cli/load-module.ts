/** Load module: the default export of a file of the user's, TypeScript or JavaScript, which imports this package by name. */
import { Console } from 'node:console'
import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { placeOf } from '@scopemask/checker/machine'
import { InputError } from '../input-error.js'
import { ownCode } from '../own-code.js'
import { watchedLoad } from './load-watch.js'

/** Names of programs; one without an ending is taken for one, too. */
const PROGRAM = /^(\.[cm]?[jt]s)?$/

/**
 * Loads a file. What its code prints goes to standard error: standard output has the results.
 * @param of what it should be, with its article
 * @returns its default export, or the module where it has none
 * @throws InputError when it cannot be read, throws while it is loaded, or does not come to an end
 */
export async function loadModule(given: string, of: string): Promise<unknown> {
  if (!PROGRAM.test(extname(given))) {
    throw new InputError(`${given} is not ${of}: its name ends neither with .ts nor with .js`)
  }
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
  globalThis.console = new Console(process.stderr, process.stderr)
  try {
    return await watchedLoad(given, () => jiti.import(resolve(given), { default: true }))
  } catch (thrown) {
    if (thrown instanceof InputError) throw thrown
    throw new InputError(`${given} cannot be loaded: ${why(thrown)}${placeSaid(thrown)}`)
  }
}

/** Where in the user's files something was thrown, as the end of a sentence; nothing where that is not known, or said already. */
function placeSaid(thrown: unknown): string {
  if (!(thrown instanceof Error)) return ''
  const place = placeOf(`${thrown.stack}`, ownCode())
  return place === '' || thrown.message.includes(place) ? '' : `, at ${place}`
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
  return (
    message
      .replace(/\s*Require stack:[\s\S]*/, '')
      // What cannot be parsed ends with its place, after a space or a line.
      .replace(/^ParseError: ([\s\S]*?)\.?\s+(\/\S+:\d+:\d+)\s*$/, '$1, at $2')
      .replaceAll(/\s*\n\s*/g, ' ')
  )
}
