/** Audit comparison text: for people at a terminal. What is worse comes first. */

import { number, plural } from '../form/numbers.js'
import { type Column, numeric, section, table, text, wrap } from '../form/table.js'
import type { AuditComparison, LostScopeChange, SiteChange, SiteCoverage } from './comparison.js'

/**
 * The comparison as text of 100 columns.
 * @param top how many rows of long tables to show, 0 for all.
 */
export function comparisonText(comparison: AuditComparison, top: number): string {
  const { old, new: recent, sites, lostScopes } = comparison
  return [
    [
      'kernel-sim audit, compared\n',
      wrap(`old: ${old.name}`),
      wrap(`new: ${recent.name}`),
      wrap(
        `Call sites that pass GFP_NOFS or GFP_NOIO: ${number(sites.newlyUncovered.length)} newly uncovered, ` +
          `${number(sites.newlyCovered.length)} newly covered, ${number(sites.new.length)} new, ${number(sites.gone.length)} gone, ` +
          `${number(sites.same)} as before.`,
      ),
      wrap(
        `Scopes lost on the way to a worker: ${number(lostScopes.new.length)} new, ${number(lostScopes.gone.length)} gone, ` +
          `${number(lostScopes.same)} as before.`,
      ),
      ...[old, recent]
        .filter(({ verdict }) => verdict.damaged)
        .map(({ name }) => wrap(`${name} is damaged: what is gone may only be unreadable.`)),
    ].join(''),
    lost('Scopes newly lost', lostScopes.new, top),
    both('Newly uncovered: always in a scope before, and no longer', sites.newlyUncovered, top),
    both('Newly covered: now always in a scope', sites.newlyCovered, top),
    one('New', sites.new, (site) => site.new, top),
    gone(sites.gone, top),
    lost('Scopes no longer lost', lostScopes.gone, top),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const SITE = [text('call site'), text('called from'), text('passes')]

/** Sites of both recordings. */
function both(title: string, changes: readonly SiteChange[], top: number): string {
  const rows = first(changes, top).map(({ old, new: recent, ...site }) => [
    ...siteCells(site),
    ...coverageCells(old),
    ...coverageCells(recent),
    recent?.confidence ?? '',
  ])
  const columns = [
    ...SITE,
    numeric('old'),
    numeric('covered'),
    numeric('new'),
    numeric('covered'),
    text('evidence'),
  ]
  const stacks = first(changes, top).flatMap(({ site, caller, uncoveredFrom: [sample] }) =>
    sample === undefined
      ? []
      : [
          wrap(
            `${site} from ${caller}, in no scope (${plural(sample.count, 'time')}, first on line ` +
              `${number(sample.line)} of the new recording): ${sample.functions.join(' < ')}`,
            '      ',
            '    ',
          ),
        ],
  )
  return tabular(title, columns, rows, changes.length, stacks.join(''))
}

/** Sites of one recording. */
function one(
  title: string,
  changes: readonly SiteChange[],
  coverage: (change: SiteChange) => SiteCoverage | null,
  top: number,
): string {
  const rows = first(changes, top).map((change) => [
    ...siteCells(change),
    ...coverageCells(coverage(change)),
    coverage(change)?.verdict ?? '',
    coverage(change)?.confidence ?? '',
  ])
  const columns = [
    ...SITE,
    numeric('requests'),
    numeric('covered'),
    text('verdict'),
    text('evidence'),
  ]
  return tabular(title, columns, rows, changes.length)
}

function gone(changes: readonly SiteChange[], top: number): string {
  const rows = first(changes, top).map((change) => [
    ...siteCells(change),
    ...coverageCells(change.old),
    change.old?.verdict ?? '',
    change.newlyTrusting === 0
      ? 'not seen in a scope'
      : `GFP_KERNEL in a scope, ${number(change.newlyTrusting)}`,
  ])
  const columns = [...SITE, numeric('requests'), numeric('covered'), text('was'), text('now')]
  return tabular('Gone: no longer pass the flag, or did not run', columns, rows, changes.length)
}

function lost(title: string, changes: readonly LostScopeChange[], top: number): string {
  const said = first(changes, top).map((row) =>
    wrap(
      `${row.fn}: queued from a ${row.scope} scope, ${row.certain ? '' : 'may have '}allocated with ${row.regained} in ` +
        `${row.site} (${plural(row.allocations, 'allocation')} in ${plural(row.executions, 'execution')}); ${waited(row)}.`,
      '    ',
      '  ',
    ),
  )
  return part(title, said.join(''), changes.length - said.length)
}

function waited({ waited: count }: LostScopeChange): string {
  if (count === null) return 'whether somebody waited for it is not known'
  return count === 0
    ? 'nobody was seen to wait for it'
    : `${plural(count, 'task')} ${count === 1 ? 'was' : 'were'} seen to wait for it`
}

function tabular(
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  all: number,
  rest = '',
): string {
  return part(title, rows.length === 0 ? '' : table(columns, rows) + rest, all - rows.length)
}

function part(title: string, body: string, more: number): string {
  if (body === '') return ''
  const rest = more > 0 ? wrap(`... and ${number(more)} more: --top 0 shows all.`) : ''
  return section(title, body + rest)
}

function siteCells(change: Pick<SiteChange, 'site' | 'caller' | 'class'>): string[] {
  return [change.site, change.caller, change.class]
}

function coverageCells(coverage: SiteCoverage | null): string[] {
  return coverage === null ? ['', ''] : [number(coverage.requests), number(coverage.covered)]
}

function first<T>(rows: readonly T[], top: number): readonly T[] {
  return top === 0 ? rows : rows.slice(0, top)
}
