/**
 * OpenTelemetry baggage: a conveyance as the entry `scopemask` of a Baggage, which its propagators take along
 * with the trace. It works on the shape of a Baggage; nothing of OpenTelemetry is needed here.
 */
import type { Context } from '../context.js'
import type { Conveyance } from '../conveyance.js'
import type { Domain } from '../domain.js'
import { ConveyanceError } from '../errors.js'
import { attempt, ownValue, refuse } from '../hostile.js'
import { decode } from '../remote.js'
import { outgoing, type RemotePolicy } from './outgoing.js'

export type { RemotePolicy } from './outgoing.js'

/** `Baggage` of @opentelemetry/api, as far as this file has to know it: immutable. */
export interface BaggageLike {
  getEntry(key: string): { readonly value: string } | undefined
  setEntry(key: string, entry: { readonly value: string }): this
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

/**
 * The conveyance in a baggage, or undefined where there is no such entry.
 * @throws DecodeError for anything in it that is not exactly one conveyance of this domain.
 */
export function readBaggage<N extends string>(
  domain: Domain<N>,
  baggage: Pick<BaggageLike, 'getEntry'>,
  key: string = KEY,
): Conveyance<N> | undefined {
  const found = attempt(() => ({ entry: baggage.getEntry(key) }))
  if (found === undefined) throw refuse(domain, 'malformed', 'the baggage cannot be read')
  const { entry } = found
  if (entry === undefined) return undefined
  const value = attempt(() => ownValue(entry, 'value'))
  if (typeof value !== 'string') throw refuse(domain, 'malformed', `the entry ${key} has no text`)
  return decode(domain, value)
}
