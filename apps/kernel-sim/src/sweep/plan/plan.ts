/**
 * Plan: what a sweep runs, as somebody has written it down: grids of scenarios or machines by policies, parameters and seeds. The fields are
 * described once: reading, what is said of mistakes, and the JSON schema follow from that.
 */
import { POLICIES } from '../../kernel/policy.js'
import {
  amount,
  type Complaints,
  count,
  type JsonSchema,
  list,
  oneOf,
  optional,
  record,
  required,
  text,
  withDefault,
} from '../../simulate/machine-file/kinds.js'
import type { Tree } from '../../simulate/machine-file/tree.js'
import { machinePolicies } from '../../simulate/policy.js'
import { axes, placed, seeds } from './plan-kinds.js'

const POLICY_NAMES = POLICIES.map(({ name }) => name)

/** How far a job goes where the plan says nothing. */
export const DEFAULT_LIMITS = { states: 20_000_000, seconds: 3600, megabytes: 2000 } as const

const { states, seconds, megabytes } = DEFAULT_LIMITS
const LIMITS = record('the limits', {
  states: withDefault(count(1, 1e9), states, 'stop a search after so many states'),
  seconds: withDefault(amount(0.1, 1e6), seconds, 'stop a job after so many seconds of the clock'),
  megabytes: withDefault(count(1, 1e6), megabytes, 'stop a search whose states take more MB'),
})

const SCENARIOS = required(
  list(
    placed(text('the name of a bundled scenario, or the path of a file', /^[^\0]{1,500}$/)),
    'scenarios',
    1,
  ),
  'what is checked: bundled ones by name or number, files by their paths from the plan; all for all bundled ones',
)
const CHECK_POLICIES = withDefault(
  list(oneOf(POLICY_NAMES), 'policies', 1),
  POLICY_NAMES,
  'under which policies; by default all',
)
const PARAMETERS = withDefault(
  axes,
  [],
  'values of parameters, or the word all for all that a scenario lists; the others are as by default',
)
const OWN_LIMITS = optional(LIMITS, 'limits of each job')
const FILES = withDefault(
  list(text('the path of a file', /^[^\0]{1,500}$/), 'files'),
  [],
  'other files that the programs read, by their paths from the plan',
)

const CHECK = record('check', {
  scenarios: SCENARIOS,
  policies: CHECK_POLICIES,
  parameters: PARAMETERS,
  limits: OWN_LIMITS,
  files: FILES,
})

const SAMPLE = record('sample', {
  scenarios: SCENARIOS,
  policies: CHECK_POLICIES,
  parameters: PARAMETERS,
  seeds: withDefault(seeds, [1], 'how many seeds, or which'),
  executions: withDefault(count(1, 1e9), 10_000, 'how many executions each seed looks at'),
  strategy: withDefault(
    oneOf<'pct' | 'random'>(['pct', 'random']),
    'pct',
    'how the next task is chosen, as check --strategy',
  ),
  limits: OWN_LIMITS,
  files: FILES,
})

const SIMULATE = record('simulate', {
  machines: required(
    list(placed(text('the path of a machine', /^[^\0]{1,500}$/)), 'machines', 1),
    'files of machines, by their paths from the plan',
  ),
  policies: withDefault(
    list(oneOf(machinePolicies()), 'policies', 1),
    ['scope'],
    'under which policies',
  ),
  parameters: withDefault(
    axes,
    [],
    'values of fields of the machine, by their paths: memory, workloads.cache.size',
  ),
  seeds: withDefault(seeds, [1], 'how many seeds, or which'),
  seconds: optional(amount(0.1, 86_400), 'virtual seconds; by default as the machine says'),
  limits: OWN_LIMITS,
  files: FILES,
})

const PLAN = record('a plan', {
  check: optional(CHECK, 'searches of all interleavings'),
  sample: optional(SAMPLE, 'samples of executions, as check --sample'),
  simulate: optional(SIMULATE, 'machines in virtual time'),
})

export type Plan = NonNullable<ReturnType<typeof PLAN.read>>
export type CheckGrid = NonNullable<Plan['check']>
export type SampleGrid = NonNullable<Plan['sample']>
export type SimulateGrid = NonNullable<Plan['simulate']>

/** Reads a plan; null when something is wrong with it, which has been said. */
export function planOf(tree: Tree, complaints: Complaints): Plan | null {
  const plan = PLAN.read(tree, complaints)
  if (plan === undefined) return null
  if (plan.check === undefined && plan.sample === undefined && plan.simulate === undefined) {
    complaints.add(tree, 'a plan needs check, sample or simulate: there is nothing to do')
    return null
  }
  return plan
}

/** The JSON schema of a plan. */
export function planSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'kernel-sim-plan-1',
    title: 'kernel-sim sweep: a plan',
    description:
      'Grids of jobs: scenarios or machines by policies, parameters and seeds. Each combination is a job.',
    ...PLAN.schema,
  }
}
