/** Audit text: the report for people at a terminal. What matters most comes first, what it means last. */
import type { ExplicitSiteFact } from '../../audit/call-sites.js'
import type { StackSample } from '../../audit/samples.js'
import { SCOPE_NAMES } from '../../audit/scope-name.js'
import type { DelegationFact, LostScopeFact } from '../../audit/work.js'
import { DAMAGE_KINDS } from '../../trace/read/damage.js'
import { gfpText } from '../form/gfp-text.js'
import { number, percent, plural } from '../form/numbers.js'
import { numeric, section, table, text, wrap } from '../form/table.js'
import { headlineOf } from './headline.js'
import { recordersText } from './recorders.js'
import type { AuditReport } from './report.js'

/**
 * The report as text of 100 columns.
 * @param top how many rows of long tables to show, 0 for all.
 */
export function auditText(report: AuditReport, top: number): string {
  return [
    headline(report),
    damage(report),
    recording(report),
    prediction(report),
    insideScopes(report),
    requests(report),
    explicitSites(report, top),
    weakenedSites(report, top),
    delegations(report, top),
    lostScopes(report, top),
    waits(report, top),
    reclaim(report, top),
    section('What it means', report.meaning.map((said) => wrap(said, '    ', '  - ')).join('')),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function headline(report: AuditReport): string {
  const lines = headlineOf(report).map((line) => wrap(line))
  return [`kernel-sim audit of ${report.reading.name}\n`, ...lines].join('')
}

function damage({ reading }: AuditReport): string {
  if (reading.damaged === 0) return ''
  const rows = reading.damage.map(({ kind, count, samples }) => [
    number(count),
    kind,
    samples.map(({ line, what }) => `line ${number(line)}: ${what}`).join('; '),
  ])
  const legend = reading.damage.map(({ kind }) => wrap(`${kind}: ${DAMAGE_KINDS[kind]}`)).join('')
  return section(
    'What could not be read',
    `${table([numeric('count'), text('kind'), text('where')], rows)}\n${legend}`,
  )
}

function recording(report: AuditReport): string {
  const { reading, events, tasks, time } = report
  const rows = Object.entries(events).map(([event, count]) => [event, number(count)])
  const scopes = tasks.scopes.map(({ scope, opened }) => `${scope} ${number(opened)}`).join(', ')
  const notes = [
    `${plural(tasks.tasks, 'task')}. Scopes seen to open: ${scopes || 'none'}.`,
    `${plural(reading.lines, 'line')}${reading.blank > 0 ? `, ${number(reading.blank)} of them empty or comments` : ''}.`,
  ]
  notes.push(...recordersText(report))
  if (reading.ignored > 0)
    notes.push(`${plural(reading.ignored, 'event')} of other kinds left aside.`)
  if (reading.lost > 0) notes.push(`${plural(reading.lost, 'event')} lost, as the recorder says.`)
  if (time.recordings > 1) notes.push(`${number(time.recordings)} recordings, one after the other.`)
  if (time.outOfOrder > 0) notes.push(`${plural(time.outOfOrder, 'event')} stood after later ones.`)
  return section(
    'The recording',
    table([text('event'), numeric('count')], rows) + notes.map((note) => wrap(note)).join(''),
  )
}

function prediction({ agreement, pages }: AuditReport): string {
  const { compared, agree, agreeInScopeBits, disagreements, withoutRequest, inferred, learned } =
    agreement
  const rows = [
    ['in all flags', number(agree), number(compared), percent(agree, compared)],
    [
      'in FS, IO, MOVABLE and DIRECT_RECLAIM',
      number(agreeInScopeBits),
      number(compared),
      percent(agreeInScopeBits, compared),
    ],
    [
      'migratetype of every page allocation',
      number(pages.migratetypeAgrees),
      number(pages.total),
      percent(pages.migratetypeAgrees, pages.total),
    ],
  ]
  const notes = [
    `What slab caches add was learned from the first page of each: ${plural(learned.caches, 'cache')}, ` +
      `${number(learned.reclaimable)} of them with __GFP_RECLAIMABLE.`,
  ]
  if (inferred > 0) {
    notes.push(
      `${number(inferred)} of them without task flags: they agree but for what a scope takes away, which tells the scope.`,
    )
  }
  if (withoutRequest > 0) {
    notes.push(
      `${plural(withoutRequest, 'page allocation')} for the slab allocator without a recorded request: not compared.`,
    )
  }
  const kinds = disagreements.map(
    ({ count, reason, kernelOnly, predictedOnly, example }) =>
      wrap(`${plural(count, 'time')}: ${reason}.`) +
      wrap(
        `only the kernel had: ${gfpText(kernelOnly)}; only predicted: ${gfpText(predictedOnly)}`,
        '    ',
      ) +
      wrap(
        `line ${number(example.pageLine)}, request on line ${number(example.requestLine)} by ${example.site}` +
          `${example.cache === undefined ? '' : ` from ${example.cache}`}: passed ${gfpText(example.passed)}, ` +
          `predicted ${gfpText(example.predicted)}, kernel ${gfpText(example.kernel)}`,
        '    ',
      ),
  )
  return section(
    'Prediction against the kernel',
    [
      table([text('agreement'), numeric('agree'), numeric('of'), numeric('')], rows),
      ...notes.map((note) => wrap(note)),
      ...(kinds.length === 0 ? [] : ['\n', ...kinds]),
    ].join(''),
  )
}

function insideScopes({ pages }: AuditReport): string {
  const rows = pages.invariants
    .filter(({ checked }) => checked > 0)
    .map(({ scope, forbids, checked, violations, lines }) => [
      scope,
      forbids,
      number(checked),
      number(violations),
      lines.map((line) => `line ${number(line)}`).join(', '),
    ])
  if (rows.length === 0) return ''
  return section(
    'Page allocations inside scopes: is anything left of what the scope forbids?',
    table(
      [text('scope'), text('forbids'), numeric('checked'), numeric('violations'), text('')],
      rows,
    ),
  )
}

function requests({ requests: { classes, weakened } }: AuditReport): string {
  const scopes = SCOPE_NAMES.filter((scope) =>
    classes.some((row) => row.scopes[scope] !== undefined),
  )
  const interrupts = classes.some(({ interrupt }) => interrupt > 0)
  const rows = classes.map(({ class: name, scopes: counts, interrupt, total }) => [
    name,
    ...scopes.map((scope) => number(counts[scope] ?? 0)),
    ...(interrupts ? [number(interrupt)] : []),
    number(total),
  ])
  const columns = [text('flags passed'), ...scopes.map(numeric)]
  if (interrupts) columns.push(numeric('interrupt'))
  return section(
    'Requests (kmalloc, kmem_cache_alloc) by flags passed and scope of the task',
    table([...columns, numeric('all')], rows) +
      wrap(
        `Scopes took flags from ${plural(weakened.total, 'request')}: __GFP_FS from ${number(weakened.fs)}, ` +
          `__GFP_IO from ${number(weakened.io)}.`,
      ),
  )
}

function explicitSites({ callSites: { explicit, coverage } }: AuditReport, top: number): string {
  if (explicit.length === 0) return ''
  const shown = first(explicit, top)
  // Most recordings have none of these.
  const rare = (['memalloc', 'interrupt', 'unknown'] as const).filter((column) =>
    explicit.some((site) => site[column] > 0),
  )
  const rows = shown.map((site) => [
    site.site,
    site.caller,
    site.class,
    number(site.requests),
    number(site.covered),
    number(site.uncovered),
    ...rare.map((column) => number(site[column])),
    site.verdict,
    site.verdict === 'unknown' ? '' : site.confidence,
  ])
  const columns = [
    text('call site'),
    text('called from'),
    text('passes'),
    numeric('requests'),
    numeric('covered'),
    numeric('not'),
    ...rare.map(numeric),
    text('verdict'),
    text('evidence'),
  ]
  const { always, sometimes, never, unknown } = coverage
  return section(
    'Call sites that pass GFP_NOFS or GFP_NOIO: does a scope cover them already?',
    table(columns, rows) +
      more(explicit.length, rows.length) +
      wrap(
        `By function: ${number(always.sites)} always covered (${plural(always.requests, 'request')}), ` +
          `${number(sometimes.sites)} sometimes (${number(sometimes.requests)}), ` +
          `${number(never.sites)} never (${number(never.requests)})` +
          `${unknown.sites === 0 ? '' : `, ${number(unknown.sites)} unknown (${number(unknown.requests)})`}.`,
      ) +
      callPaths(shown),
  )
}

/** Of the sites that are covered only sometimes: which callers cover them, and which do not. */
function callPaths(sites: readonly ExplicitSiteFact[]): string {
  return sites
    .filter(({ verdict }) => verdict === 'sometimes')
    .map(({ site, caller, paths, coveredFrom, uncoveredFrom }) =>
      [
        `\n`,
        wrap(
          `${site} from ${caller}: of its call paths ${number(paths.always)} always in a scope, ` +
            `${number(paths.sometimes)} sometimes, ${number(paths.never)} never`,
        ),
        ...coveredFrom.slice(0, 1).map((sample) => stack('in a scope', sample)),
        ...uncoveredFrom.slice(0, 1).map((sample) => stack('in none', sample)),
      ].join(''),
    )
    .join('')
}

function weakenedSites({ callSites: { weakened } }: AuditReport, top: number): string {
  if (weakened.length === 0) return ''
  const rows = first(weakened, top).map(({ site, caller, scope, requests }) => [
    site,
    caller,
    scope,
    number(requests),
  ])
  return section(
    'Call sites that pass GFP_KERNEL inside a scope, and rely on it',
    table([text('call site'), text('called from'), text('scope'), numeric('requests')], rows) +
      more(weakened.length, rows.length),
  )
}

function delegations({ work }: AuditReport, top: number): string {
  if (work.delegations.length === 0) return ''
  const rows = first(work.delegations, top).map((row) => [
    row.fn,
    row.kind,
    row.scope,
    number(row.queued),
    number(row.queuedInAll),
    number(row.executed),
    number(row.startedInScope),
    number(row.enteredScope),
    number(row.allocating),
    number(row.unscoped),
    number(row.waited),
  ])
  const withoutQueueing = work.functions.reduce((sum, fn) => sum + fn.withoutQueueing, 0)
  return section(
    'Work items queued from inside a scope, and the scope under which they ran',
    table(
      [
        text('work function'),
        text('how'),
        text('from'),
        numeric('queued'),
        numeric('of all'),
        numeric('ran'),
        numeric('at start'),
        numeric('own'),
        numeric('alloc'),
        numeric('unscoped'),
        numeric('waited'),
      ],
      rows,
    ) +
      more(work.delegations.length, rows.length) +
      wrap(
        'queued: from inside the scope, of all items of the function. at start: a scope was set when the ' +
          'execution began. own: the function opened one itself. unscoped: it allocated GFP_KERNEL outside of all scopes. ' +
          'waited: the task that queued it slept for it, inside its scope.',
      ) +
      wrap(
        `${number(work.executions)} executions in all, ${number(withoutQueueing)} of items whose queueing was not recorded.`,
      ),
  )
}

function lostScopes({ work }: AuditReport, top: number): string {
  if (work.lost.length === 0) return ''
  const found = first(work.lost, top).map((row) =>
    [
      wrap(
        `${row.fn}: queued from a ${row.scope} scope, allocated with ${row.regained} ` +
          `(${plural(row.allocations, 'allocation')} in ${plural(row.executions, 'execution')}).`,
      ),
      wrap(
        `allocates: ${row.site}, called from ${row.caller}, passes ${row.class}, worker in scope ${row.workerScope}`,
        '      ',
        '    ',
      ),
      awaited(work.delegations, row),
      ...row.delegated.slice(0, 1).map((sample) => stack('queued by', sample)),
    ].join(''),
  )
  return section(
    'Scopes lost on the way to a worker',
    found.join('') + more(work.lost.length, found.length),
  )
}

/** What is known of whether those who delegated waited. */
function awaited(
  delegations: readonly DelegationFact[],
  { fn, kind, scope }: LostScopeFact,
): string {
  const row = delegations.find(
    (other) => other.fn === fn && other.kind === kind && other.scope === scope,
  )
  if (row === undefined || kind === 'delayed') return ''
  return wrap(
    `seen to wait for it: ${number(row.waited)} of ${number(row.queued)} tasks that queued it; ` +
      `slept in the scope before it was done, for whatever reason: ${number(row.slept)}`,
    '      ',
    '    ',
  )
}

function waits({ waits: found }: AuditReport, top: number): string {
  if (found.length === 0) return ''
  const rows = first(found, top).map(({ wait, site, caller, scope, count }) => [
    wait,
    site,
    caller,
    scope,
    number(count),
  ])
  return section(
    'Sleeps inside a scope',
    table([text('wait'), text('in'), text('called from'), text('scope'), numeric('count')], rows) +
      more(found.length, rows.length),
  )
}

function reclaim(
  { reclaim: { entries, tasks, shrinkers, restricted } }: AuditReport,
  top: number,
): string {
  if (entries.length === 0) return ''
  const rows = first(entries, top).map((row) => [
    row.kind,
    row.scope,
    row.class,
    row.site,
    row.caller,
    number(row.entries),
    number(row.reclaimed),
    number(Math.round(row.totalUs)),
    number(Math.round(row.maxUs)),
  ])
  const byTask = first(tasks, top).map((row) => [
    row.comm,
    row.scope,
    row.class,
    number(row.entries),
    number(Math.round(row.totalUs)),
    number(Math.round(row.maxUs)),
  ])
  const runs = first(shrinkers, top).map(({ shrinker, scope, class: name, runs }) => [
    shrinker,
    scope,
    name,
    number(runs),
  ])
  return section(
    'Reclaim',
    table(
      [
        text('reclaim'),
        text('scope'),
        text('may do'),
        text('on behalf of'),
        text('called from'),
        numeric('entries'),
        numeric('pages'),
        numeric('us'),
        numeric('longest'),
      ],
      rows,
    ) +
      more(entries.length, rows.length) +
      wrap(
        `Kept out of the filesystem: ${plural(restricted.byScope, 'entry', 'entries')} by a scope, ` +
          `${number(restricted.byCaller)} by the flags that the caller passed.`,
      ) +
      '\n' +
      table(
        [
          text('task'),
          text('scope'),
          text('may do'),
          numeric('entries'),
          numeric('us'),
          numeric('longest'),
        ],
        byTask,
      ) +
      more(tasks.length, byTask.length) +
      '\n' +
      table([text('shrinker'), text('scope'), text('may do'), numeric('runs')], runs) +
      more(shrinkers.length, runs.length),
  )
}

function stack(title: string, { count, functions, line }: StackSample): string {
  return wrap(
    `${title} (${plural(count, 'time')}, first on line ${number(line)}): ${functions.join(' < ')}`,
    '      ',
    '    ',
  )
}

function first<T>(rows: readonly T[], top: number): readonly T[] {
  return top === 0 ? rows : rows.slice(0, top)
}

function more(all: number, shown: number): string {
  return all > shown ? wrap(`... and ${number(all - shown)} more: --top 0 shows all.`) : ''
}
