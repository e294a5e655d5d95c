/** Inapplicable: why a policy makes no sense for some cases, where several have the same reason. */
import type { PolicyName } from '../kernel/policy.js'

const same = (why: string): Partial<Record<PolicyName, string>> => ({
  'convey-on-queue': why,
  'inherit-on-wait': why,
  'callee-scope': why,
  'separate-queues': why,
})

export const NOTHING_DELEGATED = same('the task does the work itself: there is nothing to convey')
