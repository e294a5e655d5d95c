/**
 * Live: one run in virtual time instead of all interleavings, for simulations.
 * @module live
 */
export { Clock, type Happening } from './run/clock.js'
export {
  type CpuObserver,
  Cpus,
  CpuTask,
  mayRunOn,
  type Scheduler,
  TaskState,
} from './run/cpus.js'
export { Live, type LiveSteps, LiveTask, Resource, WAIT } from './run/live.js'
