/**
 * The face of @scopemask/checker: build a model, check it, look at what was found.
 * @packageDocumentation
 * @mergeModuleWith <project>
 */
export {
  type CheckResult,
  check,
  explained,
  rehearsed,
  type SampleResult,
  sample,
  tokenFound,
  type Witness,
} from './check.js'
export {
  type Counterexample,
  counterexample,
  lookAround,
  type ScheduleStep,
  type Waiting,
} from './counterexample.js'
export { type Blocked, Exploration, explore, type Move, replay, type Standing } from './explore.js'
export { checkFairness, type FairnessResult, type Starvation } from './fairness.js'
export { Misuse } from './machine/errors.js'
export type { Task } from './machine/machine.js'
export type { MachineObject } from './machine/object.js'
export type { Call, Steps, Value } from './machine/operation.js'
export type { ModelBuilder, Plain } from './model/builder.js'
export { type Model, model } from './model/model.js'
export type { State } from './model/state.js'
export type { Channel } from './objects/channel.js'
export type { Condition } from './objects/condition.js'
export type { Counter } from './objects/counter.js'
export type { Domain } from './objects/domain.js'
export type { Mutex } from './objects/mutex.js'
export type { Observable } from './objects/observable.js'
export type { Semaphore } from './objects/semaphore.js'
export type { Timer, TimerState } from './objects/timer.js'
export type { Variable } from './objects/variable.js'
export type { SampleOptions, Strategy } from './run/sample.js'
export type { WaitForEdge, WaitForGraph, WaitForNode } from './run/wait-for-graph.js'
export type { Limits } from './search/limits.js'
export type { SearchResult, Verdict, ViolationFound } from './search/result.js'
export type { SearchOptions } from './search/search-options.js'
export type { StarvationKind } from './search/starvation.js'
