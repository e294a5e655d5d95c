/**
 * Part: one intervention of a repair, as a place and how strong it is there, and sets of them. At a scope's place NOIO is
 * stronger than NOFS; a queue of an item's own with WQ_MEM_RECLAIM is stronger than one without.
 */
import type { Intervention, ScopePlace } from '../../kernel/intervention.js'

/** Where something can be changed. */
export type Place =
  | ScopePlace
  | { readonly kind: 'convey'; readonly work: number }
  | { readonly kind: 'rescuer'; readonly queue: number }
  | { readonly kind: 'own-queue'; readonly work: number }

export interface Part {
  readonly place: Place
  /** 1, or 2 for the stronger one where there are two. */
  readonly strength: number
}

/** Interventions, at most one for each place; a value. */
export class PartSet {
  static readonly EMPTY = new PartSet(new Map())
  readonly #parts: ReadonlyMap<string, Part>
  /** The same for equal sets. */
  readonly key: string

  /** The set of what a kernel takes. */
  static of(interventions: readonly Intervention[]): PartSet {
    return interventions.reduce((set, each) => set.with(partOf(each)), PartSet.EMPTY)
  }

  private constructor(parts: ReadonlyMap<string, Part>) {
    this.#parts = parts
    this.key = [...parts.entries()]
      .map(([place, { strength }]) => `${place}=${strength}`)
      .sort()
      .join(' ')
  }

  get parts(): readonly Part[] {
    return [...this.#parts.values()]
  }

  /** How many parts there are, stronger ones counted twice. */
  get weight(): number {
    return this.parts.reduce((sum, { strength }) => sum + strength, 0)
  }

  /** How strong it is at a place; 0 where it changes nothing. */
  strengthAt(place: Place): number {
    return this.#parts.get(keyOf(place))?.strength ?? 0
  }

  /** With a part more, or with a stronger one at its place. */
  with(part: Part): PartSet {
    return new PartSet(new Map([...this.#parts, [keyOf(part.place), part]]))
  }

  /** Returns true if it is at least as strong everywhere. */
  includes({ parts }: PartSet): boolean {
    return parts.every(({ place, strength }) => this.strengthAt(place) >= strength)
  }

  /** As the kernel takes them. */
  get interventions(): Intervention[] {
    return this.parts.map(interventionOf)
  }
}

/** The same for the same place. */
function keyOf(place: Place): string {
  switch (place.kind) {
    case 'allocation':
      return `allocation ${place.path.join()}`
    case 'section':
      return `section ${place.holder} ${place.lock}`
    case 'task':
      return `task ${place.task}`
    case 'rescuer':
      return `rescuer ${place.queue}`
    default:
      return `${place.kind} ${place.work}`
  }
}

/** Returns true for what takes flags from requests and changes nothing else. */
export function isRestriction({ place }: Part): boolean {
  return place.kind !== 'rescuer' && place.kind !== 'own-queue'
}

function partOf(intervention: Intervention): Part {
  switch (intervention.kind) {
    case 'convey':
    case 'rescuer':
      return { place: intervention, strength: 1 }
    case 'own-queue': {
      const { kind, work, memReclaim } = intervention
      return { place: { kind, work }, strength: memReclaim ? 2 : 1 }
    }
    default: {
      const { restriction, ...place } = intervention
      return { place, strength: restriction === 'NOIO' ? 2 : 1 }
    }
  }
}

function interventionOf({ place, strength }: Part): Intervention {
  switch (place.kind) {
    case 'convey':
    case 'rescuer':
      return place
    case 'own-queue':
      return { ...place, memReclaim: strength === 2 }
    default:
      return { ...place, restriction: strength === 2 ? 'NOIO' : 'NOFS' }
  }
}
