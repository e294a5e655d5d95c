/** Read machine: a machine from the text of a YAML file or from an object, or one sentence for each thing that is wrong with it. */
import { InputError } from '../../input-error.js'
import { Complaints } from './kinds.js'
import { literalLines } from './literal-lines.js'
import { type MachineFile, machineOf } from './machine-file.js'
import { objectTree } from './object-tree.js'
import type { Complaint, Tree } from './tree.js'
import { yamlTree } from './yaml-tree.js'

/** A tree, or none, and what is wrong already. */
interface Read {
  readonly tree: Tree | null
  readonly complaints: readonly Complaint[]
}

/** From YAML. @param where the name of the file @throws InputError with a sentence for each mistake, with its line */
export function machineFromYaml(text: string, where: string): MachineFile {
  return machineFrom(yamlTree(text), where)
}

/** From an object. @param source the text of the program that it is from, for lines @throws InputError as above */
export function machineFromObject(value: unknown, where: string, source = ''): MachineFile {
  const lines = literalLines(source)
  return machineFrom(
    objectTree(value, (path) => lines.get(path)),
    where,
  )
}

function machineFrom({ tree, complaints: before }: Read, where: string): MachineFile {
  const complaints = new Complaints()
  const machine = tree === null ? null : machineOf(tree, complaints)
  const all = [...before, ...complaints.all]
  if (machine !== null && all.length === 0) return machine
  throw new InputError(sentences(all, where))
}

/** How many mistakes are said; more than that, and the file is no machine. */
const MOST = 50

function sentences(complaints: readonly Complaint[], where: string): string {
  const inOrder = [...complaints].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  const placed = inOrder.map(({ line, sentence }) => ({
    place: line === undefined ? '' : `line ${line}: `,
    sentence,
  }))
  const [first] = placed
  if (placed.length === 1 && first !== undefined) {
    return first.place === ''
      ? `${where}: ${first.sentence}`
      : `${where}, ${first.place}${first.sentence}`
  }
  const said = placed.slice(0, MOST).map(({ place, sentence }) => `\n  ${place}${sentence}`)
  const more = placed.length > MOST ? `\n  and ${placed.length - MOST} more` : ''
  return `${where} has ${placed.length} mistakes:${said.join('')}${more}`
}
