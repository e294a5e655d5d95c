/** Read plan: a plan from the text of a YAML file or from an object, or one sentence for each thing that is wrong with it. */
import { InputError } from '../../input-error.js'
import { Complaints } from '../../simulate/machine-file/kinds.js'
import { literalLines } from '../../simulate/machine-file/literal-lines.js'
import { mistakesText } from '../../simulate/machine-file/mistakes.js'
import { objectTree } from '../../simulate/machine-file/object-tree.js'
import type { Complaint, Tree } from '../../simulate/machine-file/tree.js'
import { yamlTree } from '../../simulate/machine-file/yaml-tree.js'
import { type Plan, planOf } from './plan.js'

/** From YAML. @param where the name of the file @throws InputError with a sentence for each mistake, with its line */
export function planFromYaml(text: string, where: string): Plan {
  return planFrom(yamlTree(text), where)
}

/** From an object. @param source the text of the program that it is from, for lines @throws InputError as above */
export function planFromObject(value: unknown, where: string, source = ''): Plan {
  const lines = literalLines(source, 'plan')
  return planFrom(
    objectTree(value, (path) => lines.get(path)),
    where,
  )
}

function planFrom(
  read: { readonly tree: Tree | null; readonly complaints: readonly Complaint[] },
  where: string,
): Plan {
  const complaints = new Complaints()
  const plan = read.tree === null ? null : planOf(read.tree, complaints)
  const all = [...read.complaints, ...complaints.all]
  if (plan !== null && all.length === 0) return plan
  throw new InputError(mistakesText(all, where))
}
