/** Envelope: a payload with a conveyance beside it, as JSON and the structured clone both take it. */
import type { Conveyance } from '../conveyance.js'
import type { Domain } from '../domain.js'
import { ownData } from '../hostile.js'
import { decode } from '../remote.js'

/** A payload with the header form of a conveyance. */
export interface Envelope<T> {
  /** The conveyance in its header form: `jobs/1/8fe69af9/2`. */
  readonly scopemask: string
  /** The payload, as it is. */
  readonly data: T
}

/** What an envelope held. The data came from outside too, and nobody has looked at it. */
export interface Opened<N extends string> {
  /** What the sender conveyed, decoded: adopt it, or make a context of it. */
  readonly conveyance: Conveyance<N>
  /** The payload, as it came. */
  readonly data: unknown
}

/** @throws DecodeError for anything that is not exactly an envelope with a conveyance of this domain. */
export function open<N extends string>(domain: Domain<N>, input: unknown): Opened<N> {
  const [scopemask, data] = ownData(domain, input, ['scopemask', 'data'])
  return { conveyance: decode(domain, scopemask), data }
}
