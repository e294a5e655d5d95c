/** Matrix: cases by policies as tables, with the legend that says how to read a cell. */

import type { Reductions } from '@scopemask/checker/search'
import type { CaseRow, Cell } from '../../matrix/cell.js'
import { addressOf } from '../../matrix/exhibit.js'
import { kindsOf } from '../../matrix/repair/kinds.js'
import type { Repairs } from '../../matrix/repair/repair.js'
import { number } from '../form/numbers.js'
import type { Part } from '../form/page.js'
import { type Column, numbers, type Table, table, text, type Value } from '../form/table.js'
import { FATE_LEGEND, fateMark } from './dissolution.js'
import { costWords, kindsWords, repairWords } from './repair.js'
import { titled } from './titled.js'

/** What a matrix has besides verdicts. */
export interface MatrixColumns {
  /** True to say how many seconds each case took, which is never the same twice. */
  readonly times?: boolean
  /** True to say what is the least that repairs each case once scopes replace the flags. */
  readonly repairs?: boolean
  /** The addresses of the counterexamples that the same page shows. */
  readonly shown?: ReadonlySet<string>
}

/** The matrix of cases and policies. */
export function matrixTable(
  rows: readonly CaseRow[],
  { times = false, repairs = false, shown = new Set() }: MatrixColumns = {},
): Table {
  const policies = rows[0]?.cells.map(({ policy }) => policy) ?? []
  return table(rows, {
    caption: 'The verdict of each case under each policy',
    lead: 2,
    columns: [
      text('case', ({ number }) => number),
      text('name', titled),
      ...policies.map((policy, at) =>
        text(policy, (row: CaseRow) =>
          cellValue(row.cells[at], linkTo(addressOf(row, policy), shown)),
        ),
      ),
      ...(repairs ? REPAIR_COLUMNS : []),
      ...(times ? [numbers('seconds', ({ seconds }: CaseRow) => seconds.toFixed(2))] : []),
    ],
  })
}

/** What makes a case safe once scopes replace the flags: the cheapest set with what it costs, and the kinds that suffice. */
const REPAIR_COLUMNS: readonly Column<CaseRow>[] = [
  text('the least repair under scope', (row) => {
    const found = repairsUnderScope(row)
    if (found === undefined) return ''
    const [cheapest] = found.repairs
    return cheapest === undefined
      ? 'nothing'
      : `${repairWords(cheapest)} (${costWords(cheapest.cost)})`
  }),
  text('kinds that suffice', (row) => {
    const found = repairsUnderScope(row)
    return found === undefined ? '' : kindsWords(kindsOf(found))
  }),
  numbers('minimal sets', (row) => repairsUnderScope(row)?.repairs.length ?? ''),
]

function repairsUnderScope({ cells }: CaseRow): Repairs | undefined {
  return cells.find(({ policy }) => policy === 'scope')?.repairs
}

/**
 * The verdicts of one scenario: a row for each policy that applies to it.
 * @param shown as that of {@link matrixTable}.
 */
export function verdictsTable(row: CaseRow, shown: ReadonlySet<string> = new Set()): Table {
  const checked = row.cells.flatMap(({ policy, result, lockdep = [] }) =>
    result === undefined ? [] : [{ policy, ...result, lockdep }],
  )
  return table(checked, {
    caption: `The verdict on ${titled(row)} under each policy`,
    columns: [
      text('policy', ({ policy }) => policy),
      text('verdict', ({ policy, verdict }): Value => {
        const to = linkTo(addressOf(row, policy), shown)
        return to === undefined
          ? { text: verdict, tone: TONES[verdict] }
          : { text: verdict, tone: TONES[verdict], to }
      }),
      numbers('steps', ({ counterexample }) => counterexample?.steps.length ?? ''),
      numbers('states', ({ search }) => search.states),
      text('lockdep', ({ lockdep }) => (lockdep.length > 0 ? 'warns' : 'is silent')),
    ],
  })
}

/** Which policies do not apply to a scenario, a sentence for each reason. */
export function inapplicableSentences({ cells }: CaseRow): string[] {
  const reasons = new Map<string, string[]>()
  for (const { policy, inapplicable } of cells) {
    if (inapplicable === undefined) continue
    reasons.set(inapplicable, [...(reasons.get(inapplicable) ?? []), policy])
  }
  return [...reasons].map(
    ([reason, policies]) =>
      `${policies.join(', ')} ${policies.length === 1 ? 'does' : 'do'} not apply: ${reason}.`,
  )
}

const TONES = {
  safe: 'good',
  'safe*': 'unsure',
  deadlock: 'bad',
  livelock: 'bad',
  violation: 'bad',
  bounded: 'unsure',
} as const

function linkTo(address: string, shown: ReadonlySet<string>): string | undefined {
  return shown.has(address) ? address : undefined
}

/** A verdict: how long the shortest schedule to it is, how many states were visited; lockdep's `!`. */
function cellValue(cell: Cell | undefined, to: string | undefined): Value {
  const { result, lockdep = [] } = cell ?? {}
  if (result === undefined) return '-'
  const { verdict, counterexample, search } = result
  const warns = lockdep.length > 0 ? '!' : ''
  const steps = counterexample ? `${counterexample.steps.length}/` : ''
  const mark = fateMark(cell?.fates)
  const said = `${verdict}${warns} ${steps}${search.states}${mark === '' ? '' : ` ${mark}`}`
  if (verdict === 'safe') return { text: said, tone: 'good' }
  const tone = verdict === 'bounded' || verdict === 'safe*' ? 'unsure' : 'bad'
  return to === undefined ? { text: said, tone } : { text: said, tone, to }
}

/** How to read a cell of the matrix, and why some are empty. */
export function matrixLegend(rows: readonly CaseRow[]): Part[] {
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
    'safe: how many states were visited, which are all. deadlock, livelock: steps of the shortest schedule/states visited. ' +
      '!: lockdep, which was shown every step that a search meets, warns.',
    FATE_LEGEND,
    ...(reasons.size === 0
      ? []
      : [
          '-: the policy does not apply there:',
          { items: [...reasons].map(([reason, cases]) => `${cases.join(', ')}: ${reason}`) },
        ]),
  ]
}

/** What repairs each cell for which that was looked for: the cheapest set, and the kinds that suffice. */
export function leastRepairsTable(rows: readonly CaseRow[]): Table {
  const cells = rows.flatMap((row) =>
    row.cells.flatMap(({ policy, repairs }) =>
      repairs === undefined ? [] : [{ ...row, policy, repairs }],
    ),
  )
  return table(cells, {
    caption: 'The least that repairs',
    columns: [
      text('case', ({ number }) => number),
      text('policy', ({ policy }) => policy),
      numbers('sets', ({ repairs }) => repairs.repairs.length),
      text('suffices', ({ repairs }) => kindsWords(kindsOf(repairs))),
    ],
  })
}

/** What is counted, by the headings of its columns. */
const REDUCTIONS: readonly (readonly [string, keyof Reductions])[] = [
  ['with both', 'both'],
  ['without partial order', 'withoutPartialOrder'],
  ['without symmetry', 'withoutSymmetry'],
  ['with neither', 'neither'],
]

/** How many states each cell has with and without each reduction, where that was counted. */
export function reductionsTable(rows: readonly CaseRow[]): Table {
  const cells = rows.flatMap((row) =>
    row.cells.flatMap(({ policy, reductions }) =>
      reductions === undefined ? [] : [{ ...row, policy, reductions }],
    ),
  )
  type Counted = (typeof cells)[number]
  return table(cells, {
    caption: 'States with and without each reduction',
    columns: [
      text('case', ({ number }) => number),
      text('name', titled),
      text('policy', ({ policy }) => policy),
      ...reductionColumns((row: Counted, kind) => row.reductions[kind]),
    ],
  })
}

/** The same for whole cases, all their policies together. */
export function reductionsByCase(rows: readonly CaseRow[]): Table {
  return table(rows, {
    caption: 'States with and without each reduction',
    columns: [
      text('case', ({ number }) => number),
      text('name', titled),
      ...reductionColumns(({ cells }: CaseRow, kind) =>
        cells.reduce<number | null>((sum, { reductions }) => {
          if (reductions === undefined) return sum
          const count = reductions[kind]
          return sum === null || count === null ? null : sum + count
        }, 0),
      ),
    ],
  })
}

function reductionColumns<R>(
  count: (row: R, kind: keyof Reductions) => number | null,
): Column<R>[] {
  return REDUCTIONS.map(([heading, kind]) =>
    numbers(heading, (row: R) => {
      const states = count(row, kind)
      return states === null ? 'too many' : number(states)
    }),
  )
}
