/** Kinds: what sorts of change suffice, whatever the places. */
import type { PartText } from './describe.js'
import type { Repairs } from './repair.js'

/** A sort of change: a flag at a call site, a scope, a mask that travels with an item, a rescuer, a queue for one item alone. */
export const KINDS = ['flag', 'scope', 'convey', 'rescuer', 'queue'] as const
export type Kind = (typeof KINDS)[number]

const KIND = {
  allocation: 'flag',
  work: 'scope',
  task: 'scope',
  section: 'scope',
  convey: 'convey',
  rescuer: 'rescuer',
  'own-queue': 'queue',
} as const satisfies Record<PartText['kind'], Kind>

/** The least combinations of kinds that suffice, fewest first; none where nothing does. */
export function kindsOf({ repairs }: Pick<Repairs, 'repairs'>): Kind[][] {
  const all = repairs.map(({ parts }) => {
    const used = parts.map(({ kind }) => KIND[kind])
    return KINDS.filter((kind) => used.includes(kind))
  })
  const least = all.filter(
    (kinds, at) =>
      all.findIndex((other) => isSame(other, kinds)) === at &&
      !all.some((other) => other.length < kinds.length && isWithin(other, kinds)),
  )
  return least.sort((a, b) => a.length - b.length || order(a) - order(b))
}

function order(kinds: readonly Kind[]): number {
  return kinds.reduce((sum, kind) => sum * KINDS.length + KINDS.indexOf(kind), 0)
}

function isSame(a: readonly Kind[], b: readonly Kind[]): boolean {
  return a.length === b.length && isWithin(a, b)
}

function isWithin(some: readonly Kind[], all: readonly Kind[]): boolean {
  return some.every((kind) => all.includes(kind))
}
