/** Result: what a run has shown, as data. */
import { buddyinfo, vmstat, zoneinfo } from '@scopemask/allocator'
import type { Facts } from './measure/facts.js'
import { factsOf } from './measure/facts.js'
import { type Measured, measuredOf } from './measure/measured.js'
import type { Sample } from './measure/samples.js'
import type { Kill } from './memory/oom.js'
import type { Hang } from './scenario-run.js'
import type { Simulation } from './simulation.js'
import { SECOND } from './time.js'

/** The kernel's own files at the end of a run. */
export interface ProcFiles {
  readonly buddyinfo: string
  readonly vmstat: string
  readonly zoneinfo: string
}

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
  readonly proc: ProcFiles
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
  const { memory } = simulation.vm
  const counters = memory.counters()
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
    proc: {
      buddyinfo: buddyinfo(memory.zones.all),
      vmstat: vmstat(memory.zones.all, counters),
      zoneinfo: zoneinfo(memory.zones, counters),
    },
  }
}
