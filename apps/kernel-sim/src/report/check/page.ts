/** Check page: what a check found, before it has a form: the answer, the matrix, and the counterexamples with their pictures. */

import { answerOf } from '../../matrix/answer.js'
import type { CaseRow } from '../../matrix/cell.js'
import type { Exhibit } from '../../matrix/exhibit.js'
import type { Page, Section } from '../form/page.js'
import { answerSentences, lockdepSentence } from './conclusion.js'
import { exhibitSection } from './exhibit-section.js'
import { starvationsTable } from './fairness.js'
import { inapplicableSentences, matrixLegend, matrixTable, verdictsTable } from './matrix.js'
import { titled } from './titled.js'

/**
 * The page.
 * @param complete true if the rows are all bundled cases under all policies, so that they add up to an answer.
 */
export function checkPage(
  rows: readonly CaseRow[],
  exhibits: readonly Exhibit[],
  complete: boolean,
): Page {
  const [only] = rows
  const safe = rows.every(({ cells }) =>
    cells.every(({ result }) => result === undefined || result.verdict === 'safe'),
  )
  const answer = complete ? answerOf(rows) : null
  const title =
    rows.length === 1 && only !== undefined
      ? `kernel-sim check of ${only.name}`
      : 'kernel-sim check'
  return {
    title,
    lead:
      answer === null
        ? rows.flatMap(({ summary, source }) => [summary, ...(source === '' ? [] : [source])])
        : [...answerSentences(answer), lockdepSentence(answer)],
    marks: [
      {
        good: safe,
        text: safe
          ? 'no interleaving has a deadlock or a livelock'
          : 'some interleavings do not come to an end',
      },
    ],
    sections: [matrixSection(rows, exhibits), ...exhibits.map(exhibitSection)],
  }
}

/** The verdicts on one scenario. */
export function verdictsSection(row: CaseRow, exhibits: readonly Exhibit[]): Section {
  return {
    id: 'verdicts-of-all',
    title: `Verdicts on ${titled(row)}`,
    parts: [
      'Each is about all interleavings of the tasks, with and without memory pressure at each allocation. One in red leads to its counterexample.',
      verdictsTable(row, new Set(exhibits.map(({ address }) => address))),
      ...inapplicableSentences(row),
    ],
  }
}

/** The matrix with its legend. */
function matrixSection(rows: readonly CaseRow[], exhibits: readonly Exhibit[]): Section {
  return {
    id: 'matrix',
    title: 'Cases by policies',
    parts: [
      'Each verdict is about all interleavings of the tasks, with and without memory pressure at each allocation. A verdict in ' +
        'red leads to its counterexample, where this page has it.',
      matrixTable(rows, { shown: new Set(exhibits.map(({ address }) => address)) }),
      ...matrixLegend(rows),
      ...(rows.some(({ cells }) => cells.some(({ fairness }) => fairness !== undefined))
        ? [starvationsTable(rows)]
        : []),
    ],
  }
}
