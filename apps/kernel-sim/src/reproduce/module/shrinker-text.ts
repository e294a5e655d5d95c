/** Shrinker text: the shrinkers of a scenario in C, in the order in which reclaim calls them. */
import { __GFP_FS, __GFP_IO } from '@scopemask/allocator'
import { DEF_PRIORITY } from '../../kernel/memory/shrinkers.js'
import { ShrinkerScan } from '../../kernel/role.js'
import { functionLines, identifier, indented, quoted } from './c-text.js'
import type { Draft } from './draft.js'
import { gfpText } from './steps.js'

export interface ShrinkerText {
  readonly lines: readonly string[]
  /** Calls that register them, each of which returns an error. */
  readonly registered: readonly string[]
}

export function shrinkerText({ subject, automata, functions }: Draft): ShrinkerText {
  const lines: string[] = []
  const registered: string[] = []
  for (const procedure of subject.machine.procedures) {
    const { role, name } = procedure
    if (!(role instanceof ShrinkerScan)) continue
    const number = registered.length
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
