/**
 * Hang scenario: what hung on a machine, as a scenario that `kernel-sim check` runs and `kernel-sim replay` plays again. What
 * hangs is either the tasks of a scenario, which go the way that they went on the machine, or a program that reclaims in vain.
 */
import type { ParameterValues } from '../../kernel/parameters.js'
import type { Schedule } from '../../kernel/scenario.js'
import type { Stuck } from '../../simulate/measure/stuck.js'
import type { SimulationResult } from '../../simulate/result.js'
import type { Hang } from '../../simulate/scenario-run.js'
import { comment, quoted } from '../form/source.js'
import { stuckSentences } from './stuck-sentence.js'

/** Which run it was. */
export type RunName = Pick<SimulationResult, 'machine' | 'policy' | 'seed'>

/** Where a scenario is to be had from: a file, as the new one imports it, or its name if it comes along. */
export type Origin = { readonly path: string } | { readonly bundled: string }

/** Tasks of a scenario that wait for each other for ever. */
export interface HungTasks {
  readonly run: RunName
  readonly hang: Hang
  readonly origin: Origin
  /** What `check` would print of it. */
  readonly told: string
}

/** The source of a scenario whose tasks do as those of another, with the schedule that they took on the machine. */
export function hungTasksScenario({ run, hang, origin, told }: HungTasks): string {
  const { scenario, values = {}, policy, token } = hang
  const name = `${scenario}-hang`
  const sets = Object.keys(values).length > 0
  const original =
    'path' in origin
      ? [`import original from ${quoted(origin.path)}`]
      : [
          "import { CASES } from '@scopemask/kernel-sim/cases'",
          '',
          `const original = CASES.find(({ scenario: { name } }) => name === ${quoted(origin.bundled)})?.scenario`,
        ]
  const build = sets
    ? ['const chosen = original?.at?.(values) ?? original', 'chosen?.build(kernel)']
    : ['original?.build(kernel)']
  return `${comment(
    `${runText(run)}: after ${(hang.at / 1e9).toFixed(2)} s the tasks of ${scenario} hang.`,
    '',
    ...told.trimEnd().split('\n'),
    '',
    'Written by kernel-sim simulate --write-scenario. kernel-sim replay FILE plays the schedule again,',
    'kernel-sim check FILE searches all others.',
  )}
import { scenario } from '@scopemask/kernel-sim'
${original.join('\n')}

export default scenario({
  name: ${quoted(name)},
  summary: ${quoted(`the tasks of ${scenario}, as they hung on ${run.machine}`)},
${sets ? `  parameters: { ${parametersText(values)} },\n` : ''}  build(kernel${sets ? ', values' : ''}) {
${build.map((line) => `    ${line}`).join('\n')}
  },
${scheduleText({ policy, token })}})
`
}

/**
 * The source of a scenario of a program that reclaims in vain while the OOM killer is refused to it.
 * @param schedule what a search of it has found; null as long as there was none
 */
export function refusedKillScenario(run: RunName, stuck: Stuck, schedule: Schedule | null): string {
  return `${comment(
    `${runText(run)}: ${stuckSentences([stuck]).join(' ')}`,
    '',
    'Written by kernel-sim simulate --write-scenario. kernel-sim replay FILE plays the schedule again,',
    'kernel-sim check FILE searches all others, and says under which policies it goes on. The machine has pages, this has',
    'what is left of them where nothing can be reclaimed: none, and a process that could be killed for one.',
  )}
import { GFP_KERNEL, PF_MEMALLOC_NOFS, scenario } from '@scopemask/kernel-sim'

export default scenario({
  name: 'kill-refused',
  summary: ${quoted(`${stuck.task} reclaims in vain, and the OOM killer is refused to it`)},
  build(kernel) {
    kernel.limitMemory({ pages: 0, oomVictims: 1 })
    kernel.task(${quoted(stuck.task)}, function* () {
      yield* kernel.scopes.section(PF_MEMALLOC_NOFS, function* () {
        yield* kernel.kmalloc(GFP_KERNEL)
      })
    })
  },
${schedule === null ? '' : scheduleText(schedule)}})
`
}

function runText({ machine, policy, seed }: RunName): string {
  return `${machine} under ${policy}, seed ${seed}`
}

function scheduleText({ policy, token }: Schedule): string {
  return `  schedule: { policy: ${quoted(policy)}, token: ${quoted(token)} },\n`
}

/** Parameters that have the one value that they had. */
function parametersText(values: ParameterValues): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        `${quoted(name)}: [${typeof value === 'string' ? quoted(value) : String(value)}]`,
    )
    .join(', ')
}
