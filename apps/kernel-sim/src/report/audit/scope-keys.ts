/** Scope keys: the colour and the letter of each scope, the same in all pictures of all reports, so that two of them can be compared. */
import { type Key, keysFor } from '../form/picture.js'

/** Those that most recordings have, in the order of their colours. */
const USUAL = ['NOFS', 'NOIO', 'NOIO+NOFS', 'none', 'MEMALLOC', 'MEMALLOC+NOFS']

/** What is not known has no colour of its own. */
const UNKNOWN_SCOPE = 'unknown'

/** Keys of scopes by their names. */
export function scopeKeys(scopes: readonly string[]): ReadonlyMap<string, Key> {
  const others = scopes.filter((scope) => !USUAL.includes(scope) && scope !== UNKNOWN_SCOPE)
  const all = keysFor([...USUAL, ...others])
  const unknown: Key = { name: UNKNOWN_SCOPE, letter: '?', index: 'unknown' }
  return new Map(scopes.map((scope) => [scope, all.get(scope) ?? unknown]))
}

/** The key of one scope. */
export function scopeKey(scope: string): Key {
  const key = scopeKeys([scope]).get(scope)
  if (key === undefined) throw new RangeError(`${scope} has no key`)
  return key
}
