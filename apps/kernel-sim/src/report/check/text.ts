/** Check text: what `kernel-sim check` found, for a terminal. */

import type { Answer } from '../../matrix/answer.js'
import type { CaseRow } from '../../matrix/cell.js'
import type { Fates } from '../../matrix/dissolution.js'
import type { CheckResult, Counterexample } from '../../matrix/subject.js'
import { plural } from '../form/numbers.js'
import { partText, tableText, wrap } from '../form/text.js'
import { answerSentences, lockdepSentence } from './conclusion.js'
import { fateSentences } from './dissolution.js'
import { leastRepairsTable, matrixLegend, matrixTable, reductionsTable } from './matrix.js'

/**
 * The matrix of cases and policies.
 * @param times true to say how many seconds each case took, which is never the same twice.
 */
export function matrixText(rows: readonly CaseRow[], times: boolean): string {
  return `${tableText(matrixTable(rows, { times }))}\n${matrixLegend(rows)
    .map((part) => partText(part))
    .join('')}`
}

/** How many states there are with and without each reduction, in the cells that were asked for it. */
export function reductionsText(rows: readonly CaseRow[]): string {
  const heading =
    'States with and without each reduction: all that can be reached, also behind a deadlock, where the matrix stops.'
  return `${wrap(heading, '')}\n${tableText(reductionsTable(rows))}`
}

/** What repairs each unsafe cell, in kinds. */
export function leastRepairsText(rows: readonly CaseRow[]): string {
  return tableText(leastRepairsTable(rows))
}

/** The answer in a few sentences. */
export function answerText(answer: Answer): string {
  return [...answerSentences(answer), lockdepSentence(answer)]
    .map((sentence) => wrap(sentence))
    .join('')
}

/** One result in full. */
export function resultText(
  name: string,
  policy: string,
  result: CheckResult,
  fates: Fates | undefined,
): string {
  const { verdict, search, counterexample } = result
  const found = `${plural(search.states, 'state')}, ${plural(search.transitions, 'transition')}`
  const head = `${name} under ${policy}: ${verdict}`
  if (verdict === 'safe') {
    const unknown = search.livelocks ? '' : '. Livelocks were not looked for.'
    return `${head} in all interleavings (${found})${unknown}\n`
  }
  if (verdict === 'safe*') {
    return wrap(
      `${head}: no deadlock in the interleavings that were searched (${found}). This is no proof: hashes of states were kept, and a state was missed with a probability of at most ${search.missed.toExponential(1)}. Livelocks were not looked for.`,
      '',
    )
  }
  if (counterexample === null) {
    return wrap(
      `${head}: the limit ${search.bound} stopped the search after ${found}, which claims nothing`,
      '',
    )
  }
  return `${head} after ${plural(counterexample.steps.length, 'step')} (${found})\n\n${counterexampleText(counterexample, fates)}`
}

/** What a sample found. */
export function sampleText(
  name: string,
  policy: string,
  executions: number,
  found: Counterexample | null,
): string {
  return found
    ? `${name} under ${policy}: deadlock\n\n${counterexampleText(found)}`
    : `${name} under ${policy}: bounded: none of ${executions} executions ended in a deadlock, which claims nothing\n`
}

/** A counterexample: why, what dissolves it where that is known, the schedule, who waits for whom, the stacks, the token. */
export function counterexampleText(counterexample: Counterexample, fates?: Fates): string {
  const { why, steps, loop, waiting, cycle, token } = counterexample
  const sections = [
    wrap(`Why: ${why}.`, '     ', ''),
    fates === undefined ? '' : wrap(fateSentences(fates).join(' '), '', ''),
    ...schedulesText({ steps, loop }),
    `Who waits for whom:\n${waiting
      .map(({ task, what, restrictions, blocked, for: others, stack, place }) => {
        const scope = restrictions === '' ? '' : ` [${restrictions}]`
        const holder = others.length === 0 ? '' : `, held up by ${others.join(', ')}`
        const verb = blocked ? 'waits for' : 'goes on with'
        const frames = stack.map((frame) => `      ${frame}\n`).join('')
        return `  ${task}${scope} ${verb} ${what}${holder}\n${frames}${place === '' ? '' : `      at ${place}\n`}`
      })
      .join('')}`,
    cycle.length > 0 ? `Circle: ${[...cycle, cycle[0]].join(' -> ')}\n` : '',
    `Token: ${token}\n`,
  ]
  return sections.filter((section) => section !== '').join('\n')
}

/** The steps of a schedule, and those that are repeated for ever. */
export function schedulesText({
  steps,
  loop,
}: Pick<Counterexample, 'steps' | 'loop'>): readonly string[] {
  return [
    `Schedule:\n${steps.length === 0 ? '  No step is needed: the machine begins in this state.\n' : scheduleText(steps, 1)}`,
    loop.length === 0 ? '' : `And then for ever:\n${scheduleText(loop, steps.length + 1)}`,
  ]
}

/** Steps, one a line, with numbers from `first` on. */
function scheduleText(steps: Counterexample['steps'], first: number): string {
  const widest = Math.max(...steps.map(({ task }) => task.length))
  return steps
    .map(({ task, operation, result, stack }, at) => {
      const indent = '  '.repeat(Math.max(0, stack.length - 1))
      return `${String(first + at).padStart(5)}  ${task.padEnd(widest)}  ${indent}${operation}${result === '' ? '' : `: ${result}`}\n`
    })
    .join('')
}
