/** Answer: what the cells of all cases add up to, as data. */
import type { CaseRow, Cell } from './cell.js'
import type { Dissolution } from './dissolution.js'
import { KINDS, type Kind, kindsOf } from './repair/kinds.js'

/** What is the least that repairs, by case. */
export interface Least {
  /** The cases that one kind of change repairs alone. */
  readonly alone: readonly { readonly kind: Kind; readonly cases: readonly string[] }[]
  /** Cases each of whose repairs conveys. */
  readonly conveyNeeded: readonly string[]
  /** Cases that can be repaired, but not by conveying alone. */
  readonly conveyNotEnough: readonly string[]
  /** Cases each of whose repairs changes a queue: no restriction helps there. */
  readonly queueNeeded: readonly string[]
  /** Cases that nothing repairs. */
  readonly nothing: readonly string[]
}

/** What the cells add up to. */
export interface Answer {
  /** How many cases there are, variants left out. */
  readonly cases: number
  /** Cases that are safe with the restriction written at call sites, where the API takes it. */
  readonly safeExplicit: readonly string[]
  /** Of these, the cases that are no longer safe once scopes replace it and nothing is conveyed. */
  readonly brokenByReplacement: readonly string[]
  /** Cases that survive the monotonic replacement. */
  readonly survive: readonly string[]
  /** The others, and which of them each policy repairs. */
  readonly lost: readonly string[]
  readonly repairs: readonly { readonly policy: string; readonly cases: readonly string[] }[]
  /** Policies that repair all that is lost. */
  readonly repairAll: readonly string[]
  /** Cases that no policy repairs. */
  readonly beyondRepair: readonly string[]
  /** What is the least that repairs those that are lost; null where that was not looked for. */
  readonly least: Least | null
  /** Cases that are lost only as long as something else lasts, by what ends it. Those that stay are in none. */
  readonly dissolving: {
    /** Those that dissolve when memory comes back. */
    readonly memory: readonly string[]
    /** Those that dissolve when other work is done. */
    readonly otherWork: readonly string[]
    /** Those that dissolve when both happen, and not by one of them alone. */
    readonly both: readonly string[]
  }
  /** Cases in which a restriction leaves nobody to make progress. */
  readonly livelocks: readonly string[]
  /** Cases that delegate and survive: there a policy that conveys restricts workers for nothing. */
  readonly needless: readonly string[]
  /** Cells, as `case policy`, that lockdep warns of and the search proves safe. */
  readonly falseAlarms: readonly string[]
  /** Cells that deadlock and of which lockdep says nothing. */
  readonly unseen: readonly string[]
}

/** What the matrix answers. Variants of a case (`5b`) do not count. */
export function answerOf(rows: readonly CaseRow[]): Answer {
  const cases = rows.filter(({ number }) => /^\d+$/.test(number))
  const verdict = (row: CaseRow, policy: string): string => {
    const cell = row.cells.find((each) => each.policy === policy)
    // Where a policy adds nothing to scopes, scopes decide.
    return cell?.result?.verdict ?? (policy === 'scope' ? 'none' : verdict(row, 'scope'))
  }
  const number = ({ number }: CaseRow): string => number
  const safe = (policy: string) => cases.filter((row) => verdict(row, policy) === 'safe')
  const survive = safe('scope')
  const lost = cases.filter((row) => !survive.includes(row))
  const policies = rows[0]?.cells.map(({ policy }) => policy) ?? []
  const conveying = policies.slice(policies.indexOf('scope') + 1)
  const repairs = conveying.map((policy) => ({
    policy,
    cases: lost.filter((row) => verdict(row, policy) === 'safe').map(number),
  }))
  const safeExplicit = cases.filter((row) => {
    const cell = row.cells.find(({ policy }) => policy === 'explicit')
    return cell?.result?.verdict === 'safe'
  })
  const cells = (wrong: (cell: Cell) => boolean): string[] =>
    cases.flatMap((row) => row.cells.filter(wrong).map(({ policy }) => `${row.number} ${policy}`))
  return {
    cases: cases.length,
    safeExplicit: safeExplicit.map(number),
    brokenByReplacement: safeExplicit.filter((row) => lost.includes(row)).map(number),
    survive: survive.map(number),
    lost: lost.map(number),
    repairs,
    repairAll: repairs
      .filter((each) => each.cases.length === lost.length)
      .map((each) => each.policy),
    beyondRepair: lost
      .filter((row) => repairs.every((each) => !each.cases.includes(row.number)))
      .map(number),
    least: leastOf(lost),
    dissolving: dissolvingOf(lost),
    livelocks: cases
      .filter((row) => row.cells.some(({ result }) => result?.verdict === 'livelock'))
      .map(number),
    needless: survive
      .filter(({ cells }) =>
        cells.some(({ policy, result }) => conveying.includes(policy) && result),
      )
      .map(number),
    falseAlarms: cells(
      ({ result, lockdep = [] }) => result?.verdict === 'safe' && lockdep.length > 0,
    ),
    unseen: cells(
      ({ result, lockdep = [] }) => result?.verdict === 'deadlock' && lockdep.length === 0,
    ),
  }
}

/** What dissolves every deadlock of a case once scopes replace the flags. */
function dissolvingOf(lost: readonly CaseRow[]): Answer['dissolving'] {
  const by = (holds: (all: Dissolution) => boolean): string[] =>
    lost.flatMap(({ number, cells }) => {
      const all = cells.find(({ policy }) => policy === 'scope')?.fates?.all
      return all !== undefined && holds(all) ? [number] : []
    })
  return {
    memory: by(({ memory }) => memory === 'dissolves'),
    otherWork: by(({ otherWork }) => otherWork === 'dissolves'),
    both: by(
      ({ memory, otherWork, both }) =>
        both === 'dissolves' && memory !== 'dissolves' && otherWork !== 'dissolves',
    ),
  }
}

function leastOf(lost: readonly CaseRow[]): Least | null {
  const found = lost.flatMap(({ number, cells }) => {
    const repairs = cells.find(({ policy }) => policy === 'scope')?.repairs
    return repairs === undefined ? [] : [{ number, kinds: kindsOf(repairs) }]
  })
  if (found.length < lost.length || found.length === 0) return null
  const cases = (holds: (kinds: readonly (readonly Kind[])[]) => boolean): string[] =>
    found.filter(({ kinds }) => holds(kinds)).map(({ number }) => number)
  const alone = (kind: Kind) => (kinds: readonly (readonly Kind[])[]) =>
    kinds.some((each) => each.length === 1 && each[0] === kind)
  const everyHas = (some: readonly Kind[]) => (kinds: readonly (readonly Kind[])[]) =>
    kinds.length > 0 && kinds.every((each) => each.some((kind) => some.includes(kind)))
  return {
    alone: KINDS.map((kind) => ({ kind, cases: cases(alone(kind)) })),
    conveyNeeded: cases(everyHas(['convey'])),
    conveyNotEnough: cases((kinds) => kinds.length > 0 && !alone('convey')(kinds)),
    queueNeeded: cases(everyHas(['rescuer', 'queue'])),
    nothing: cases((kinds) => kinds.length === 0),
  }
}
