/** Read machine: a machine from the text of a YAML file or from an object, or one sentence for each thing that is wrong with it. */
import { InputError } from '../../input-error.js'
import { Complaints } from './kinds.js'
import { literalLines } from './literal-lines.js'
import { type MachineFile, machineOf } from './machine-file.js'
import { mistakesText } from './mistakes.js'
import { objectTree } from './object-tree.js'
import { type FieldValues, setFields } from './set-fields.js'
import type { Complaint, Tree } from './tree.js'
import { yamlTree } from './yaml-tree.js'

/** A tree, or none, and what is wrong already. */
interface Read {
  readonly tree: Tree | null
  readonly complaints: readonly Complaint[]
}

/** What is known of a machine's file, and what differs from that. */
export interface MachineSource {
  /** The text of the program that it is from, for lines. */
  readonly source?: string
  /** Values of fields in place of those that it has. */
  readonly set?: FieldValues
}

/** From YAML. @param where the name of the file @throws InputError with a sentence for each mistake, with its line */
export function machineFromYaml(
  text: string,
  where: string,
  { set }: Pick<MachineSource, 'set'> = {},
): MachineFile {
  return machineFrom(yamlTree(text), where, set)
}

/** From an object. @throws InputError as above */
export function machineFromObject(
  value: unknown,
  where: string,
  { source = '', set }: MachineSource = {},
): MachineFile {
  const lines = literalLines(source, 'machine')
  return machineFrom(
    objectTree(value, (path) => lines.get(path)),
    where,
    set,
  )
}

function machineFrom(
  { tree: read, complaints: before }: Read,
  where: string,
  set: FieldValues = {},
): MachineFile {
  const complaints = new Complaints()
  const changed = read === null ? null : setFields(read, set)
  const machine = changed === null ? null : machineOf(changed.tree, complaints)
  const all = [...before, ...(changed?.complaints ?? []), ...complaints.all]
  if (machine !== null && all.length === 0) return machine
  throw new InputError(mistakesText(all, where))
}
