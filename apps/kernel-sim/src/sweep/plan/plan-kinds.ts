/** Plan kinds: what fields of a plan take that machine files have no use for. */
import type { ParameterValue } from '../../kernel/parameters.js'
import { type Kind, list, scalar } from '../../simulate/machine-file/kinds.js'
import { type Place, shown, type Tree } from '../../simulate/machine-file/tree.js'

/** A value with its place in the file, for what is found out about it later. */
export interface Placed<T> {
  readonly value: T
  readonly place: Place
}

/** The same kind, with places. */
export function placed<T>(kind: Kind<T>): Kind<Placed<T>> {
  return {
    takes: kind.takes,
    schema: kind.schema,
    read(tree, complaints) {
      const value = kind.read(tree, complaints)
      const { line, path } = tree
      return value === undefined ? undefined : { value, place: { line, path } }
    },
  }
}

/** A parameter that is varied: its values, or all that it can have. */
export interface Axis {
  readonly name: string
  readonly values: readonly ParameterValue[] | 'all'
  readonly place: Place
}

const value: Kind<ParameterValue> = scalar<ParameterValue>({
  takes: 'a number, a text, true or false',
  schema: { anyOf: [{ type: 'number' }, { type: 'string' }, { type: 'boolean' }] },
  make: (given) => given ?? undefined,
})
const values = list(value, 'values', 1)

/** A map of names to lists of values; a single value is a list of one. */
export const axes: Kind<readonly Axis[]> = {
  takes: 'a map of names to lists of values',
  schema: {
    type: 'object',
    additionalProperties: { anyOf: [values.schema, { const: 'all' }, value.schema] },
  },
  read(tree, complaints) {
    if (tree.kind !== 'map') {
      return complaints.add(
        tree,
        `${tree.path} takes a map of names to lists of values, not ${shown(tree)}`,
      )
    }
    const one = (given: Tree): readonly ParameterValue[] | undefined => {
      const read = value.read(given, complaints)
      return read === undefined ? undefined : [read]
    }
    const read = tree.entries.map(({ key, place, value: given }): Axis | undefined => {
      if (given.kind === 'scalar' && given.value === 'all') {
        return { name: key, values: 'all', place }
      }
      const several = given.kind === 'scalar' ? one(given) : values.read(given, complaints)
      return several && { name: key, values: [...new Set(several)], place }
    })
    const whole = read.filter((each) => each !== undefined)
    return whole.length === read.length ? whole : undefined
  },
}

const MOST_SEEDS = 10_000
const seed = scalar({
  takes: `a whole number from 1 to 1000000000`,
  schema: { type: 'integer', minimum: 1, maximum: 1_000_000_000 },
  make: (given) =>
    typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= 1e9
      ? given
      : undefined,
})
const seedList = list(seed, 'seeds', 1)

/** `5` for the seeds 1 to 5, or a list of seeds. */
export const seeds: Kind<readonly number[]> = {
  takes: `how many seeds, from 1 to ${MOST_SEEDS}, or a list of them`,
  schema: {
    anyOf: [{ type: 'integer', minimum: 1, maximum: MOST_SEEDS }, seedList.schema],
  },
  read(tree, complaints) {
    if (tree.kind === 'list') {
      const all = seedList.read(tree, complaints)
      return all && [...new Set(all)]
    }
    const given = tree.kind === 'scalar' ? tree.value : undefined
    if (typeof given !== 'number' || !Number.isInteger(given) || given < 1 || given > MOST_SEEDS) {
      return complaints.add(tree, `${tree.path} takes ${this.takes}, not ${shown(tree)}`)
    }
    return Array.from({ length: given }, (_, at) => at + 1)
  },
}
