/** Set fields: a machine file's tree with other values in some of its fields, as a sweep over machines needs it. */
import { below, type Complaint, type Tree } from './tree.js'

/** Values by the paths of fields: `memory`, `workloads.cache.size`, `faults.0.at`. */
export type FieldValues = Readonly<Record<string, string | number | boolean>>

/** Sets fields; what leads to a field has to be there, the field itself need not. */
export function setFields(
  tree: Tree,
  values: FieldValues,
): { readonly tree: Tree; readonly complaints: readonly Complaint[] } {
  const complaints: Complaint[] = []
  let set = tree
  for (const [path, value] of Object.entries(values)) {
    const next = withField(set, path.split('.'), value)
    if (next === undefined) {
      complaints.push({ line: undefined, sentence: `there is no ${path} that could be set` })
    } else set = next
  }
  return { tree: set, complaints }
}

function withField(
  tree: Tree,
  [key = '', ...rest]: readonly string[],
  value: string | number | boolean,
): Tree | undefined {
  if (tree.kind === 'list') {
    const at = Number(key)
    const item = /^\d+$/.test(key) ? tree.items[at] : undefined
    const set = item && replaced(item, rest, value)
    return set && { ...tree, items: tree.items.map((each, i) => (i === at ? set : each)) }
  }
  if (tree.kind !== 'map' || key === '') return undefined
  // Names of files have dots in them: memory.max.
  const dotted = tree.entries.find((each) => [key, ...rest].join('.') === each.key)
  if (dotted !== undefined && rest.length > 0) return withField(tree, [dotted.key], value)
  const entry = tree.entries.find((each) => each.key === key)
  if (entry === undefined) {
    if (rest.length > 0) return undefined
    const place = { line: tree.line, path: below(tree.path, key) }
    const added = { key, place, value: { ...place, kind: 'scalar' as const, value } }
    return { ...tree, entries: [...tree.entries, added] }
  }
  const set = replaced(entry.value, rest, value)
  if (set === undefined) return undefined
  const changed = { ...entry, value: set }
  return { ...tree, entries: tree.entries.map((each) => (each === entry ? changed : each)) }
}

function replaced(
  tree: Tree,
  rest: readonly string[],
  value: string | number | boolean,
): Tree | undefined {
  if (rest.length > 0) return withField(tree, rest, value)
  const { line, path } = tree
  return tree.kind === 'scalar' || tree.kind === 'wrong'
    ? { line, path, kind: 'scalar', value }
    : undefined
}
