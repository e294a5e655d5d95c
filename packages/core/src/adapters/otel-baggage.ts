/**
 * OpenTelemetry baggage: a conveyance as the entry `scopemask` of a Baggage, which its propagators take along
 * with the trace. It works on the shape of a Baggage; nothing of OpenTelemetry is needed here.
 * @module otel-baggage
 */
import type { Context } from '../context.js'
import type { Conveyance } from '../conveyance.js'
import type { Domain } from '../domain.js'
import { ConveyanceError } from '../errors.js'
import { attempt, ownValue, refuse } from '../hostile.js'
import { decode } from '../remote.js'
import { outgoing, type RemotePolicy } from './outgoing.js'

export type { RemotePolicy } from './outgoing.js'

/** `BaggageEntry` of @opentelemetry/api, as far as this file has to know it. */
export interface BaggageEntryLike {
  /** The value, as text. */
  readonly value: string
}

/** `Baggage` of @opentelemetry/api, as far as this file has to know it: immutable. */
export interface BaggageLike {
  /** The entry with this key. */
  getEntry(key: string): BaggageEntryLike | undefined
  /** Returns other baggage that has this entry too. */
  setEntry(key: string, entry: BaggageEntryLike): this
}

const KEY = 'scopemask'

/**
 * The baggage with what the policy conveys from the context at this moment.
 * @throws ConveyanceError when the entry carries a conveyance of another domain.
 */
export function writeBaggage<B extends BaggageLike, N extends string>(
  baggage: B,
  context: Context<N>,
  policy: RemotePolicy,
  key: string = KEY,
): B {
  const { name } = context.domain
  const before = baggage.getEntry(key)
  if (before !== undefined && !before.value.startsWith(`${name}/`)) {
    throw new ConveyanceError(
      `the entry ${key} carries another conveyance: ${name} needs a key of its own`,
    )
  }
  return baggage.setEntry(key, { value: outgoing(context, policy, 'otel-baggage') })
}

/** How a baggage is read. */
export interface ReadOptions {
  /** The key of the entry, `scopemask` by default. */
  readonly key?: string
  /** True if its absence is an error: a sender always writes it, so one that is missing was lost. */
  readonly required?: boolean
}

/**
 * The conveyance in a baggage: undefined where there is no baggage, so that none was ever sent; null where there is one
 * without the entry, which may have been lost on the way (propagators drop what is too long).
 *
 * @throws DecodeError for anything in it that is not exactly one conveyance of this domain, and, where it is required,
 * for none.
 */
export function readBaggage<N extends string>(
  domain: Domain<N>,
  baggage: Pick<BaggageLike, 'getEntry'> | undefined,
  { key = KEY, required = false }: ReadOptions = {},
): Conveyance<N> | null | undefined {
  if (baggage === undefined) {
    if (required) throw refuse(domain, 'missing', 'there is no baggage')
    return undefined
  }
  const found = attempt(() => ({ entry: baggage.getEntry(key) }))
  if (found === undefined) throw refuse(domain, 'malformed', 'the baggage cannot be read')
  const { entry } = found
  if (entry === undefined) {
    if (required) throw refuse(domain, 'missing', `the baggage has no entry ${key}`)
    return null
  }
  const value = attempt(() => ownValue(entry, 'value'))
  if (typeof value !== 'string') throw refuse(domain, 'malformed', `the entry ${key} has no text`)
  return decode(domain, value)
}
