/** Load machine: a machine from a file of the user's, YAML or a program in TypeScript or JavaScript. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import type { Chosen } from '../kernel/parameters.js'
import type { MachineFile } from '../simulate/machine-file/machine-file.js'
import { machineFromObject, machineFromYaml } from '../simulate/machine-file/read-machine.js'
import type { FieldValues } from '../simulate/machine-file/set-fields.js'
import { assertKind } from './file-kind.js'
import { fileAt, loadModule } from './load-module.js'
import { type Loaded, loadScenario } from './load-scenario.js'

/** Reads a machine. @param set values of fields in place of those that it has @throws InputError when the file cannot be read, with a sentence for each thing that is wrong in it */
export async function loadMachine(given: string, set: FieldValues = {}): Promise<MachineFile> {
  const path = fileAt(given, 'a machine')
  if (/\.ya?ml$/i.test(given)) return machineFromYaml(textOf(path, given), given, { set })
  if (/\.[cm]?[jt]s$/i.test(given)) {
    const loaded = await loadModule(given, 'a machine')
    assertKind('machine', loaded, given)
    return machineFromObject(loaded, given, {
      source: textOf(path, given),
      set,
    })
  }
  throw new InputError(`${given} is not a machine: its name ends neither with .yaml nor with .ts`)
}

/** The scenario that a machine names; paths are relative to the machine's file. @param chosen values of its parameters @throws InputError with the line that names it */
export async function scenarioOfMachine(
  { scenario }: MachineFile,
  file: string,
  chosen: Chosen = {},
): Promise<Loaded | null> {
  if (scenario === null) return null
  const { given, line } = scenario
  const isPath = /[./\\]/.test(given)
  const path = isPath && !isAbsolute(given) ? join(dirname(file), given) : given
  try {
    const named = isPath && !/[/\\]/.test(path) ? `./${path}` : path
    return await loadScenario(named, chosen)
  } catch (thrown) {
    if (!(thrown instanceof InputError)) throw thrown
    const where = line === undefined ? file : `${file}, line ${line}`
    throw new InputError(`${where}: scenario: ${thrown.message}`)
  }
}

function textOf(path: string, given: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new InputError(`${given} cannot be read: ${diskReason(thrown)}`)
  }
}
