/** Run plan: a plan on a machine, with another seed if one is given. */
import type { MachineSpec } from '../machine-spec.js'
import { Simulation, type SimulationOptions } from '../simulation.js'
import { MS, US } from '../time.js'
import type { Plan } from './plan.js'
import { programOf } from './programs.js'

/** The simulation of a plan, ready to run. */
export function planned(
  plan: Plan,
  machine: MachineSpec,
  options: Pick<
    SimulationOptions,
    'policy' | 'scenario' | 'faults' | 'series' | 'timeline' | 'log'
  > & {
    readonly seed?: number
  } = {},
): Simulation {
  const disk = {
    ...machine.disk,
    ...(plan.bandwidth === null ? {} : { bytesPerSecond: plan.bandwidth }),
    ...(plan.latency === null ? {} : { perRequest: plan.latency * US }),
  }
  return new Simulation({
    spec: { ...machine, disk },
    seed: options.seed ?? plan.seed,
    duration: plan.duration * MS,
    workloads: plan.processes.map((process) => ({
      name: process.name,
      nofs: process.nofs,
      main: process.main,
      program: programOf(plan, process),
    })),
    ...(options.series === undefined ? {} : { series: options.series }),
    ...(options.timeline === undefined ? {} : { timeline: options.timeline }),
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.scenario === undefined ? {} : { scenario: options.scenario }),
  })
}
