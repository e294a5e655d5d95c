/** Policy: how the restrictions of a task are made known to the allocator and to those that work for it. */

export type PolicyName =
  | 'unrestricted'
  | 'explicit'
  | 'scope'
  | 'convey-on-queue'
  | 'inherit-on-wait'
  | 'callee-scope'
  | 'separate-queues'

/** How restrictions are made known, as facts that the kernel's objects read. */
export interface Policy {
  /** What it is called: `--policy` takes it. */
  readonly name: PolicyName
  /** True if call sites that are given a gfp pass the restricted one. */
  readonly explicit: boolean
  /** True if tasks open scopes. */
  readonly scope: boolean
  /** What a work item takes along. */
  readonly delegation: 'none' | 'convey-on-queue' | 'inherit-on-wait'
  /** True if work functions open scopes of their own. */
  readonly calleeScope: boolean
  /** True if items queued from a scope go to a queue of their own, with a rescuer. */
  readonly separateQueues: boolean
  /** What it is, in a few words. */
  readonly summary: string
}

const SCOPE: Omit<Policy, 'name' | 'summary'> = {
  explicit: false,
  scope: true,
  delegation: 'none',
  calleeScope: false,
  separateQueues: false,
}

/** All policies, in the order of the matrix. */
export const POLICIES: readonly Policy[] = [
  { ...SCOPE, name: 'unrestricted', scope: false, summary: 'GFP_KERNEL everywhere, no scope' },
  {
    ...SCOPE,
    name: 'explicit',
    scope: false,
    explicit: true,
    summary: 'GFP_NOFS or GFP_NOIO wherever the API takes gfp, no scope',
  },
  { ...SCOPE, name: 'scope', summary: 'scopes and GFP_KERNEL; nothing is conveyed' },
  {
    ...SCOPE,
    name: 'convey-on-queue',
    delegation: 'convey-on-queue',
    summary: 'the restrictions in force when an item is queued hold while it is worked on',
  },
  {
    ...SCOPE,
    name: 'inherit-on-wait',
    delegation: 'inherit-on-wait',
    summary: 'the restrictions of whoever waits for an item hold for its worker while it waits',
  },
  {
    ...SCOPE,
    name: 'callee-scope',
    calleeScope: true,
    summary: 'the work function opens a scope of its own',
  },
  {
    ...SCOPE,
    name: 'separate-queues',
    delegation: 'convey-on-queue',
    separateQueues: true,
    summary: 'convey-on-queue, and restricted items on a queue of their own with a rescuer',
  },
]

/** @throws RangeError for a name that is not a policy's. */
export function policyNamed(name: string): Policy {
  const policy = POLICIES.find((known) => known.name === name)
  if (policy === undefined) {
    throw new RangeError(
      `${name} is not a policy: choose one of ${POLICIES.map((known) => known.name).join(', ')}`,
    )
  }
  return policy
}
