/** Options: what a check is given is looked at, since JavaScript passes over an option whose name is misspelt. */
import { Misuse } from './machine/errors.js'

/** What an option may be. */
const KINDS = {
  'a number above 0': (given: unknown) => typeof given === 'number' && given > 0,
  'a number from 0': (given: unknown) => typeof given === 'number' && given >= 0,
  'true or false': (given: unknown) => typeof given === 'boolean',
  'a function': (given: unknown) => typeof given === 'function',
  'an object': (given: unknown) => typeof given === 'object' && given !== null,
  'random or pct': (given: unknown) => given === 'random' || given === 'pct',
} as const

/** What each option of a function may be. */
export type OptionKinds<T> = Readonly<Record<keyof T, keyof typeof KINDS>>

/**
 * Looks at options.
 * @param call the function that they are given to, as a sentence begins with it.
 * @param required those that have to be there.
 * @throws Misuse for one that there is not, that is something else, or that is missing.
 */
export function assertOptions<T extends object>(
  call: string,
  given: T,
  kinds: OptionKinds<Required<T>>,
  required: readonly (keyof T & string)[] = [],
): void {
  for (const name of required) {
    if (given[name] === undefined) throw new Misuse(`${call} needs ${name}: ${kinds[name]}`)
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(kinds, name)) {
      throw new Misuse(`${call} has no option ${name}; it has ${Object.keys(kinds).join(', ')}`)
    }
    const kind = kinds[name as keyof T]
    if (value !== undefined && !KINDS[kind](value)) {
      throw new Misuse(`${call}: ${name} takes ${kind}, not ${String(value)}`)
    }
  }
}
