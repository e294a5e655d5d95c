/** The face of @scopemask/kernel-sim for machines: what a machine file in TypeScript imports, and what a program calls. */
export { InputError } from './input-error.js'
export type { Workload } from './simulate/machine-file/own-program.js'
export type { SimulationResult } from './simulate/result.js'
export { MS, SECOND, US } from './simulate/time.js'
export type { Mapping, OpenedFile, Process, Steps } from './simulate/workload/process.js'
export type { Fault } from './simulate-machine.js'
export {
  type LibraryWorkload,
  type Machine,
  type MachineOptions,
  machine,
  type OwnWorkload,
  simulateMachine,
} from './simulate-machine.js'
