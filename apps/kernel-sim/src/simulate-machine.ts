/** Simulate machine: machines as data in a program, and their runs as data. */
import { InputError } from './input-error.js'
import { policyNamed } from './kernel/policy.js'
import type { Scenario } from './kernel/scenario.js'
import { CASES } from './scenarios/catalogue.js'
import type { MachineFile } from './simulate/machine-file/machine-file.js'
import type { Workload } from './simulate/machine-file/own-program.js'
import { machineFromObject } from './simulate/machine-file/read-machine.js'
import { machineSimulation } from './simulate/machine-file/run-machine.js'
import { machinePolicy } from './simulate/policy.js'
import { resultOf, type SimulationResult } from './simulate/result.js'

/** A workload of the library: its type, and what that type can be told; sizes, times and rates are a number and a unit. */
export interface LibraryWorkload {
  readonly type: string
  readonly [parameter: string]: string | number | boolean | undefined
}

/** A workload of your own, with what every workload can be told. */
export interface OwnWorkload {
  readonly run: Workload
  /** When it begins and ends, such as `5 s`. */
  readonly start?: string
  readonly stop?: string
  /** How many do the same. */
  readonly processes?: number
  /** It runs in one NOFS scope for its whole life. */
  readonly nofs?: boolean
  /** The run ends when it does. */
  readonly main?: boolean
  /** The memory cgroup that it is in, by its path. */
  readonly cgroup?: string
  /** What it is worth to the OOM killer: -1000 to 1000, -1000 for never. */
  readonly oom_score_adj?: number
}

/** Something that goes wrong, by its type. */
export interface Fault {
  readonly type: string
  /** When, from the beginning of the run, such as `5 s`. */
  readonly at: string
  readonly [parameter: string]: string | number | undefined
}

/** A machine, as a file says it. Sizes, times and rates are a number and a unit: `128 MiB`, `500 us`, `25 MB/s`. */
export interface Machine {
  readonly name?: string
  readonly memory: string
  readonly cpus?: number
  readonly disk?: Readonly<Record<string, string | number>>
  readonly filesystem?: 'ext4'
  /** Of /proc/sys/vm, by their names there. */
  readonly sysctls?: Readonly<Record<string, number>>
  /** Swap space in compressed memory (zram). */
  readonly swap?: Readonly<Record<string, string | number>>
  /** Of which kernel the rules of the page allocator are; by default 6.1. */
  readonly kernel?: '6.1' | '6.18'
  /** CMA areas: where movable pages may be until a device wants them. */
  readonly cma?: readonly { readonly name?: string; readonly size: string }[]
  /** Reclaim keeps pages in generations (MGLRU). */
  readonly lru_gen?: boolean
  /** Memory cgroups by path (`web/worker` is in `web`), with the files of cgroup v2 by their names: `{ 'memory.max': '24 MiB' }`. */
  readonly cgroups?: Readonly<Record<string, Readonly<Record<string, string | boolean>>>>
  /** Virtual seconds. */
  readonly seconds?: number
  readonly seed?: number
  readonly runs?: number
  readonly policies?: readonly string[]
  readonly workloads: Readonly<Record<string, Workload | OwnWorkload | LibraryWorkload>>
  /** A scenario of check that runs beside the workloads: its name, or its file. */
  readonly scenario?: string
  readonly faults?: readonly Fault[]
}

/** Says that something is a machine: `export default machine({ ... })`. What is wrong with it is said when it is run. */
export function machine(description: Machine): Machine {
  return description
}

/** How a machine is run from a program. */
export interface MachineOptions {
  readonly policy?: string
  readonly seed?: number
  readonly seconds?: number
  /** Runs beside the workloads, in place of the one that the machine names. */
  readonly scenario?: Scenario
}

/**
 * Runs a machine once, to its end. The same machine, policy and seed give the same result. A workload of your own that loops without a
 * `yield*` does not come back, as any function that is called; `kernel-sim simulate` stops such code and names it.
 *
 * @throws InputError with a sentence for each thing that is wrong with the machine, or when a workload fails
 */
export function simulateMachine(
  description: Machine,
  options: MachineOptions = {},
): SimulationResult {
  const read = machineFromObject(description, 'the machine')
  const policy = machinePolicy(options.policy ?? read.policies[0] ?? 'scope')
  const seed = options.seed ?? read.seed
  const scenario = options.scenario ?? bundledScenario(read)
  const simulation = machineSimulation(read, {
    seed,
    policy,
    seconds: options.seconds ?? read.seconds,
    // What runs in one scope runs in the scenario's scopes too.
    ...(scenario === null
      ? {}
      : { scenario: { scenario, policy: policyNamed(policy.everywhere ? 'scope' : policy.name) } }),
  })
  simulation.run()
  return resultOf(simulation, { machine: read.spec.name, policy: policy.name, seed })
}

/** The scenario that a machine names. A program passes others than those that come along. */
function bundledScenario({ scenario }: MachineFile): Scenario | null {
  if (scenario === null) return null
  const found = CASES.find((each) => each.scenario.name === scenario.given)
  if (found !== undefined) return found.scenario
  throw new InputError(
    `the machine: scenario: ${scenario.given} does not come with kernel-sim; pass it as an option`,
  )
}
