/**
 * Arguments: what a scenario gives to the kernel is looked at where JavaScript takes anything. An option whose name is misspelt would be
 * passed over in silence, and two arguments that changed places fail much later, in code that is not the scenario's.
 */
import { Misuse } from '@scopemask/checker/machine'

/** What an option may be. */
const KINDS = {
  'true or false': (given: unknown) => typeof given === 'boolean',
  'a whole number from 0': (given: unknown) => Number.isInteger(given) && Number(given) >= 0,
  'a generator function': (given: unknown) => typeof given === 'function',
  'an object of the kernel': (given: unknown) => typeof given === 'object' && given !== null,
  'a list': (given: unknown) => Array.isArray(given),
} as const

type Kind = keyof typeof KINDS

/**
 * Looks at the options that something is made with.
 * @param of what is made, as a sentence begins with it.
 * @param kinds all options that it takes.
 * @throws Misuse for what is no object, for an option that there is not, and for one that is something else.
 */
export function assertOptions<T extends object>(
  of: string,
  given: T,
  kinds: Readonly<Record<keyof T, Kind>>,
): void {
  const known = Object.keys(kinds)
  if (typeof given !== 'object' || given === null) {
    throw new Misuse(`${of} takes its options as an object, { ${known.join(', ')} }, not ${given}`)
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(kinds, name)) {
      throw new Misuse(`${of} has no option ${name}; it takes ${known.join(', ')}`)
    }
    const kind = kinds[name as keyof T]
    if (value !== undefined && !KINDS[kind](value)) {
      throw new Misuse(`${of}: ${name} takes ${kind}, not ${String(value)}`)
    }
  }
}

/**
 * Looks at an argument that has to be an object of the kernel.
 * @param argument the call and what it takes there, as a sentence begins with it: `flushWork() takes a work item`.
 * @throws Misuse when it is something else.
 */
export function assertIs(
  argument: string,
  given: unknown,
  type: abstract new (...args: never[]) => object,
): void {
  if (given instanceof type) return
  const what =
    typeof given === 'object' && given !== null
      ? `a ${given.constructor.name}`
      : typeof given === 'string'
        ? `"${given}"`
        : String(given)
  throw new Misuse(`${argument}, not ${what}`)
}
