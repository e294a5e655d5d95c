/** Rows: the whole matrix with reductions and repairs, searched by one thread. It takes many seconds: see whole.test.ts. */
import { POLICIES } from '../../../src/kernel/policy.js'
import { type CaseRow, rowOf } from '../../../src/matrix/cell.js'
import { CASES } from '../../../src/scenarios/catalogue.js'

export const ROWS: readonly CaseRow[] = await Promise.all(
  CASES.map((each) =>
    rowOf(each, POLICIES, {
      search: {},
      reductions: ['scope'],
      repair: ['scope'],
      onProgress: () => {},
    }),
  ),
)
