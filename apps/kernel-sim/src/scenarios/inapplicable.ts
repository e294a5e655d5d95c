/** Inapplicable: why a policy makes no sense for some cases, where several have the same reason. */
import type { PolicyName } from '../kernel/policy.js'

/** Policies by which something is conveyed, and why there is no way to. */
export const nothingConveyed = (why: string): Partial<Record<PolicyName, string>> => ({
  'convey-on-queue': why,
  'inherit-on-wait': why,
  'callee-scope': why,
  'separate-queues': why,
})

export const NOTHING_DELEGATED = nothingConveyed(
  'the task does the work itself: there is nothing to convey',
)
