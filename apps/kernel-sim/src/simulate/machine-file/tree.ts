/** Tree: what a machine file says, before it means anything: scalars, lists and maps, each with its place in the file. */

/** Where something stands. */
export interface Place {
  /** From 1; undefined where it is not known. */
  readonly line: number | undefined
  /** The names that lead to it: `workloads.cache.size`; empty for the whole file. */
  readonly path: string
}

export interface Entry {
  readonly key: string
  /** Of the key. */
  readonly place: Place
  readonly value: Tree
}

export type Tree =
  | (Place & {
      readonly kind: 'scalar'
      readonly value: string | number | boolean | null
      /** As the file has it, where that is known: 6.10 is not 6.1 when it is a version. */
      readonly text?: string
    })
  | (Place & { readonly kind: 'list'; readonly items: readonly Tree[] })
  | (Place & { readonly kind: 'map'; readonly entries: readonly Entry[] })
  /** A function of a file that is a program. */
  | (Place & { readonly kind: 'code'; readonly code: (...args: never[]) => unknown })
  /** What has been complained of already. */
  | (Place & { readonly kind: 'wrong' })

/** Something that is wrong, in one sentence without its place. */
export interface Complaint {
  readonly line: number | undefined
  readonly sentence: string
}

/** Nobody writes a machine that is larger or deeper by hand; a file that is hostile is given up here. */
const MOST_NODES = 20_000
const MOST_DEEP = 32

/** Counts the nodes of a tree while it is built. */
export class Budget {
  #left = MOST_NODES

  /** Takes one; returns why there is none left, or undefined. */
  take(depth: number): string | undefined {
    if (depth > MOST_DEEP) return `it is nested more than ${MOST_DEEP} deep`
    return this.#left-- > 0 ? undefined : `it has more than ${MOST_NODES} values`
  }
}

/** The path of what is below a path. */
export function below(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  return path === '' ? key : `${path}.${key}`
}

/** Where a field of a map stands; the map itself when it has none of that name. */
export function at(tree: Tree, key: string): Place {
  const entry = tree.kind === 'map' ? tree.entries.find((each) => each.key === key) : undefined
  return entry?.place ?? tree
}

/** What stands in a place, for a sentence: short, and on one line. */
export function shown(tree: Tree): string {
  switch (tree.kind) {
    case 'scalar':
      return short(
        typeof tree.value === 'number' && tree.text !== undefined
          ? tree.text
          : JSON.stringify(tree.value),
      )
    case 'list':
      return 'a list'
    case 'map':
      return 'a map'
    case 'code':
      return 'a function'
    case 'wrong':
      return 'that'
  }
}

/** A text that is cut where it gets long. */
export function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}
