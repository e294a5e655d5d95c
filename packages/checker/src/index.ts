/** The face of @scopemask/checker: build a model, check it, look at what was found. */
export {
  type CheckResult,
  type Counterexample,
  check,
  checkSample,
  counterexample,
  explained,
  lookAround,
  type ScheduleStep,
  tokenFound,
  type Waiting,
} from './check.js'
export { Misuse } from './machine/errors.js'
export { Machine } from './machine/machine.js'
export type { Steps } from './machine/operation.js'
