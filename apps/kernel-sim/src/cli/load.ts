/** Load: what simulate runs: a machine with its workloads, from a machine file or as a plan, ready to be run under any policy. */
import { policyNamed } from '../kernel/policy.js'
import type { MachineFile } from '../simulate/machine-file/machine-file.js'
import { machineSimulation } from '../simulate/machine-file/run-machine.js'
import type { MachineSpec } from '../simulate/machine-spec.js'
import type { Plan } from '../simulate/plan/plan.js'
import { planned } from '../simulate/plan/run-plan.js'
import type { MachinePolicy } from '../simulate/policy.js'
import type { Simulation } from '../simulate/simulation.js'
import type { Loaded } from './load-scenario.js'
import { watchOf } from './watch.js'

/** One run. */
export interface Run {
  readonly policy: MachinePolicy
  readonly seed: number
  /** What happens is kept slice by slice. */
  readonly timeline: boolean
}

export interface Load {
  readonly spec: MachineSpec
  /** Virtual seconds. */
  readonly seconds: number
  readonly seed: number
  readonly runs: number
  /** Names of policies. */
  readonly policies: readonly string[]
  /** Some of its workloads are a user's own code. */
  readonly own: boolean
  /** What runs beside its workloads. */
  readonly scenario: Loaded | null
  /** What of it is without effect: sentences. */
  readonly notes: readonly string[]
  readonly start: (run: Run) => Simulation
}

/** What the command line says in place of the file. */
export interface Overrides {
  readonly seconds?: number
  readonly seed?: number
  readonly runs?: number
  readonly policy?: readonly string[]
  readonly scenario: Loaded | null
}

export function loadOfMachine(machine: MachineFile, said: Overrides): Load {
  const seconds = said.seconds ?? machine.seconds
  return {
    spec: machine.spec,
    seconds,
    seed: said.seed ?? machine.seed,
    runs: said.runs ?? machine.runs,
    policies: said.policy ?? machine.policies,
    own: machine.workloads.some(({ own }) => own),
    scenario: said.scenario,
    notes: machine.notes,
    start: ({ policy, seed, timeline }) =>
      machineSimulation(machine, {
        seed,
        policy,
        seconds,
        timeline,
        ...beside(said.scenario, policy),
      }),
  }
}

export function loadOfPlan(plan: Plan, spec: MachineSpec, said: Overrides): Load {
  const seconds = said.seconds ?? plan.duration / 1000
  return {
    spec,
    seconds,
    seed: said.seed ?? plan.seed,
    runs: said.runs ?? 1,
    policies: said.policy ?? ['scope'],
    own: false,
    scenario: said.scenario,
    notes: [],
    start: ({ policy, seed, timeline }) =>
      planned({ ...plan, duration: seconds * 1000 }, spec, {
        seed,
        policy,
        timeline,
        ...beside(said.scenario, policy),
      }),
  }
}

/** The scenario beside the workloads. What runs in one scope runs in the scenario's scopes too. */
function beside(loaded: Loaded | null, policy: MachinePolicy) {
  if (loaded === null) return {}
  const { scenario } = loaded
  return {
    scenario: {
      scenario,
      policy: policyNamed(policy.everywhere ? 'scope' : policy.name),
      watch: watchOf()(scenario),
    },
  }
}
