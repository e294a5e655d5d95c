/** Restricted: what an error says of an operation that is forbidden: by which flags, who set them, and how they came here. */
import type { ProvenanceStep } from './origin.js'
import { frameOf } from './place.js'

/** A flag that forbids something, with the way that it took. */
export interface Provenance {
  /** The name of the flag. */
  readonly flag: string
  /** The beginning first. */
  readonly steps: readonly ProvenanceStep[]
}

/** `NO_NETWORK: scope "checkout" of request-17 (checkout.ts:40), handed off as "resize" (queue.ts:12), run by worker-3`. */
export function describeRestricted(provenance: readonly Provenance[]): string {
  return provenance
    .map(({ flag, steps }) => `${flag}: ${steps.map(describeStep).join(', ')}`)
    .join('; ')
}

function describeStep({ kind, context, label, stack }: ProvenanceStep): string {
  const name = label === undefined ? '' : ` "${label}"`
  const more = {
    given: ` to ${context}`,
    scope: `${name} of ${context}`,
    saved: ` by ${context}`,
    'handed-off': name && ` as${name}`,
    merged: ' with others',
    'run-by': ` ${context}`,
    received: ' from outside',
    inherited: ` by ${context}, which is waited for`,
  }[kind]
  // The file and the line of the place.
  const [, place] = /([^\s/\\(]+:\d+):\d+\)?$/.exec(`${frameOf(stack)}`) ?? []
  return `${kind.replace('-', ' ')}${more}${place && kind !== 'run-by' ? ` (${place})` : ''}`
}
