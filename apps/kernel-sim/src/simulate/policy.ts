/** Machine policy: which restrictions the modelled filesystem puts on allocations. Those of `check`, and `nofs`: everything in one scope. */
import { InputError } from '../input-error.js'
import { POLICIES } from '../kernel/policy.js'

export interface MachinePolicy {
  readonly name: string
  /** Every process runs in a scope that keeps its allocations out of the filesystem, for its whole life. */
  readonly everywhere: boolean
  /** The filesystem opens scopes where it holds what reclaim could want. */
  readonly scope: boolean
  /** Call sites that are given a gfp pass the restricted one. */
  readonly explicit: boolean
  readonly summary: string
}

const NOFS: MachinePolicy = {
  name: 'nofs',
  everywhere: true,
  scope: true,
  explicit: false,
  summary: 'every process in one NOFS scope for its whole life',
}

const ALL: readonly MachinePolicy[] = [
  ...POLICIES.map(({ name, scope, explicit, summary }) => ({
    name,
    everywhere: false,
    scope,
    explicit,
    summary,
  })),
  NOFS,
]

/** The policy of a name. @throws InputError for another name. */
export function machinePolicy(name: string): MachinePolicy {
  const policy = ALL.find((each) => each.name === name)
  if (policy === undefined) {
    throw new InputError(`there is no policy ${name}; there are ${machinePolicies().join(', ')}`)
  }
  return policy
}

/** The names of all policies. */
export function machinePolicies(): readonly string[] {
  return ALL.map(({ name }) => name)
}
