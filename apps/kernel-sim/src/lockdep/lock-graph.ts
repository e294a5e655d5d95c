/**
 * Lock graph: in which order classes of locks were taken. A dependency says whether the first lock was held exclusively or
 * shared (E, S), and whether the second can block on readers or is a recursive read (N, R): `-(SR)->` after `-(*R)->` keeps
 * nobody out, so only ways without that pair block ("strong" ones: Documentation/locking/lockdep-design.rst).
 */

/** How a lock is taken: alone; shared, but not twice; shared, and again by the same task (rwlock readers). */
export type Mode = 'write' | 'read' | 'recursive-read'

/** A lock that is held, or about to be. */
export interface Taken {
  /** Its class. */
  readonly lock: string
  readonly mode: Mode
  /** The function that takes it. */
  readonly at: string
}

const EN = 1
const ER = 2
const SN = 4
const SR = 8

interface Dependency {
  kinds: number
  /** The function that took the second lock under the first. */
  readonly at: string
}

/** A class of locks that was taken while another was held. */
export interface LockOrder {
  readonly held: string
  readonly taken: string
  /** The function that took the second one, where that was first seen. */
  readonly at: string
}

/** A class that was reached, and whether it was reached by recursive reads only. */
export interface Reached {
  readonly lock: string
  readonly onlyRecursive: boolean
}

export class LockGraph {
  /** For each class those that were taken under it, and those under which it was taken. */
  readonly #after = new Map<string, Map<string, Dependency>>()
  readonly #before = new Map<string, Map<string, Dependency>>()

  /** One lock was taken while another was held. */
  add(held: Taken, next: Taken): void {
    const shared = held.mode !== 'write'
    const recursive = next.mode === 'recursive-read'
    const kind = shared ? (recursive ? SR : SN) : recursive ? ER : EN
    // Seen from the second lock, the one that is a recursive read comes first.
    const reverse = kind === ER ? SN : kind === SN ? ER : kind
    link(this.#after, held.lock, next.lock, kind, next.at)
    link(this.#before, next.lock, held.lock, reverse, next.at)
  }

  /** All dependencies, in the order in which they were first seen. */
  edges(): LockOrder[] {
    return [...this.#after].flatMap(([held, after]) =>
      [...after].map(([taken, { at }]) => ({ held, taken, at })),
    )
  }

  /** Where a lock was taken under another for the first time. */
  place(held: string, next: string): string {
    return this.#after.get(held)?.get(next)?.at ?? ''
  }

  /** A shortest strong way from a lock along what was taken under it, to the first class for which `match` holds. */
  forwards({ lock, mode }: Taken, match: (reached: Reached) => boolean): string[] | null {
    return search(this.#after, { lock, onlyRecursive: mode === 'recursive-read' }, match)
  }

  /** The same along those under which it was taken. */
  backwards({ lock, mode }: Taken, match: (reached: Reached) => boolean): string[] | null {
    return search(this.#before, { lock, onlyRecursive: mode !== 'write' }, match)
  }
}

function link(
  from: Map<string, Map<string, Dependency>>,
  first: string,
  second: string,
  kind: number,
  at: string,
): void {
  const all = from.get(first) ?? new Map<string, Dependency>()
  from.set(first, all)
  const known = all.get(second)
  if (known === undefined) all.set(second, { kinds: kind, at })
  else known.kinds |= kind
}

function search(
  next: ReadonlyMap<string, ReadonlyMap<string, Dependency>>,
  root: Reached,
  match: (reached: Reached) => boolean,
): string[] | null {
  const ways = [{ ...root, way: [root.lock] }]
  const seen = new Set<string>()
  for (const { lock, onlyRecursive, way } of ways) {
    if (match({ lock, onlyRecursive })) return way
    for (const [after, { kinds }] of next.get(lock) ?? []) {
      const strong = onlyRecursive ? kinds & ~(SN | SR) : kinds
      if (strong === 0) continue
      const recursive = (strong & (EN | SN)) === 0
      const key = `${after} ${recursive}`
      if (seen.has(key)) continue
      seen.add(key)
      ways.push({ lock: after, onlyRecursive: recursive, way: [...way, after] })
    }
  }
  return null
}
