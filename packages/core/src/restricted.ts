/** Restricted: what an error says of an operation that is forbidden: by which flags, who set them, and how they came here. */
import type { Mask } from './flags.js'
import type { ProvenanceStep } from './origin.js'
import { fileAndLine } from './place.js'

/** A flag that forbids something, with the way that it took. */
export interface Provenance {
  /** The name of the flag. */
  readonly flag: string
  /** The beginning first. */
  readonly steps: readonly ProvenanceStep[]
}

/** What a {@link RestrictionError} tells beside its message. */
export interface Restricted<N extends string = string> {
  /** The name of the domain. */
  readonly domain: N
  /** The name of the context that is restricted. */
  readonly context: string
  /** The flags that were forbidden and are in force. */
  readonly mask: Mask<N>
  /** Who set each of the flags, where, and how it came here. */
  readonly provenance: readonly Provenance[]
}

/** `NO_NETWORK: scope "checkout" of request-17 (checkout.ts:40), handed off as "resize" (queue.ts:12), run by worker-3`. */
export function describeRestricted({ provenance }: Pick<Restricted, 'provenance'>): string {
  return provenance
    .map(({ flag, steps }) => `${flag}: ${steps.map(describeStep).join(', ')}`)
    .join('; ')
}

function describeStep({ kind, context, label, stack }: ProvenanceStep): string {
  const name = label === undefined ? '' : ` "${label}"`
  const words = {
    given: `given to ${context}`,
    scope: `scope${name} of ${context}`,
    saved: `saved by ${context}`,
    'handed-off': `handed off${name && ` as${name}`}`,
    merged: 'merged with others',
    'run-by': `run by ${context}`,
    received: 'received from outside',
    inherited: `inherited by ${context}, which is waited for`,
  }[kind]
  const place = kind === 'run-by' ? undefined : fileAndLine(stack)
  return place === undefined ? words : `${words} (${place})`
}
