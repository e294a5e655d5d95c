/** Check page: what a check found, before it has a form: the answer, the matrix, and the counterexamples with their pictures. */
import type { Verdict } from '@scopemask/checker'
import { answerOf } from '../../matrix/answer.js'
import type { CaseRow } from '../../matrix/cell.js'
import type { Exhibit } from '../../matrix/exhibit.js'
import type { Mark, Page, Section } from '../form/page.js'
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
    marks: [markOf(rows)],
    sections: [matrixSection(rows, exhibits), ...exhibits.map(exhibitSection)],
  }
}

/** What was found, at its worst: a search that did not see everything proves nothing, and says so. */
function markOf(rows: readonly CaseRow[]): Mark {
  const results = rows.flatMap(({ cells }) => cells.flatMap(({ result }) => result ?? []))
  const has = (...verdicts: readonly Verdict[]): boolean =>
    results.some(({ verdict }) => verdicts.includes(verdict))
  if (has('deadlock', 'livelock')) {
    return { good: false, text: 'some interleavings do not come to an end' }
  }
  if (has('violation')) return { good: false, text: 'what is claimed does not hold' }
  if (has('bounded')) return { good: undefined, text: 'a limit stopped the search' }
  if (has('safe*')) {
    return { good: undefined, text: 'no deadlock was found, which is no proof: hashes were kept' }
  }
  return results.every(({ search }) => search.livelocks)
    ? { good: true, text: 'no interleaving has a deadlock or a livelock' }
    : { good: true, text: 'no interleaving has a deadlock; livelocks were not looked for' }
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
