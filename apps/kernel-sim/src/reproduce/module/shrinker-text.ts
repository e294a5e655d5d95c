/** Shrinker text: the shrinkers of a scenario in C, in the order in which reclaim calls them. */
import { __GFP_FS, __GFP_IO } from '@scopemask/allocator'
import type { Automaton, Node } from '@scopemask/checker/machine'
import { DEF_PRIORITY } from '../../kernel/memory/shrinkers.js'
import { ShrinkerScan } from '../../kernel/role.js'
import { functionLines, identifier, indented, quoted } from './c-text.js'
import type { Draft } from './draft.js'
import { Refused } from './refused.js'
import { gfpText } from './steps.js'

/** How many shrinkers there may be: the bits of a word of the harness. */
const MOST_SHRINKERS = 64

export interface ShrinkerText {
  readonly lines: readonly string[]
  /** Calls that register them, each of which returns an error. */
  readonly registered: readonly string[]
}

/** @throws Refused for a shrinker whose calls cannot be followed. */
export function shrinkerText({ subject, automata, functions }: Draft): ShrinkerText {
  const lines: string[] = []
  const registered: string[] = []
  for (const procedure of subject.machine.procedures) {
    const { role, name } = procedure
    if (!(role instanceof ShrinkerScan)) continue
    if (subject.machine.nodes.some((node) => counts(node, procedure))) {
      throw new Refused(name, COUNTS)
    }
    const number = registered.length
    if (number === MOST_SHRINKERS) {
      throw new Refused(
        name,
        `it is one of more than ${MOST_SHRINKERS} shrinkers, for which the harness has no room`,
      )
    }
    const variants = automata.filter(
      (automaton) => automaton.procedure === procedure && automaton.args[1] === DEF_PRIORITY,
    )
    const scans = variants.map((variant) => ({
      when: Number(variant.args[0]) & (__GFP_FS | __GFP_IO),
      id: functions.of(variant),
    }))
    const id = identifier('scan', number, name)
    lines.push(
      ...functionLines(`static int ${id}(struct ksim_actor *me, gfp_t gfp)`, scanLines(scans)),
      `static struct ksim_shrinker shrinker${number} = {`,
      ...indented([
        `.name = ${quoted(name)},`,
        `.number = ${number},`,
        `.needs = ${gfpText(role.needs)},`,
        `.scan = ${id},`,
      ]),
      '};',
      '',
    )
    registered.push(`ksim_register(&shrinker${number})`)
  }
  return { lines, registered }
}

const COUNTS =
  'it says how much it has freed, and by that reclaim calls it again or not: how often a real kernel does cannot be chosen'

/** Returns true at an end of a shrinker that says how much it has freed. */
function counts({ action, automaton }: Node, procedure: Automaton['procedure']): boolean {
  return (
    automaton.procedure === procedure &&
    action.kind === 'return' &&
    typeof automaton.numbering.valueOf(action.value) === 'number'
  )
}

/** What a shrinker does, by what is left of the request. */
function scanLines(scans: readonly { readonly when: number; readonly id: string }[]): string[] {
  const [first] = scans
  if (first === undefined) return ['return ksim_unforeseen(me, 0);']
  if (scans.every(({ id }) => id === first.id)) return [`return ${first.id}(me);`]
  const cases = new Map(scans.map(({ when, id }) => [when, id]))
  return [
    'switch (gfp & (__GFP_FS | __GFP_IO)) {',
    ...[...cases].flatMap(([when, id]) => [`case ${gfpText(when)}:`, `\treturn ${id}(me);`]),
    'default:',
    '\treturn ksim_unforeseen(me, 0);',
    '}',
  ]
}
