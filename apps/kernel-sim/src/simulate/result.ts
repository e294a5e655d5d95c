/** Result: what a run has shown, as data. */
import { type CgroupResult, cgroupsOf } from './measure/cgroups.js'
import type { Facts } from './measure/facts.js'
import { factsOf } from './measure/facts.js'
import { type Measured, measuredOf } from './measure/measured.js'
import type { Sample } from './measure/samples.js'
import type { Stuck } from './measure/stuck.js'
import type { WorkLog } from './measure/work-log.js'
import type { Kill } from './memory/oom.js'
import { cgroupFiles } from './proc/cgroup-files.js'
import { type ProcFiles, procFiles } from './proc/proc-files.js'
import type { Hang } from './scenario-run.js'
import type { Simulation } from './simulation.js'
import { SECOND } from './time.js'

/** How long the operations of a phase of a workload took, ns. */
export interface LatencyHistogram {
  readonly workload: string
  readonly phase: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Those that are not empty: the middle of each, and how many operations it has. */
  readonly buckets: readonly { readonly value: number; readonly count: number }[]
}

export interface SimulationResult extends Measured {
  readonly machine: string
  readonly policy: string
  readonly seed: number
  /** Virtual seconds. */
  readonly seconds: number
  readonly workloads: readonly string[]
  readonly facts: Facts
  readonly latencies: readonly LatencyHistogram[]
  readonly samples: readonly Sample[]
  readonly kills: readonly Kill[]
  /** Tasks of a scenario that wait for each other for ever. */
  readonly hang: Hang | null
  /** Workloads that got nowhere at the end. */
  readonly stuck: readonly Stuck[]
  /** The kernel's own files at the end of the run. */
  readonly proc: ProcFiles
  /** The memory cgroups, each after the one that it is in; only where the machine has some. */
  readonly cgroups?: readonly CgroupResult[]
  /** Their files at the end of the run, by their paths below /sys/fs/cgroup; only where the machine has some. */
  readonly cgroupFiles?: Readonly<Record<string, string>>
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
    latencies: simulation.logs.flatMap(latenciesOf),
    ...measuredOf(simulation),
    samples: simulation.samples.rows,
    kills: simulation.vm.oom.kills.map((kill) => ({ ...kill, at: kill.at - simulation.began })),
    hang: simulation.scenario?.hang ?? null,
    stuck: simulation.stuck,
    proc: procFiles(simulation),
    ...(simulation.vm.groups.all.length === 0
      ? {}
      : {
          cgroups: simulation.closingCgroups ?? cgroupsOf(simulation.vm),
          cgroupFiles: cgroupFiles(simulation.vm),
        }),
    dmesg: simulation.kernelLog.text,
  }
}

function latenciesOf({ name, phases }: WorkLog): LatencyHistogram[] {
  return phases.flatMap(({ latency }, phase) => {
    if (latency.count === 0) return []
    return [
      {
        workload: name,
        phase,
        p50: latency.quantile(0.5),
        p99: latency.quantile(0.99),
        max: latency.max,
        buckets: latency.buckets(),
      },
    ]
  })
}
