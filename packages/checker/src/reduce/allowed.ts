/** Allowed: which reductions keep what a model claims of its states. */
import { fitting } from '../machine/layout.js'
import type { Machine } from '../machine/machine.js'
import type { Program } from '../machine/program.js'

/**
 * Returns true if interleavings may be left out. A reduced search passes over states in between; it keeps deadlocks, ends and
 * assertions, but what is claimed of every state, or of some state, may be decided by one that it passes over.
 */
export function mayLeaveOut({ properties }: Machine): boolean {
  return properties.every(({ kind }) => kind === 'at end')
}

/** Returns true if identical parts may be renamed: no property tells them apart where the machine starts. */
export function mayRename(machine: Machine, programs: readonly Program[]): boolean {
  const { properties } = machine
  if (properties.length === 0) return true
  const { layout } = machine
  const row = fitting(
    () => machine.initialRow(programs),
    (overflow) => layout.widen(overflow),
  )
  return !properties.some((property) => {
    property.holds(row, programs)
    return property.tellsReplicasApart()
  })
}
