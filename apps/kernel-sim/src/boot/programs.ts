/** Programs: those of this computer that building and booting need, and how to get those that are missing. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { InputError } from '../input-error.js'

/** A program, and Debian's package that has it. */
export interface Needed {
  readonly program: string
  readonly package: string
}

/** Where a program lies that can be started; undefined where there is none of that name. */
export function programAt(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

/** @throws InputError which names all that are missing, and the packages that have them. */
export function requirePrograms(needed: readonly Needed[]): void {
  const missing = needed.filter(({ program }) => programAt(program) === undefined)
  if (missing.length === 0) return
  const programs = missing.map(({ program }) => program).join(' and ')
  const packages = [...new Set(missing.map((each) => each.package))].join(' ')
  throw new InputError(
    `${programs} ${missing.length === 1 ? 'is' : 'are'} not installed: apt install ${packages}`,
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // It is not there, or is nobody's to start.
    return false
  }
}
