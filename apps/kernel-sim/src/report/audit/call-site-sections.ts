/** Call site sections: who asks for which flags, and whether a scope says the same already. */
import type { ExplicitSiteFact, Verdict } from '../../audit/call-sites.js'
import type { StackSample } from '../../audit/samples.js'
import { SCOPE_NAMES } from '../../audit/scope-name.js'
import { number, plural } from '../form/numbers.js'
import { type Section, section } from '../form/page.js'
import { type Column, names, numbers, type Stack, type Tone, table, text } from '../form/table.js'
import type { AuditReport } from './report.js'
import { seenColumn, stacksOf } from './seen.js'

const TONES: Readonly<Record<Verdict, Tone>> = {
  always: 'good',
  sometimes: 'unsure',
  never: 'bad',
  unknown: 'soft',
}

export function explicitSection(report: AuditReport): Section | undefined {
  const { explicit, coverage } = report.callSites
  if (explicit.length === 0) return undefined
  const { always, sometimes, never, unknown } = coverage
  return section(
    'explicit-sites',
    'Call sites that pass GFP_NOFS or GFP_NOIO: does a scope cover them already?',
    [
      'Always: as far as this recording goes the flag is redundant. Sometimes: it depends on the call path. Never: a scope ' +
        'has to come first. Evidence is strong from 300 observations on, fair from 30 on.',
      `By function: ${number(always.sites)} always covered (${plural(always.requests, 'request')}), ` +
        `${number(sometimes.sites)} sometimes (${number(sometimes.requests)}), ` +
        `${number(never.sites)} never (${number(never.requests)})` +
        `${unknown.sites === 0 ? '' : `, ${number(unknown.sites)} unknown (${number(unknown.requests)})`}.`,
      table(explicit, {
        caption: `Call sites that pass GFP_NOFS or GFP_NOIO (${plural(explicit.length, 'row')})`,
        columns: [
          names('call site', ({ site }) => site),
          names('called from', ({ caller }) => caller),
          text('passes', (row) => row.class),
          numbers('requests', ({ requests }) => requests),
          numbers('covered', ({ covered }) => covered),
          numbers('uncovered', ({ uncovered }) => uncovered),
          ...elsewhere(explicit),
          {
            ...numbers('share covered', ({ covered, requests, unknown }) => ({
              part: covered,
              whole: requests,
              unknown,
            })),
            wide: true,
          },
          text('verdict', ({ verdict }) => ({ text: verdict, tone: TONES[verdict] })),
          text('evidence', ({ verdict, confidence }) => (verdict === 'unknown' ? '' : confidence)),
          ...seenColumn<ExplicitSiteFact>(report, ({ seenIn }) => seenIn),
        ],
        stacks: {
          heading: 'call paths',
          of: ({ coveredFrom, uncoveredFrom }) => [
            ...paths(report, 'in a scope', coveredFrom),
            ...paths(report, 'in none', uncoveredFrom),
          ],
        },
        sentences: { only: false, of: callPaths },
      }),
    ],
  )
}

/** Requests that neither count as covered nor as not: a column for each reason that the recording has. */
function elsewhere(explicit: readonly ExplicitSiteFact[]): Column<ExplicitSiteFact>[] {
  const reasons = [
    ['PF_MEMALLOC', ({ memalloc }: ExplicitSiteFact) => memalloc],
    ['interrupt', ({ interrupt }: ExplicitSiteFact) => interrupt],
    ['unknown', ({ unknown }: ExplicitSiteFact) => unknown],
  ] as const
  return reasons
    .filter(([, count]) => explicit.some((row) => count(row) > 0))
    .map(([heading, count]) => numbers(heading, count))
}

/** Of a site that is covered only sometimes: how many of its callers cover it. */
function callPaths({ site, caller, verdict, paths }: ExplicitSiteFact): string[] {
  if (verdict !== 'sometimes') return []
  return [
    `${site} from ${caller}: of its call paths ${number(paths.always)} always in a scope, ` +
      `${number(paths.sometimes)} sometimes, ${number(paths.never)} never`,
  ]
}

export function weakenedSection({ callSites: { weakened } }: AuditReport): Section | undefined {
  if (weakened.length === 0) return undefined
  return section(
    'weakened-sites',
    'Call sites that pass GFP_KERNEL inside a scope, and rely on it',
    [
      'What they ask for, the scope takes away.',
      table(weakened, {
        caption: `Call sites that rely on a scope (${plural(weakened.length, 'row')})`,
        columns: [
          names('call site', ({ site }) => site),
          names('called from', ({ caller }) => caller),
          text('scope', ({ scope }) => scope),
          numbers('requests', ({ requests }) => requests),
        ],
      }),
    ],
  )
}

export function requestSection({
  requests: { classes, weakened },
}: AuditReport): Section | undefined {
  if (classes.length === 0) return undefined
  type Class = (typeof classes)[number]
  const scopes = SCOPE_NAMES.filter((scope) =>
    classes.some((row) => row.scopes[scope] !== undefined),
  )
  const interrupts = classes.some(({ interrupt }) => interrupt > 0)
  return section('requests', 'Requests by flags passed and scope of the task', [
    table(classes, {
      caption: 'Requests of kmalloc and kmem_cache_alloc',
      columns: [
        text('flags passed', (row) => row.class),
        ...scopes.map((scope) => numbers(scope, (row: Class) => row.scopes[scope] ?? 0)),
        ...(interrupts ? [numbers('interrupt', ({ interrupt }: Class) => interrupt)] : []),
        numbers('all', ({ total }) => total),
      ],
    }),
    `Scopes took flags from ${plural(weakened.total, 'request')}: __GFP_FS from ${number(weakened.fs)}, ` +
      `__GFP_IO from ${number(weakened.io)}.`,
  ])
}

function paths(report: AuditReport, what: string, samples: readonly StackSample[]): Stack[] {
  // Two calls of one function in another are two paths: only the return addresses tell them apart.
  const withOffsets = samples.map((sample) => ({ ...sample, functions: sample.frames }))
  return stacksOf(report, what, withOffsets)
}
