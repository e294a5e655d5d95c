/** Property: what a model claims of its states. */
import type { Row } from './layout.js'
import type { Program } from './program.js'

/**
 * `always` has to hold in every state, `at end` in every state in which all tasks have come to an end or to rest, and
 * `sometimes` in at least one that can be reached.
 */
export type PropertyKind = 'always' | 'sometimes' | 'at end'

/** One claim about the states of a machine. */
export interface Property {
  /** In which states it has to hold. */
  readonly kind: PropertyKind
  /** What it is called in verdicts. */
  readonly name: string
  /** Returns true if it holds in a state. @throws Misuse when that cannot be told. */
  holds(row: Row, programs: readonly Program[]): boolean
  /** Returns true if it tells identical parts apart by name, as far as it was asked; then symmetry would mislead it. */
  tellsReplicasApart(): boolean
}
