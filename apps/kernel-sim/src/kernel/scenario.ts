/** Scenario: a kernel path as a model: what there is, who does what, under any policy. */

import type { Kernel } from './kernel.js'
import { type PolicyName, policyNamed } from './policy.js'

/** What happened, and how far the model of it goes. */
export interface History {
  /** Who met what, in a few sentences. */
  readonly told: string
  /** What the model leaves out. */
  readonly leavesOut: string
  /** What those who keep the code came to. */
  readonly upstream: {
    /** The commit, the thread or the document, in a sentence. */
    readonly says: string
    /** The policy that is the code as it was, or became. */
    readonly under: PolicyName
    /** What the search has to find under it. */
    readonly verdict: 'safe' | 'deadlock' | 'livelock'
  }
}

/** A kernel path as a model: what it is, where it is from, and how it is built. */
export interface Scenario {
  /** A short name: lower case, digits and dashes. */
  readonly name: string
  /** What happens, in one sentence. */
  readonly summary: string
  /** Where it was reported or fixed. */
  readonly source?: string
  /** What happened, for the bundled cases. */
  readonly history?: History
  /** Makes locks, queues, shrinkers and tasks. Called anew for each policy. */
  readonly build: (kernel: Kernel) => void
  /** Policies that make no sense here, and why. */
  readonly inapplicable?: Partial<Record<PolicyName, string>>
}

/**
 * Defines a scenario; a file that is given to `kernel-sim check` has one as its default export.
 * @throws TypeError when a part is missing or malformed, RangeError for a policy that there is not.
 */
export function scenario(spec: Scenario): Scenario {
  const name: unknown = spec?.name
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new TypeError(`"${name}" is not a name of a scenario: use lower case, digits and dashes`)
  }
  if (typeof spec.summary !== 'string') {
    throw new TypeError(`scenario ${spec.name} has no summary: one sentence that says what happens`)
  }
  if (typeof spec.build !== 'function') {
    throw new TypeError(`scenario ${spec.name} has no build(kernel)`)
  }
  for (const policy of Object.keys(spec.inapplicable ?? {})) policyNamed(policy)
  return spec
}
