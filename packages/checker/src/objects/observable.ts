/** Observable: what a property of a model can look at. */
import type { Row } from '../machine/layout.js'
import type { MachineObject } from '../machine/object.js'

/** A shared object with something to see from outside. */
export interface Observable<T> {
  /** What stands for it in the machine. */
  readonly object: MachineObject
  /** What is seen of it in a state. */
  observe(row: Row): T
}
