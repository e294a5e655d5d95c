/** Said: what a user is told of a machine file with mistakes. */
import { InputError } from '../../../src/input-error.js'
import { machineFromYaml } from '../../../src/simulate/machine-file/read-machine.js'

/** @returns a line for each thing that is said; none when nothing is wrong */
export function said(text: string): string[] {
  try {
    machineFromYaml(text, 'm.yaml')
  } catch (thrown) {
    if (thrown instanceof InputError) return thrown.message.split('\n')
    throw thrown
  }
  return []
}
