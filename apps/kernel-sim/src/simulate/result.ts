/** Result: what a run has shown, as data. */
import type { Facts } from './measure/facts.js'
import { factsOf } from './measure/facts.js'
import { type Measured, measuredOf } from './measure/measured.js'
import type { Sample } from './measure/samples.js'
import type { Kill } from './memory/oom.js'
import { type ProcFiles, procFiles } from './proc/proc-files.js'
import type { Hang } from './scenario-run.js'
import type { Simulation } from './simulation.js'
import { SECOND } from './time.js'

export interface SimulationResult extends Measured {
  readonly machine: string
  readonly policy: string
  readonly seed: number
  /** Virtual seconds. */
  readonly seconds: number
  readonly workloads: readonly string[]
  readonly facts: Facts
  readonly samples: readonly Sample[]
  readonly kills: readonly Kill[]
  /** Tasks of a scenario that wait for each other for ever. */
  readonly hang: Hang | null
  /** The kernel's own files at the end of the run. */
  readonly proc: ProcFiles
  /** What the kernel has logged: reports of the OOM killer, failed allocations. */
  readonly dmesg: string
}

/** Takes the result of a run that has ended. */
export function resultOf(
  simulation: Simulation,
  {
    machine,
    policy,
    seed,
  }: { readonly machine: string; readonly policy: string; readonly seed: number },
): SimulationResult {
  return {
    machine,
    policy,
    seed,
    seconds: simulation.elapsed / SECOND,
    workloads: simulation.logs.map(({ name }) => name),
    facts: factsOf(simulation),
    ...measuredOf(simulation),
    samples: simulation.samples.rows,
    kills: simulation.vm.oom.kills.map((kill) => ({ ...kill, at: kill.at - simulation.began })),
    hang: simulation.scenario?.hang ?? null,
    proc: procFiles(simulation),
    dmesg: simulation.kernelLog.text,
  }
}
