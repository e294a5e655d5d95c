/**
 * Kinds: what a field of a machine file takes. A kind reads a value and says what is wrong with it, and is the same thing as JSON schema:
 * the two cannot drift apart.
 */
import { type Complaint, type Entry, type Place, short, shown, type Tree } from './tree.js'

export type JsonSchema = Readonly<Record<string, unknown>>

/** Collects what is wrong. */
export class Complaints {
  readonly all: Complaint[] = []

  /** Adds a complaint, unless what it is about has been complained of already. */
  add(about: Place | Tree, sentence: string): undefined {
    if ('kind' in about && about.kind === 'wrong') return undefined
    this.all.push({ line: about.line, sentence })
    return undefined
  }
}

export interface Kind<T> {
  /** What it takes, in a sentence: "a size such as 128 MiB". */
  readonly takes: string
  readonly schema: JsonSchema
  /** The value; undefined when something is wrong, which has been said. */
  read(tree: Tree, complaints: Complaints): T | undefined
}

/** A field of a record. */
export interface Field<T> {
  readonly kind: Kind<T>
  /** What it is for. */
  readonly says: string
  readonly required: boolean
  /** What it is when it is not there. */
  readonly otherwise: T | undefined
}

/** A field that has to be there. */
export function required<T>(kind: Kind<T>, says: string): Field<T> {
  return { kind, says, required: true, otherwise: undefined }
}

/** A field that has a value when it is not there. @param shownDefault as a file would say it */
export function withDefault<T>(kind: Kind<T>, otherwise: T, says: string): Field<T> {
  return { kind, says, required: false, otherwise }
}

/** A field that may be missing. */
export function optional<T>(kind: Kind<T>, says: string): Field<T | undefined> {
  return { kind, says, required: false, otherwise: undefined }
}

export type Fields = Readonly<Record<string, Field<unknown>>>
/** What a record with such fields is read to. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never
}

/** A scalar that a function makes something of, or not. The function is told how it is written, too. */
export function scalar<T>(options: {
  readonly takes: string
  readonly schema: JsonSchema
  readonly make: (value: string | number | boolean | null, text: string) => T | undefined
}): Kind<T> {
  const { takes, schema, make } = options
  return {
    takes,
    schema,
    read(tree, complaints) {
      const value =
        tree.kind === 'scalar' ? make(tree.value, tree.text ?? String(tree.value)) : undefined
      return value ?? complaints.add(tree, `${tree.path} takes ${takes}, not ${shown(tree)}`)
    },
  }
}

/** A whole number. */
export function count(least: number, most: number): Kind<number> {
  const takes = `a whole number from ${least} to ${most}`
  return scalar({
    takes,
    schema: { type: 'integer', minimum: least, maximum: most },
    make: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? value
        : undefined,
  })
}

/** A number. */
export function amount(least: number, most: number): Kind<number> {
  const takes = `a number from ${least} to ${most}`
  return scalar({
    takes,
    schema: { type: 'number', minimum: least, maximum: most },
    make: (value) =>
      typeof value === 'number' && value >= least && value <= most ? value : undefined,
  })
}

/** true or false. */
export const flag: Kind<boolean> = scalar({
  takes: 'true or false',
  schema: { type: 'boolean' },
  make: (value) => (typeof value === 'boolean' ? value : undefined),
})

/** A text of a form. */
export function text(takes: string, pattern: RegExp): Kind<string> {
  return scalar({
    takes,
    schema: { type: 'string', pattern: pattern.source },
    make: (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined),
  })
}

/** One of some words. */
export function oneOf<W extends string>(words: readonly W[]): Kind<W> {
  return scalar({
    takes: `one of ${words.join(', ')}`,
    schema: { enum: words },
    make: (value) => words.find((word) => word === value),
  })
}

/** A list, of so many items at least. */
export function list<T>(item: Kind<T>, what: string, least = 0): Kind<readonly T[]> {
  const takes = `a list of ${what}`
  return {
    takes,
    schema: { type: 'array', items: item.schema, ...(least > 0 ? { minItems: least } : {}) },
    read(tree, complaints) {
      if (tree.kind !== 'list' || tree.items.length < least) {
        return complaints.add(
          tree,
          `${tree.path} takes ${takes}, not ${tree.kind === 'list' ? 'an empty one' : shown(tree)}`,
        )
      }
      const items = tree.items.map((each) => item.read(each, complaints))
      return allThere(items) ? items : undefined
    },
  }
}

function allThere<T>(items: readonly (T | undefined)[]): items is readonly T[] {
  return items.every((each) => each !== undefined)
}

/**
 * A map whose keys are fields.
 * @param what it is, in a sentence: "a workload of type read"
 * @param not what it could have and has not, by key: a sentence each
 */
export function record<F extends Fields>(
  what: string,
  fields: F,
  not: Readonly<Record<string, string>> = {},
): Kind<Values<F>> {
  return {
    takes: `a map of ${Object.keys(fields).join(', ')}`,
    schema: recordSchema(fields),
    read(tree, complaints) {
      if (tree.kind !== 'map') {
        const where = tree.path === '' ? 'the file' : tree.path
        return complaints.add(
          tree,
          `${where} takes a map of ${Object.keys(fields).join(', ')}, not ${shown(tree)}`,
        )
      }
      return readFields(tree, fields, { what, complaints, not })
    },
  }
}

/** The schema of a map whose keys are these. */
export function recordSchema(fields: Fields, more: JsonSchema = {}): JsonSchema {
  const needed = Object.keys(fields).filter((key) => fields[key]?.required)
  return {
    type: 'object',
    ...(needed.length > 0 ? { required: needed } : {}),
    additionalProperties: false,
    properties: {
      ...more,
      ...Object.fromEntries(
        Object.entries(fields).map(([key, { kind, says }]) => [
          key,
          { description: says, ...kind.schema },
        ]),
      ),
    },
  }
}

/** Reads a map by its fields. */
export function readFields<F extends Fields>(
  tree: Extract<Tree, { readonly kind: 'map' }>,
  fields: F,
  {
    what,
    complaints,
    not = {},
  }: {
    readonly what: string
    readonly complaints: Complaints
    readonly not?: Readonly<Record<string, string>>
  },
): Values<F> | undefined {
  const before = complaints.all.length
  const found = new Map<string, Entry>()
  for (const entry of tree.entries) {
    if (Object.hasOwn(fields, entry.key)) found.set(entry.key, entry)
    else
      complaints.add(
        entry.place,
        Object.hasOwn(not, entry.key)
          ? `${not[entry.key]}`
          : `${what} has no ${short(entry.key)}${instead(entry.key, Object.keys(fields))}`,
      )
  }
  const values: Record<string, unknown> = {}
  let missing = false
  for (const [key, field] of Object.entries(fields)) {
    const entry = found.get(key)
    if (entry !== undefined) {
      values[key] = field.kind.read(entry.value, complaints)
      missing ||= values[key] === undefined
    } else if (field.required) {
      complaints.add(tree, `${what} needs ${key}: ${field.kind.takes}`)
    } else values[key] = field.otherwise
  }
  // Each value is what its own field has read, and none is missing.
  return complaints.all.length === before && !missing ? (values as Values<F>) : undefined
}

/** What was perhaps meant, or what there is. */
function instead(given: string, known: readonly string[]): string {
  const near = nearest(given, known)
  return near === undefined ? `; it has ${known.join(', ')}` : `; is ${near} meant?`
}

/** The name that was perhaps meant by one that there is not: at most two letters are wrong. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const [near] = known
    .map((each) => ({ each, letters: distance(each, given) }))
    .filter(({ letters }) => letters <= 2)
    .sort((a, b) => a.letters - b.letters)
  return near?.each
}

/** How many letters are changed, put in or left out (Levenshtein); large texts are far from everything. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return 3
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
