/**
 * No such member: says that a shared object has no function of the name that a model's code asks for. Engines say of
 * `yield* mutex.aquire()` that an intermediate value is not iterable.
 */
import { Misuse } from './errors.js'

/** What engines and tools ask any object for. */
const ASKED_OF_ALL: ReadonlySet<PropertyKey> = new Set(['then', 'toJSON', 'asymmetricMatch'])

/** So many letters may be wrong in a name that is taken for another one. */
const MOST_WRONG = 2
/** So many names are listed. */
const MOST_LISTED = 12

/** The error for a member that there is not; null where asking for it is no mistake. */
export function noSuchMember(target: object, asked: PropertyKey): Misuse | null {
  if (typeof asked !== 'string' || ASKED_OF_ALL.has(asked)) return null
  const known = functionsOf(target)
  const near = known.find((name) => distance(name, asked) <= MOST_WRONG)
  const instead =
    near !== undefined
      ? `: is ${near} meant?`
      : known.length <= MOST_LISTED
        ? `: it has ${known.join(', ')}`
        : ''
  const what = target.constructor.name.replace(/^_/, '')
  return new Misuse(`there is no function ${asked} of ${what}${instead}`)
}

function functionsOf(target: object): string[] {
  const names: string[] = []
  for (
    let at: object | null = Object.getPrototypeOf(target);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor') names.push(name)
    }
  }
  return names
}

/** How many letters are changed, put in or left out (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1]
    for (let j = 0; j < other.length; j++) {
      const changed = (row[j] ?? 0) + (letter === other[j] ? 0 : 1)
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
