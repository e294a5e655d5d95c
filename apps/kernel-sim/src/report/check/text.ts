/** Check text: what `kernel-sim check` found, for a terminal. */

import type { Answer } from '../../matrix/answer.js'
import type { CaseRow, Cell } from '../../matrix/cell.js'
import type { CheckResult, Counterexample } from '../../matrix/subject.js'
import { number, plural } from '../form/numbers.js'
import { numeric, table, tableInParts, text, wrap } from '../form/table.js'
import { answerSentences, lockdepSentence } from './conclusion.js'

/** A verdict in one cell: how long the shortest schedule to it is, how many states were visited; lockdep's `!`. */
function cellText({ result, lockdep = [] }: Cell): string {
  if (!result) return '-'
  const { verdict, counterexample, search } = result
  const warns = lockdep.length > 0 ? '!' : ''
  const steps = counterexample ? `${counterexample.steps.length}/` : ''
  return `${verdict}${warns} ${steps}${search.states}`
}

/**
 * The matrix of cases and policies.
 * @param times whether to say how many seconds each case took, which is never the same twice.
 */
export function matrixText(rows: readonly CaseRow[], times: boolean): string {
  const policies = rows[0]?.cells.map(({ policy }) => text(policy)) ?? []
  const columns = [text('case'), text(''), ...policies, ...(times ? [numeric('seconds')] : [])]
  const lines = rows.map(({ number, name, cells, seconds }) => [
    number,
    name,
    ...cells.map(cellText),
    ...(times ? [seconds.toFixed(2)] : []),
  ])
  return `${tableInParts(columns, lines, 2)}\n${legend(rows)}`
}

/** How many states there are with and without each reduction, in the cells that were asked for it. */
export function reductionsText(rows: readonly CaseRow[]): string {
  const columns = [
    text('case'),
    text(''),
    text('policy'),
    numeric('reduced'),
    numeric('no partial order'),
    numeric('no symmetry'),
    numeric('neither'),
  ]
  const states = (count: number | null): string => (count === null ? 'too many' : number(count))
  const lines = rows.flatMap((row) =>
    row.cells.flatMap(({ policy, reductions }) =>
      reductions
        ? [
            [
              row.number,
              row.name,
              policy,
              states(reductions.both),
              states(reductions.withoutPartialOrder),
              states(reductions.withoutSymmetry),
              states(reductions.neither),
            ],
          ]
        : [],
    ),
  )
  const heading = wrap(
    'States with and without each reduction: all that can be reached, also behind a deadlock, where the matrix stops.',
    '',
  )
  return `${heading}\n${table(columns, lines)}`
}

function legend(rows: readonly CaseRow[]): string {
  const reasons = new Map<string, string[]>()
  for (const { number, cells } of rows) {
    for (const { inapplicable } of cells) {
      if (inapplicable === undefined) continue
      const cases = reasons.get(inapplicable) ?? []
      if (!cases.includes(number)) cases.push(number)
      reasons.set(inapplicable, cases)
    }
  }
  return [
    wrap(
      'safe: states visited, which are all. deadlock, livelock: steps of the shortest schedule/states visited.',
      '',
    ),
    wrap('!: lockdep warns, having seen some executions. -: the policy makes no sense there:', ''),
    ...[...reasons].map(([reason, cases]) =>
      wrap(`${cases.join(', ')}: ${reason}`, '     ', '   '),
    ),
  ].join('')
}

/** The answer in a few sentences. */
export function answerText(answer: Answer): string {
  return [...answerSentences(answer), lockdepSentence(answer)]
    .map((sentence) => wrap(sentence, ''))
    .join('')
}

/** One result in full. */
export function resultText(name: string, policy: string, result: CheckResult): string {
  const { verdict, search, counterexample } = result
  const found = `${plural(search.states, 'state')}, ${plural(search.transitions, 'transition')}`
  const head = `${name} under ${policy}: ${verdict}`
  if (verdict === 'safe') return `${head} in all interleavings (${found})\n`
  if (counterexample === null) {
    return wrap(
      `${head}: the limit ${search.bound} stopped the search after ${found}; nothing is claimed`,
      '',
    )
  }
  return `${head} after ${counterexample.steps.length} steps (${found})\n\n${counterexampleText(counterexample)}`
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
    : `${name} under ${policy}: bounded, no deadlock in ${executions} executions; nothing is claimed\n`
}

/** A counterexample: why, the schedule, who waits for whom, the stacks, the token. */
export function counterexampleText(counterexample: Counterexample): string {
  const { why, steps, waiting, cycle, token } = counterexample
  const widest = Math.max(0, ...steps.map(({ task }) => task.length))
  const sections = [
    wrap(`Why: ${why}.`, '     ', ''),
    `Schedule:\n${steps
      .map(
        ({ task, operation, result, stack }, at) =>
          `${String(at + 1).padStart(5)}  ${task.padEnd(widest)}  ${'  '.repeat(Math.max(0, stack.length - 1))}${operation}${result === '' ? '' : `: ${result}`}\n`,
      )
      .join('')}`,
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
    `Token: ${token === '' ? '(it begins so)' : token}\n`,
  ]
  return sections.filter((section) => section !== '').join('\n')
}
