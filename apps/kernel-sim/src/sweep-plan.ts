/** Sweep plan: a plan as data in a program: `export default plan({ ... })`. */
import type { ParameterValue } from './kernel/parameters.js'
import type { PolicyName } from './kernel/policy.js'

/** How far each job goes. */
export interface JobLimits {
  /** Stop a search after so many states; by default 20 million. */
  readonly states?: number
  /** Stop a job after so many seconds of the clock; by default 3600. */
  readonly seconds?: number
  /** Stop a search whose states take more MB; by default 2000. */
  readonly megabytes?: number
}

/** Values of parameters by their names, or `all` for all that a scenario lists; the others are as by default. */
export type VariedParameters = Readonly<
  Record<string, ParameterValue | readonly ParameterValue[] | 'all'>
>

/** What all grids can be told. */
export interface GridOptions {
  /** Limits of each job. */
  readonly limits?: JobLimits
  /** Other files that the programs read, by their paths from the plan. */
  readonly files?: readonly string[]
}

/** Scenarios by policies and parameters. */
export interface ScenarioGrid extends GridOptions {
  /** Bundled ones by name or number, files by their paths from the plan; `all` for all bundled ones. */
  readonly scenarios: readonly string[]
  /** By default all. */
  readonly policies?: readonly PolicyName[]
  /** Values of parameters. */
  readonly parameters?: VariedParameters
}

/** Samples of executions, as `check --sample`. */
export interface SampledGrid extends ScenarioGrid {
  /** How many seeds, or which; by default one. */
  readonly seeds?: number | readonly number[]
  /** How many executions each seed looks at; by default 10,000. */
  readonly executions?: number
  /** How the next task is chosen; by default `pct`. */
  readonly strategy?: 'pct' | 'random'
}

/** Machines in virtual time. */
export interface MachineGrid extends GridOptions {
  /** Files of machines, by their paths from the plan. */
  readonly machines: readonly string[]
  /** Those of check, or `nofs`; by default `scope`. */
  readonly policies?: readonly string[]
  /** Values of fields of the machine, by their paths: `memory`, `workloads.cache.size`. */
  readonly parameters?: VariedParameters
  /** How many seeds, or which; by default one. */
  readonly seeds?: number | readonly number[]
  /** Virtual seconds; by default as the machine says. */
  readonly seconds?: number
}

/** What a sweep runs: each combination is a job. */
export interface SweepPlan {
  /** Searches of all interleavings. */
  readonly check?: ScenarioGrid
  /** Samples of executions. */
  readonly sample?: SampledGrid
  /** Machines in virtual time. */
  readonly simulate?: MachineGrid
}

/** Says that something is a plan: `export default plan({ ... })`. What is wrong with it is said when it is run. */
export function plan(description: SweepPlan): SweepPlan {
  return description
}
