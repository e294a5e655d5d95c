/** Parts: what the parts of workqueues share. */
import type { Machine } from '@scopemask/checker/machine'
import type { OperationTable } from '../operation.js'
import type { Current } from '../task/current.js'
import type { TaskStates } from '../task/task-state.js'
import type { WorkRegistry } from './work-registry.js'

export interface Parts {
  readonly machine: Machine
  readonly tasks: TaskStates
  readonly current: Current
  readonly registry: WorkRegistry
  readonly operations: OperationTable
}
