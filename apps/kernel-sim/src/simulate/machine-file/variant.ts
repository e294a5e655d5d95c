/** Variant: a map whose `type` says which fields it has. */
import {
  type Fields,
  type JsonSchema,
  type Kind,
  readFields,
  recordSchema,
  type Values,
} from './kinds.js'
import { shown } from './tree.js'

/** One of the types. */
export interface VariantType<T> {
  readonly says: string
  readonly fields: Fields
  /** Makes something of the values of its fields. */
  readonly make: (values: Readonly<Record<string, unknown>>) => T
}

/** A type whose values are those of its own fields. */
export function variantType<F extends Fields, T>(each: {
  readonly says: string
  readonly fields: F
  readonly make: (values: Values<F>) => T
}): VariantType<T> {
  const { says, fields, make } = each
  // Only what these very fields have read is given to it.
  return { says, fields, make: (values) => make(values as Values<F>) }
}

/** @param what it is, in a sentence: "a fault" */
export function variant<T>(what: string, types: Readonly<Record<string, VariantType<T>>>): Kind<T> {
  const names = Object.keys(types)
  const takes = `a map with a type: ${names.join(', ')}`
  return {
    takes,
    schema: variantSchema(types),
    read(tree, complaints) {
      if (tree.kind !== 'map') {
        return complaints.add(tree, `${tree.path} takes ${takes}, not ${shown(tree)}`)
      }
      const said = tree.entries.find(({ key }) => key === 'type')
      if (said === undefined) {
        return complaints.add(tree, `${tree.path} needs a type: ${names.join(', ')}`)
      }
      const { value } = said
      const name = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : ''
      const found = Object.hasOwn(types, name) ? types[name] : undefined
      if (found === undefined) {
        return complaints.add(
          said.place,
          `${tree.path}: there is no type ${shown(value)}; there are ${names.join(', ')}`,
        )
      }
      const rest = { ...tree, entries: tree.entries.filter((entry) => entry !== said) }
      const values = readFields(rest, found.fields, {
        what: `${tree.path} (${what} of type ${name})`,
        complaints,
      })
      return values === undefined ? undefined : found.make(values)
    },
  }
}

function variantSchema(types: Readonly<Record<string, VariantType<unknown>>>): JsonSchema {
  return {
    type: 'object',
    required: ['type'],
    oneOf: Object.entries(types).map(([name, { says, fields }]) => ({
      ...recordSchema(fields, { type: { const: name } }),
      title: name,
      description: says,
    })),
  }
}
