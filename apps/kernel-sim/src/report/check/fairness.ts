/** Fairness: tasks that can starve, in words and as a table. */
import type { FairnessResult, Starvation } from '@scopemask/checker'
import type { CaseRow } from '../../matrix/cell.js'
import { plural } from '../form/numbers.js'
import { numbers, type Table, table, text } from '../form/table.js'
import { tableText, wrap } from '../form/text.js'
import { schedulesText } from './text.js'

/** What was found of one cell. */
export function fairnessText(
  name: string,
  policy: string,
  { verdict, bound, states, starvations }: FairnessResult,
): string {
  const head = `${name} under ${policy} and weak fairness`
  const found = `(${plural(states, 'state')} without reductions)`
  if (verdict === 'bounded') {
    const why = bound === null ? 'what is violated' : `the limit ${bound}`
    return wrap(`${head}: bounded: ${why} stopped the search ${found}, which claims nothing`, '')
  }
  if (verdict === 'fair') return wrap(`${head}: no task starves ${found}`, '')
  return [
    wrap(`${head}: ${plural(starvations.length, 'task')} can starve ${found}`, ''),
    ...starvations.flatMap((starvation) => [
      wrap(`${starvationWords(starvation)}.`, '', ''),
      ...schedulesText(starvation.counterexample),
      `Token: ${starvation.counterexample.token}\n`,
    ]),
  ].join('\n')
}

/** How a task starves, in words. */
function starvationWords({ task, kind, counterexample }: Starvation): string {
  const what = counterexample.waiting.find((each) => each.task === task)?.what ?? ''
  switch (kind) {
    case 'passed over':
      return `${task} can be passed over for ever: it waits for ${what}, and each time that it could go on another task does`
    case 'goes round':
      return `${task} can go round for ever: it takes steps, and none of them leads on`
    case 'waits':
      return `${task} can wait for ever for ${what}, while others go round`
  }
}

/** The tasks that can starve, in the cells that were asked for it. */
export function starvationsText(rows: readonly CaseRow[]): string {
  const cells = rows.flatMap(({ cells }) => cells.flatMap(({ fairness }) => fairness ?? []))
  const open = cells.filter(({ verdict }) => verdict === 'bounded').length
  const some = cells.some(({ starvations }) => starvations.length > 0)
  const said = `Under weak fairness ${some ? 'these tasks can starve' : 'no task can starve'}${open === 0 ? '' : `, as far as is known: ${plural(open, 'cell')} a limit left open`}.`
  return some ? `${wrap(said, '')}\n${tableText(starvationsTable(rows))}` : wrap(said, '')
}

/** The same as a table. */
export function starvationsTable(rows: readonly CaseRow[]): Table {
  const found = rows.flatMap((row) =>
    row.cells.flatMap(({ policy, fairness }) =>
      (fairness?.starvations ?? []).map((starvation) => ({ ...row, policy, starvation })),
    ),
  )
  return table(found, {
    caption: 'Tasks that can starve under weak fairness',
    columns: [
      text('case', ({ number }) => number),
      text('name', ({ name }) => name),
      text('policy', ({ policy }) => policy),
      text('task', ({ starvation }) => starvation.task),
      text('how', ({ starvation }) => starvation.kind),
      numbers('steps to it', ({ starvation }) => starvation.counterexample.steps.length),
      numbers('steps round', ({ starvation }) => starvation.counterexample.loop.length),
    ],
  })
}
