/** Audit HTML: the report as one page for a browser, with all rows of all tables and the stacks behind them. */
import type { ExplicitSiteFact, Verdict } from '../../audit/call-sites.js'
import type { StackSample } from '../../audit/samples.js'
import { SCOPE_NAMES } from '../../audit/scope-name.js'
import { DAMAGE_KINDS } from '../../trace/read/damage.js'
import { gfpText } from '../form/gfp-text.js'
import { type Html, type HtmlValue, html } from '../form/html.js'
import { type HtmlSection, htmlPage } from '../form/html-page.js'
import { type HtmlColumn, htmlTable } from '../form/html-table.js'
import { number, percent, plural } from '../form/numbers.js'
import { waitedFor } from './findings.js'
import { headlineOf } from './headline.js'
import { recordersText } from './recorders.js'
import type { AuditReport } from './report.js'

/** The report as a page that needs nothing else. */
export function auditHtml(report: AuditReport): string {
  const { agrees, damaged, lostScopes } = report.verdict
  const intro = html`<ul>
${headlineOf(report).map((line) => html`<li>${line}</li>\n`)}</ul>
<p>${mark(agrees, 'kernel and model agree', 'kernel and model differ')} ·
${mark(!damaged, 'recording undamaged', 'recording damaged')} ·
${mark(lostScopes === 0, 'no scope lost', 'scopes lost')}</p>
`
  const sections: (HtmlSection | undefined)[] = [
    {
      id: 'meaning',
      title: 'What it means',
      content: html`<ul>
${report.meaning.map((said) => html`<li>${said}</li>\n`)}</ul>
`,
    },
    damage(report),
    lostScopeTable(report),
    explicitSites(report),
    weakenedSites(report),
    delegations(report),
    waits(report),
    reclaim(report),
    requests(report),
    prediction(report),
    recording(report),
  ]
  return htmlPage(
    `kernel-sim audit of ${report.reading.name}`,
    intro,
    sections.filter((section) => section !== undefined),
  )
}

/** A section with one table, left out where the table is empty. */
function tabular<R>(
  id: string,
  title: string,
  explanation: HtmlValue,
  columns: readonly HtmlColumn<R>[],
  rows: readonly R[],
): HtmlSection | undefined {
  if (rows.length === 0) return undefined
  return {
    id,
    title,
    content: html`<p>${explanation}</p>
${htmlTable(`${id}-table`, `${title} (${plural(rows.length, 'row')})`, columns, rows)}`,
  }
}

function damage({ reading }: AuditReport): HtmlSection | undefined {
  return tabular(
    'damage',
    'What could not be read',
    'These parts of the recording are missing from all counts.',
    [
      { heading: 'kind', show: ({ kind }) => kind },
      { heading: 'count', count: ({ count }) => count },
      { heading: 'meaning', show: ({ kind }) => DAMAGE_KINDS[kind] },
      {
        heading: 'where',
        show: ({ samples }) =>
          samples.map(({ line, what }) => html`line ${number(line)}: <code>${what}</code><br>`),
      },
    ],
    reading.damage,
  )
}

function lostScopeTable(report: AuditReport): HtmlSection | undefined {
  return tabular(
    'lost-scopes',
    'Scopes lost on the way to a worker',
    'Work items that were queued from inside a scope, and allocated what the scope forbids. That is a deadlock if a task ' +
      'that queued one waits for it while it holds what reclaim needs.',
    [
      { heading: 'work function', name: ({ fn }) => fn },
      { heading: 'how', show: ({ kind }) => kind },
      { heading: 'queued from', show: ({ scope }) => scope },
      { heading: 'allocated with', show: ({ regained }) => regained },
      { heading: 'in', name: ({ site }) => site },
      { heading: 'called from', name: ({ caller }) => caller },
      { heading: 'passes', show: (row) => row.class },
      { heading: 'scope of the worker', show: ({ workerScope }) => workerScope },
      { heading: 'executions', count: ({ executions }) => executions },
      { heading: 'allocations', count: ({ allocations }) => allocations },
      {
        heading: 'waited for',
        show: (row) => {
          const waited = waitedFor(row, report)
          if (waited === undefined) return html`<span class="unsure">unknown</span>`
          return waited === 0
            ? 'not seen'
            : html`<span class="bad">${plural(waited, 'time')}</span>`
        },
      },
      {
        heading: 'stacks',
        show: ({ delegated, allocated }) => [
          stacks('queued by', delegated),
          stacks('allocates', allocated),
        ],
      },
    ],
    report.work.lost,
  )
}

/** Requests that neither count as covered nor as not: a column for each reason that the recording has. */
function explicitElsewhere(explicit: readonly ExplicitSiteFact[]): HtmlColumn<ExplicitSiteFact>[] {
  const columns = [
    { heading: 'PF_MEMALLOC', count: ({ memalloc }: ExplicitSiteFact) => memalloc },
    { heading: 'interrupt', count: ({ interrupt }: ExplicitSiteFact) => interrupt },
    { heading: 'unknown', count: ({ unknown }: ExplicitSiteFact) => unknown },
  ]
  return columns.filter(({ count }) => explicit.some((row) => count(row) > 0))
}

function explicitSites({ callSites: { explicit } }: AuditReport): HtmlSection | undefined {
  return tabular<ExplicitSiteFact>(
    'explicit-sites',
    'Call sites that pass GFP_NOFS or GFP_NOIO: does a scope cover them already?',
    'Always: as far as this recording goes the flag is redundant. Never: a scope has to come first. Sometimes: it depends on ' +
      'the call path. Evidence is strong from 300 observations on, fair from 30 on.',
    [
      { heading: 'call site', name: ({ site }) => site },
      { heading: 'called from', name: ({ caller }) => caller },
      { heading: 'passes', show: (row) => row.class },
      { heading: 'verdict', show: ({ verdict }) => verdictText(verdict) },
      {
        heading: 'evidence',
        show: ({ verdict, confidence }) => (verdict === 'unknown' ? '' : confidence),
      },
      { heading: 'requests', count: ({ requests }) => requests },
      { heading: 'covered', count: ({ covered }) => covered },
      { heading: 'not covered', count: ({ uncovered }) => uncovered },
      ...explicitElsewhere(explicit),
      { heading: 'share covered', show: coverage },
      {
        heading: 'call paths',
        show: ({ coveredFrom, uncoveredFrom }) => [
          stacks('in a scope', coveredFrom),
          stacks('in none', uncoveredFrom),
        ],
      },
    ],
    explicit,
  )
}

/** A bar whose filled part is the share of requests that a scope covered. The numbers stand beside it. */
function coverage({ covered, requests }: ExplicitSiteFact): Html {
  const width = (80 * covered) / requests
  return html`<svg width="80" height="10" aria-hidden="true"><rect width="80" height="10" fill="currentColor" opacity="0.2"/><rect width="${width.toFixed(1)}" height="10" fill="currentColor"/></svg> ${percent(covered, requests)}`
}

const VERDICT_CLASSES: Readonly<Record<Verdict, string>> = {
  always: 'good',
  sometimes: 'unsure',
  never: 'bad',
  unknown: 'soft',
}

function verdictText(verdict: Verdict): Html {
  return html`<span class="${VERDICT_CLASSES[verdict]}">${verdict}</span>`
}

function weakenedSites({ callSites: { weakened } }: AuditReport): HtmlSection | undefined {
  return tabular(
    'weakened-sites',
    'Call sites that pass GFP_KERNEL inside a scope, and rely on it',
    'What they ask for, the scope takes away.',
    [
      { heading: 'call site', name: ({ site }) => site },
      { heading: 'called from', name: ({ caller }) => caller },
      { heading: 'scope', show: ({ scope }) => scope },
      { heading: 'requests', count: ({ requests }) => requests },
    ],
    weakened,
  )
}

function delegations({ work }: AuditReport): HtmlSection | undefined {
  return tabular(
    'delegations',
    'Work items queued from inside a scope, and the scope under which they ran',
    'At start: a scope was set when the execution began. Own: the function opened one itself. Unscoped: it allocated ' +
      'GFP_KERNEL outside of all scopes. Waited: the task that queued it slept for it, inside its scope.',
    [
      { heading: 'work function', name: ({ fn }) => fn },
      { heading: 'how', show: ({ kind }) => kind },
      { heading: 'from', show: ({ scope }) => scope },
      { heading: 'queued', count: ({ queued }) => queued },
      { heading: 'of all', count: ({ queuedInAll }) => queuedInAll },
      { heading: 'ran', count: ({ executed }) => executed },
      { heading: 'at start', count: ({ startedInScope }) => startedInScope },
      { heading: 'own', count: ({ enteredScope }) => enteredScope },
      { heading: 'allocating', count: ({ allocating }) => allocating },
      { heading: 'unscoped', count: ({ unscoped }) => unscoped },
      { heading: 'waited', count: ({ waited }) => waited },
      { heading: 'stacks', show: ({ samples }) => stacks('queued by', samples) },
    ],
    work.delegations,
  )
}

function waits({ waits: found }: AuditReport): HtmlSection | undefined {
  return tabular(
    'waits',
    'Sleeps inside a scope',
    'Where tasks waited while they kept what made them open the scope.',
    [
      { heading: 'wait', name: ({ wait }) => wait },
      { heading: 'in', name: ({ site }) => site },
      { heading: 'called from', name: ({ caller }) => caller },
      { heading: 'scope', show: ({ scope }) => scope },
      { heading: 'count', count: ({ count }) => count },
      { heading: 'stack', show: ({ samples }) => stacks('sleeps', samples) },
    ],
    found,
  )
}

function reclaim({
  reclaim: { entries, tasks, shrinkers, restricted },
}: AuditReport): HtmlSection | undefined {
  const section = tabular(
    'reclaim',
    'Reclaim',
    `Kept out of the filesystem: ${plural(restricted.byScope, 'entry', 'entries')} by a scope, ` +
      `${number(restricted.byCaller)} by the flags that the caller passed.`,
    [
      { heading: 'on behalf of', name: ({ site }) => site },
      { heading: 'called from', name: ({ caller }) => caller },
      { heading: 'reclaim', show: ({ kind }) => kind },
      { heading: 'scope', show: ({ scope }) => scope },
      { heading: 'may do', show: (row) => row.class },
      { heading: 'entries', count: (row) => row.entries },
      { heading: 'pages', count: ({ reclaimed }) => reclaimed },
      { heading: 'µs', count: ({ totalUs }) => Math.round(totalUs) },
      { heading: 'longest µs', count: ({ maxUs }) => Math.round(maxUs) },
      { heading: 'stacks', show: ({ samples }) => stacks('enters', samples) },
    ],
    entries,
  )
  if (section === undefined) return section
  const byTask = htmlTable(
    'reclaim-tasks-table',
    'Tasks in reclaim',
    [
      { heading: 'task', name: ({ comm }) => comm },
      { heading: 'reclaim', show: ({ kind }) => kind },
      { heading: 'scope', show: ({ scope }) => scope },
      { heading: 'may do', show: (row) => row.class },
      { heading: 'entries', count: (row) => row.entries },
      { heading: 'pages', count: ({ reclaimed }) => reclaimed },
      { heading: 'µs', count: ({ totalUs }) => Math.round(totalUs) },
      { heading: 'longest µs', count: ({ maxUs }) => Math.round(maxUs) },
    ],
    tasks,
  )
  if (shrinkers.length === 0) return { ...section, content: [section.content, byTask] }
  const runs = htmlTable(
    'shrinkers-table',
    'Runs of shrinkers',
    [
      { heading: 'shrinker', name: ({ shrinker }) => shrinker },
      { heading: 'scope', show: ({ scope }) => scope },
      { heading: 'may do', show: (row) => row.class },
      { heading: 'runs', count: (row) => row.runs },
    ],
    shrinkers,
  )
  return { ...section, content: [section.content, byTask, runs] }
}

function requests({ requests: { classes, weakened } }: AuditReport): HtmlSection | undefined {
  const scopes = SCOPE_NAMES.filter((scope) =>
    classes.some((row) => row.scopes[scope] !== undefined),
  )
  return tabular(
    'requests',
    'Requests by flags passed and scope of the task',
    `Scopes took flags from ${plural(weakened.total, 'request')}: __GFP_FS from ${number(weakened.fs)}, ` +
      `__GFP_IO from ${number(weakened.io)}.`,
    [
      { heading: 'flags passed', show: (row) => row.class },
      ...scopes.map((scope) => ({
        heading: scope,
        count: (row: (typeof classes)[number]) => row.scopes[scope] ?? 0,
      })),
      { heading: 'interrupt', count: ({ interrupt }) => interrupt },
      { heading: 'all', count: ({ total }) => total },
    ],
    classes,
  )
}

function prediction({ agreement, pages }: AuditReport): HtmlSection {
  const { compared, agree, agreeInScopeBits, disagreements } = agreement
  const differences = htmlTable(
    'disagreements-table',
    'Differences between kernel and model',
    [
      { heading: 'reason', show: ({ reason }) => reason },
      { heading: 'count', count: ({ count }) => count },
      { heading: 'only the kernel had', show: ({ kernelOnly }) => gfpText(kernelOnly) },
      { heading: 'only predicted', show: ({ predictedOnly }) => gfpText(predictedOnly) },
      { heading: 'first at', name: ({ example }) => example.site },
      { heading: 'line', count: ({ example }) => example.pageLine },
    ],
    disagreements,
  )
  const invariants = htmlTable(
    'invariants-table',
    'Page allocations inside scopes: is anything left of what the scope forbids?',
    [
      { heading: 'scope', show: ({ scope }) => scope },
      { heading: 'forbids', show: ({ forbids }) => forbids },
      { heading: 'checked', count: ({ checked }) => checked },
      { heading: 'violations', count: ({ violations }) => violations },
    ],
    pages.invariants.filter(({ checked }) => checked > 0),
  )
  return {
    id: 'prediction',
    title: 'Prediction against the kernel',
    content: html`<p>Of ${plural(compared, 'page allocation')} that could be compared with their requests,
${number(agree)} (${percent(agree, compared)}) were as predicted, ${number(agreeInScopeBits)} in the flags that scopes decide.</p>
${disagreements.length > 0 ? differences : ''}${invariants}`,
  }
}

function recording(report: AuditReport): HtmlSection | undefined {
  const { reading, events, tasks, time } = report
  const scopes = tasks.scopes.map(({ scope, opened }) => `${scope} ${number(opened)}`).join(', ')
  return tabular(
    'recording',
    'The recording',
    `${plural(reading.events, 'event')} on ${plural(reading.lines, 'line')} in ${time.seconds.toFixed(1)} s, of ` +
      `${plural(tasks.tasks, 'task')}; ${number(reading.ignored)} of other kinds left aside, ${number(reading.lost)} lost ` +
      `as the recorder says. Scopes seen to open: ${scopes || 'none'}. ${recordersText(report).join(' ')}`,
    [
      { heading: 'event', name: ([event]) => event },
      { heading: 'count', count: ([, count]) => count },
    ],
    Object.entries(events),
  )
}

function stacks(what: string, samples: readonly StackSample[]): Html[] {
  return samples.map(
    ({
      count,
      functions,
      line,
    }) => html`<details><summary>${what}: ${plural(count, 'time')}</summary>
<p class="soft">First on line ${number(line)}; innermost function first.</p>
<ol>${functions.map((name) => html`<li><code>${name}</code></li>`)}</ol></details>
`,
  )
}

function mark(good: boolean, ifGood: string, ifBad: string): Html {
  return good
    ? html`<span class="good">✓ ${ifGood}</span>`
    : html`<span class="bad">✗ ${ifBad}</span>`
}
