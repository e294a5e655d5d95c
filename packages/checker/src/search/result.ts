/** Result: what a search says of a machine, and the verdict that follows from it. */
import type { Misuse } from '../machine/errors.js'
import type { Property } from '../machine/property.js'
import type { Limits } from './limits.js'

/**
 * What is known of a model. `violation`: a property or an assertion does not hold. `bounded`: a limit stopped the search, and
 * nothing is claimed. `safe*`: nothing was found in a search that has kept hashes of states, which is no proof: see `missed` of its result.
 */
export type Verdict = 'safe' | 'safe*' | 'deadlock' | 'livelock' | 'violation' | 'bounded'

/** What is claimed and does not hold. */
export interface ViolationFound {
  /** The name of the property, or what a task asserts. */
  readonly claim: string
  /** The state in which it does not hold. */
  readonly state: number
}

/** What a search has found, and what it took. */
export interface SearchResult {
  /** What is known of the machine. */
  readonly verdict: Verdict
  /** Which limit stopped the search, when one did. */
  readonly bound: keyof Limits | null
  /** How many states were visited; with symmetry, one for all that differ only in names. */
  readonly states: number
  /** How many steps were taken from one state to another. */
  readonly transitions: number
  /** How many steps the shortest way to the farthest state has. */
  readonly depth: number
  /** The states without a successor in which not all tasks have settled. */
  readonly deadlocks: readonly number[]
  /** True if livelocks were looked for, or would have been where nothing else was found. */
  readonly livelocks: boolean
  /** The first state from which the tasks cannot come to an end, though some can move. */
  readonly livelock: number | null
  /** In a livelock, states that are gone through for ever: the first one, and so on, and the first one again. */
  readonly loop: readonly number[]
  /** The first property or assertion that does not hold. */
  readonly violation: ViolationFound | null
  /** For each property of the machine that has to hold sometimes, the first state in which it does; by number of property. */
  readonly witnesses: readonly (number | null)[]
  /** What was wrong with the model, and the state in which it came out. */
  readonly misuse: {
    /** Says what was wrong. */
    readonly error: Misuse
    /** The number of the state. */
    readonly state: number
  } | null
  /** How likely it is at most that a state was missed, from 0 to 1: 0 unless hashes were kept instead of states. */
  readonly missed: number
  /** Memory that the table of states takes, in bytes. */
  readonly bytes: number
  /** Time that the search took, in seconds, without the time between two calls of `advance`. */
  readonly seconds: number
}

/** What a verdict follows from. */
export type Found = Pick<
  SearchResult,
  'bound' | 'deadlocks' | 'livelock' | 'violation' | 'witnesses'
>

/** The verdict that follows from what was found. @param isExact whether no state can have been missed. */
export function verdictOf(
  { bound, deadlocks, livelock, violation, witnesses }: Found,
  properties: readonly Pick<Property, 'kind'>[],
  isExact: boolean,
): Verdict {
  if (violation !== null) return 'violation'
  if (deadlocks.length > 0) return 'deadlock'
  if (livelock !== null) return 'livelock'
  if (bound !== null) return 'bounded'
  const isMissing = properties.some(
    ({ kind }, index) => kind === 'sometimes' && witnesses[index] === null,
  )
  if (isMissing) return 'violation'
  return isExact ? 'safe' : 'safe*'
}
