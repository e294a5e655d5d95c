/** Run machine: the simulation of a machine file, ready to run. */
import type { MachinePolicy } from '../policy.js'
import type { ScenarioBeside } from '../scenario-run.js'
import { Simulation } from '../simulation.js'
import { SECOND } from '../time.js'
import type { MachineFile } from './machine-file.js'
import { placed } from './nodes.js'

export interface MachineRun {
  readonly seed: number
  readonly policy: MachinePolicy
  /** Virtual seconds. */
  readonly seconds: number
  /** The scenario that runs beside the workloads, and its policy. */
  readonly scenario?: ScenarioBeside
  /** What happens is kept slice by slice. */
  readonly timeline?: boolean
}

/** @throws InputError when the scenario cannot be built */
export function machineSimulation(machine: MachineFile, run: MachineRun): Simulation {
  const { seed, policy, seconds, scenario, timeline = false } = run
  const duration = seconds * SECOND
  return new Simulation({
    spec: machine.spec,
    seed,
    duration,
    policy,
    faults: machine.faults,
    workloads: machine.workloads.map(
      ({ name, nofs, main, placement, cgroup, oomScoreAdj, program }) => ({
        name,
        nofs,
        main,
        ...placed(placement),
        cgroup: cgroup?.path ?? null,
        oomScoreAdj,
        program: program(duration),
      }),
    ),
    ...(scenario === undefined ? {} : { scenario }),
    timeline,
  })
}
