/**
 * The machine: for who builds shared objects of their own.
 * @module machine
 */
export type { Redirect } from './machine/automaton.js'
export { Interrupted, Misuse } from './machine/errors.js'
export { type Field, MAX_VALUE, type Row } from './machine/layout.js'
export { Machine, type Task } from './machine/machine.js'
export { MachineObject } from './machine/object.js'
export {
  BLOCKED,
  Operation,
  type OperationSpec,
  type ProcedureLike,
  type Steps,
  type Value,
  type Wait,
} from './machine/operation.js'
export { Operations } from './machine/operations.js'
export { placeOf } from './machine/place.js'
export type { Watch } from './machine/watch.js'
