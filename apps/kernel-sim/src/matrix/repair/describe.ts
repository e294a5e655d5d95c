/** Describe: a part of a repair by the names of what it is about. */
import type { Machine } from '@scopemask/checker/machine'
import type { Restriction } from '../../kernel/intervention.js'
import type { Part } from './part.js'

/** Something of the model, by its number in it and by its name, which others may have too. */
export interface Named {
  readonly id: number
  readonly name: string
}

/** A part of a repair, for whoever reads it. */
export type PartText =
  | {
      readonly kind: 'allocation'
      readonly restriction: Restriction
      /** The procedures, innermost first; the last one is that of the task or the item. */
      readonly stack: readonly Named[]
    }
  | { readonly kind: 'work'; readonly restriction: Restriction; readonly work: Named }
  | { readonly kind: 'task'; readonly restriction: Restriction; readonly task: Named }
  | {
      readonly kind: 'section'
      readonly restriction: Restriction
      /** The task or the item that holds the lock. */
      readonly holder: Named
      readonly lock: Named
    }
  | { readonly kind: 'convey'; readonly work: Named }
  | { readonly kind: 'rescuer'; readonly queue: Named }
  | { readonly kind: 'own-queue'; readonly work: Named; readonly memReclaim: boolean }

export function describePart(machine: Machine, { place, strength }: Part): PartText {
  const object = (id: number): Named => ({ id, name: machine.objects[id]?.name ?? '' })
  const restriction = strength === 2 ? 'NOIO' : 'NOFS'
  switch (place.kind) {
    case 'allocation':
      return { kind: 'allocation', restriction, stack: stackOf(machine, place.path) }
    case 'work':
      return { kind: 'work', restriction, work: object(place.work) }
    case 'task':
      return { kind: 'task', restriction, task: object(place.task) }
    case 'section': {
      const { holder, lock } = place
      return { kind: 'section', restriction, holder: object(holder), lock: object(lock) }
    }
    case 'convey':
      return { kind: 'convey', work: object(place.work) }
    case 'rescuer':
      return { kind: 'rescuer', queue: object(place.queue) }
    case 'own-queue':
      return { kind: 'own-queue', work: object(place.work), memReclaim: strength === 2 }
  }
}

/** The procedures of an allocation's path, innermost first. */
export function stackOf(machine: Machine, path: readonly number[]): Named[] {
  return path.map((id) => ({ id, name: machine.procedures[id]?.name ?? '' })).reverse()
}
