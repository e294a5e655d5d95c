/**
 * The machine: for who builds shared objects of their own.
 * @module machine
 */
export type { Action, Automaton, Node, Numbering, Redirect } from './machine/automaton.js'
export { Interrupted, Misuse } from './machine/errors.js'
export type { Guard, OpenCall } from './machine/guard.js'
export {
  type Conversion,
  type Field,
  type Layout,
  MAX_VALUE,
  type Overflow,
  type Row,
} from './machine/layout.js'
export { Machine, type ProcedureOptions, type Task } from './machine/machine.js'
export { type Group, MachineObject, type Membership } from './machine/object.js'
export {
  BLOCKED,
  type Call,
  Operation,
  type OperationSpec,
  type ProcedureLike,
  type Steps,
  type Value,
  type Wait,
} from './machine/operation.js'
export { Operations } from './machine/operations.js'
export { misuseOf, placeOf } from './machine/place.js'
export type { Property, PropertyKind } from './machine/property.js'
export type { Suspension } from './machine/suspension.js'
export type { Watch } from './machine/watch.js'
export type { WideValues } from './machine/wide-values.js'
