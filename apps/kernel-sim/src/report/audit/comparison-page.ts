/** Audit comparison page: what changed from one recording to another. The gravest is the first. */
import { number, plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import { type Column, names, numbers, table, text } from '../form/table.js'
import { whereText } from '../form/where.js'
import type { AuditComparison, LostScopeChange, SiteChange, SiteCoverage } from './comparison.js'

export function comparisonPage(comparison: AuditComparison): Page {
  const { old, new: recent, sites, lostScopes, regression } = comparison
  return {
    title: 'kernel-sim audit, compared',
    lead: [
      `old: ${old.name}`,
      `new: ${recent.name}`,
      `Call sites that pass GFP_NOFS or GFP_NOIO: ${number(sites.newlyUncovered.length)} newly uncovered, ` +
        `${number(sites.newlyCovered.length)} newly covered, ${number(sites.new.length)} new, ${number(sites.gone.length)} gone, ` +
        `${sites.perhapsUncovered.length === 0 ? '' : `${number(sites.perhapsUncovered.length)} perhaps newly uncovered, `}` +
        `${number(sites.same)} as before.`,
      `Scopes lost on the way to a worker: ${number(lostScopes.new.length)} new, ${number(lostScopes.gone.length)} gone, ` +
        `${number(lostScopes.same)} as before.`,
      ...[old, recent]
        .filter(({ verdict }) => verdict.damaged)
        .map(({ name }) => `${name} is damaged: what is gone may only be unreadable.`),
    ],
    marks: [{ good: !regression, text: regression ? 'something is worse' : 'nothing is worse' }],
    sections: sections([
      lost('newly-lost', 'Scopes newly lost', lostScopes.new),
      newlyUncovered(comparison),
      perhapsUncovered(comparison),
      newlyCovered(sites.newlyCovered),
      added(sites.new),
      gone(sites.gone),
      lost('no-longer-lost', 'Scopes no longer lost', lostScopes.gone),
    ]),
  }
}

const SITE: readonly Column<SiteChange>[] = [
  names('call site', ({ site }) => site),
  names('called from', ({ caller }) => caller),
  text('passes', (row) => row.class),
]

const BOTH: readonly Column<SiteChange>[] = [
  ...SITE,
  numbers('old', ({ old }) => old?.requests ?? ''),
  numbers('covered', ({ old }) => old?.covered ?? ''),
  numbers('new', (row) => row.new?.requests ?? ''),
  numbers('covered', (row) => row.new?.covered ?? ''),
  text('evidence', (row) => row.new?.confidence ?? ''),
]

function newlyUncovered(comparison: AuditComparison): Section | undefined {
  return uncovered(comparison, comparison.sites.newlyUncovered, {
    id: 'newly-uncovered',
    title: 'Newly uncovered: always in a scope before, and no longer',
    caption: 'Call sites newly uncovered, requests in the old and the new recording',
  })
}

function perhapsUncovered(comparison: AuditComparison): Section | undefined {
  return uncovered(comparison, comparison.sites.perhapsUncovered, {
    id: 'perhaps-uncovered',
    title: 'Perhaps newly uncovered: the old recording does not tell all scopes',
    caption: 'Call sites perhaps newly uncovered, requests in the old and the new recording',
  })
}

function uncovered(
  { new: recent }: AuditComparison,
  changes: readonly SiteChange[],
  { id, title, caption }: { readonly id: string; readonly title: string; readonly caption: string },
): Section | undefined {
  if (changes.length === 0) return undefined
  return section(id, title, [
    table(changes, {
      caption,
      columns: BOTH,
      stacks: {
        heading: 'call paths',
        of: ({ uncoveredFrom }) =>
          uncoveredFrom.map(({ count, functions, line }) => ({
            what: 'in none',
            count,
            functions,
            first: whereText(recent, line),
          })),
      },
      sentences: {
        only: false,
        of: ({ site, caller, uncoveredFrom: [first] }) =>
          first === undefined ? [] : [`${site} from ${caller}, in the new recording:`],
      },
    }),
  ])
}

function newlyCovered(changes: readonly SiteChange[]): Section | undefined {
  if (changes.length === 0) return undefined
  return section('newly-covered', 'Newly covered: now always in a scope', [
    table(changes, {
      caption: 'Call sites newly covered, requests in the old and the new recording',
      columns: BOTH,
    }),
  ])
}

function added(changes: readonly SiteChange[]): Section | undefined {
  if (changes.length === 0) return undefined
  return section('new', 'New: pass the flag only now, or did not run before', [
    table(changes, {
      caption: 'Call sites of the new recording alone',
      columns: [
        ...coverageOf((row) => row.new),
        text('verdict', (row) => row.new?.verdict ?? ''),
        text('evidence', (row) => row.new?.confidence ?? ''),
      ],
    }),
  ])
}

function gone(changes: readonly SiteChange[]): Section | undefined {
  if (changes.length === 0) return undefined
  return section('gone', 'Gone: no longer pass the flag, or did not run', [
    table(changes, {
      caption: 'Call sites of the old recording alone',
      columns: [
        ...coverageOf((row) => row.old),
        text('was', ({ old }) => old?.verdict ?? ''),
        text('now', ({ newlyTrusting }) =>
          newlyTrusting === 0
            ? 'not seen in a scope'
            : `GFP_KERNEL in a scope, ${number(newlyTrusting)}`,
        ),
      ],
    }),
  ])
}

function coverageOf(of: (row: SiteChange) => SiteCoverage | null): Column<SiteChange>[] {
  return [
    ...SITE,
    numbers('requests', (row) => of(row)?.requests ?? ''),
    numbers('covered', (row) => of(row)?.covered ?? ''),
  ]
}

function lost(id: string, title: string, changes: readonly LostScopeChange[]): Section | undefined {
  if (changes.length === 0) return undefined
  return section(id, title, [
    table(changes, {
      caption: `${title} (${plural(changes.length, 'row')})`,
      columns: [
        names('work function', ({ fn }) => fn),
        text('queued from', ({ scope }) => scope),
        text('allocated with', ({ regained }) => regained),
        names('in', ({ site }) => site),
        numbers('executions', ({ executions }) => executions),
        numbers('allocations', ({ allocations }) => allocations),
        text('certain', ({ certain }) => (certain ? 'yes' : 'no')),
        text('waited for', waited),
      ],
      sentences: {
        only: true,
        of: (row) => [
          `${row.fn}: queued from a ${row.scope} scope, ${row.certain ? '' : 'may have '}allocated with ${row.regained} in ` +
            `${row.site} (${plural(row.allocations, 'allocation')} in ${plural(row.executions, 'execution')}); ${waited(row)}.`,
        ],
      },
    }),
  ])
}

function waited({ waited: count }: LostScopeChange): string {
  if (count === null) return 'whether somebody waited for it is not known'
  return count === 0
    ? 'nobody was seen to wait for it'
    : `${plural(count, 'task')} ${count === 1 ? 'was' : 'were'} seen to wait for it`
}
