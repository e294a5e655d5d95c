/** Check JSON: what `kernel-sim check` found, for programs. Without times: the same input gives the same bytes. */
import { answerOf, type CaseRow } from './check-report.js'

/** The matrix as JSON, with the answer when it covers the bundled cases. */
export function checkJson(rows: readonly CaseRow[], withAnswer: boolean): string {
  const scenarios = rows.map(({ number, name, summary, source, cells }) => ({
    ...(number === '' ? {} : { case: number }),
    name,
    summary,
    ...(source === '' ? {} : { source }),
    cells: cells.map(({ policy, inapplicable, result, lockdep }) => ({
      policy,
      ...(inapplicable === undefined ? {} : { inapplicable }),
      ...(lockdep === undefined ? {} : { lockdep: lockdep.length > 0 ? 'warns' : 'silent' }),
      ...(result === undefined
        ? {}
        : {
            verdict: result.verdict,
            states: result.search.states,
            transitions: result.search.transitions,
            depth: result.search.depth,
            ...(result.search.bound === null ? {} : { bound: result.search.bound }),
            ...(result.counterexample === null ? {} : { counterexample: result.counterexample }),
          }),
    })),
  }))
  const report = { version: 1, scenarios, ...(withAnswer ? { answer: answerOf(rows) } : {}) }
  return `${JSON.stringify(report, null, 2)}\n`
}
