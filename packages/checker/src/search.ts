/**
 * The search and single executions: for tools that show, store or divide a check.
 * @module search
 */
export type { Program, StackFrame } from './machine/program.js'
export type { Renaming, Symmetry } from './reduce/symmetry.js'
export { Execution } from './run/execution.js'
export { xorshift } from './run/random.js'
export type { SampleOptions, Strategy } from './run/sample.js'
export type { MicroStep, StepOutcome } from './run/step.js'
export { replay, tokenOf } from './run/token.js'
export { awaited, cycle, type Waiter, waiters } from './run/wait-for.js'
export type { CompactTable } from './search/compact-table.js'
export type { Expander } from './search/expander.js'
export { describeMachine, type Knowledge } from './search/knowledge.js'
export { type Reductions, reductionsOf } from './search/reductions.js'
export type { Round, RoundMemory } from './search/round.js'
export { scheduleTo, standingAt } from './search/schedule.js'
export {
  DEFAULT_LIMITS,
  type Helpers,
  Search,
  type Searching,
  type SearchOptions,
  type SearchResult,
  type Snapshot,
} from './search/search.js'
export type { StateTable, TableView } from './search/state-table.js'
export type { Allows, Emit, Stepper, Turn } from './search/stepper.js'
export type { Store } from './search/store.js'
export type { Successors } from './search/successors.js'
