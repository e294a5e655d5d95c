/** Object tree: the tree of a machine that is an object of a program: its default export, or what machine() was given. */
import { Budget, below, type Complaint, type Entry, type Tree } from './tree.js'

/**
 * @param lineOf the line of what is at a path, where that is known
 */
export function objectTree(
  value: unknown,
  lineOf: (path: string) => number | undefined = () => undefined,
): { readonly tree: Tree; readonly complaints: readonly Complaint[] } {
  const complaints: Complaint[] = []
  const budget = new Budget()
  const read = (each: unknown, path: string, depth: number): Tree => {
    const place = { line: lineOf(path), path }
    const nothing: Tree = { ...place, kind: 'wrong' }
    const full = budget.take(depth)
    if (full !== undefined) {
      if (complaints.length === 0) complaints.push({ line: place.line, sentence: full })
      return nothing
    }
    if (isScalar(each)) return { ...place, kind: 'scalar', value: each }
    if (typeof each === 'function') {
      return { ...place, kind: 'code', code: each as (...args: never[]) => unknown }
    }
    if (Array.isArray(each)) {
      const items = each.map((item: unknown, index) => read(item, below(path, index), depth + 1))
      return { ...place, kind: 'list', items }
    }
    if (typeof each === 'object') {
      // undefined says of a field that it is not there, as anywhere in TypeScript.
      const entries = Object.entries(each as object)
        .filter(([, inner]) => inner !== undefined)
        .map(([key, inner]): Entry => {
          const at = below(path, key)
          return { key, place: { line: lineOf(at), path: at }, value: read(inner, at, depth + 1) }
        })
      return { ...place, kind: 'map', entries }
    }
    const where = path === '' ? 'the file' : path
    complaints.push({ line: place.line, sentence: `${where} takes no ${typeof each}` })
    return nothing
  }
  return { tree: read(value, '', 0), complaints }
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  )
}
