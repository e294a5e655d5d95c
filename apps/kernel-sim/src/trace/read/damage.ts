/**
 * Damage: what of a recording could not be read as an event. Nothing is dropped in silence: each kind is counted, and
 * the first few of it are remembered with their line numbers.
 */

/** What can be wrong with a part of a recording. */
export const DAMAGE_KINDS = {
  foreign: 'lines that are no events: other text, or the rest of a cut line',
  truncated: 'events that end before their end',
  interleaved: 'lines in which a second event starts before the first has ended',
  malformed: 'lines that are damaged inside',
  invalid: 'events with a field that is missing or impossible',
  'unknown-event': 'events of a kind that this program does not know',
  'unknown-gfp':
    'events with gfp flags that no kernel is known to have; the event counts without them',
  page: 'pages of a binary recording that are damaged inside: the rest of each is skipped',
  symbols: 'recordings without the names of functions',
  oversize: 'lines that are too long for an event',
  compression: 'compressed data that ends early or is damaged',
} as const

export type DamageKind = keyof typeof DAMAGE_KINDS

/** One place where something is wrong. */
export interface DamageSample {
  /** From 1. */
  readonly line: number
  readonly what: string
}

/** How often one kind of damage was met. */
export interface DamageCount {
  readonly kind: DamageKind
  readonly count: number
  /** The first few. */
  readonly samples: readonly DamageSample[]
}

const SAMPLES = 3

export class Damage {
  readonly #found = new Map<DamageKind, { count: number; samples: DamageSample[] }>()
  #total = 0

  /** How often anything was wrong. */
  get total(): number {
    return this.#total
  }

  add(kind: DamageKind, line: number, what: string): void {
    this.#total++
    let found = this.#found.get(kind)
    if (found === undefined) this.#found.set(kind, (found = { count: 0, samples: [] }))
    found.count++
    if (found.samples.length < SAMPLES) found.samples.push({ line, what })
  }

  /** The kinds that were met, in the order of their first meeting. */
  counts(): DamageCount[] {
    return [...this.#found].map(([kind, found]) => ({ kind, ...found }))
  }
}
