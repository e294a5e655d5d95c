/** Audit meaning: what the facts of an audit say, in sentences. Each is computed, and only said where it holds. */
import type { AuditFacts } from '../../audit/audit.js'
import { bySite, type ExplicitSiteFact, type Verdict } from '../../audit/call-sites.js'
import type { LostScopeFact } from '../../audit/work.js'
import type { Reading } from '../../trace/read/read-trace.js'
import { number, percent, plural } from '../form/numbers.js'

export function meaningOf(reading: Reading, facts: AuditFacts): string[] {
  return [
    ...trust(reading, facts),
    ...model(facts),
    ...callSites(facts),
    ...work(facts),
    'A recording shows what this kernel did under this load, not all that its code can do: what was ' +
      'always so here may be otherwise on a path that was not taken.',
  ]
}

function trust({ damaged }: Reading, { time }: AuditFacts): string[] {
  const said: string[] = []
  if (damaged > 0) {
    said.push(
      `${plural(damaged, 'part')} of the recording could not be read: all counts are lower bounds.`,
    )
  }
  if (time.recordings > 1) {
    said.push(
      `Time starts over ${plural(time.recordings - 1, 'time')}: the counts add up ${number(time.recordings)} ` +
        'recordings, and nothing was followed from one into the next.',
    )
  }
  return said
}

function model({ agreement, pages, requests }: AuditFacts): string[] {
  const { recorded, page, stack, unknown } = requests.flagsFrom
  const { compared, agree, agreeInScopeBits } = agreement
  const said: string[] = []
  if (compared === 0) {
    said.push('No page allocation could be compared with its request, so nothing was predicted.')
  } else if (agree === compared) {
    said.push(
      'The model explains this kernel: wherever request and page allocation were both recorded, the ' +
        'kernel worked with exactly the flags that the task scope and the slab allocator predict.',
    )
  } else {
    said.push(
      `The model and this kernel differ in ${plural(compared - agree, 'page allocation')} ` +
        `(${percent(compared - agree, compared)}), in the flags that scopes decide in ${number(compared - agreeInScopeBits)}.`,
    )
  }
  if (recorded === 0 && requests.total > 0) {
    said.push(
      `The recording has no task flags. The scope of ${plural(page, 'request')} was inferred from the pages that ` +
        `served them, that of ${number(stack)} from functions on their stacks that hold a scope; of ` +
        `${number(unknown)} (${percent(unknown, requests.total)}) it is unknown.`,
    )
  }
  for (const { scope, forbids, violations, checked } of pages.invariants) {
    if (violations > 0) {
      said.push(
        `${plural(violations, 'page allocation')} of ${number(checked)} inside ${scope} scopes still had ${forbids}: ` +
          'the scope does not do what it is for.',
      )
    }
  }
  return said
}

function callSites({
  callSites: { explicit, coverage, weakened },
  requests,
}: AuditFacts): string[] {
  const said: string[] = []
  const { always, sometimes, never } = coverage
  const all = always.requests + sometimes.requests + never.requests
  if (all > 0) {
    const covered = explicit.reduce((sum, site) => sum + site.covered, 0)
    said.push(
      `Of ${plural(all, 'request')} that pass GFP_NOFS or GFP_NOIO, ${number(covered)} (${percent(covered, all)}) ` +
        'were in a scope that says as much.',
    )
  }
  if (always.sites > 0) {
    said.push(
      `${plural(always.sites, 'function')} always: as far as this recording goes the flag is redundant ` +
        `there and GFP_KERNEL would do the same (${names(explicit, 'always')}).`,
    )
  }
  if (sometimes.sites > 0) {
    said.push(
      `${plural(sometimes.sites, 'function')} sometimes, depending on the caller: the callers outside of a scope ` +
        `need one first (${names(explicit, 'sometimes')}).`,
    )
  }
  if (never.sites > 0) {
    said.push(
      `${plural(never.sites, 'function')} never: there the flag is all the protection there is ` +
        `(${names(explicit, 'never')}).`,
    )
  }
  const trusting = weakened.reduce((sum, site) => sum + site.requests, 0)
  if (trusting > 0) {
    said.push(
      `${plural(trusting, 'request')} passed GFP_KERNEL inside a scope and relied on it; ` +
        `in all, scopes took flags from ${plural(requests.weakened.total, 'request')}.`,
    )
  }
  return said
}

function work({ work: { delegations, lost } }: AuditFacts): string[] {
  const said: string[] = []
  const executed = delegations.reduce((sum, each) => sum + each.executed, 0)
  if (executed === 0) return said
  const started = delegations.reduce((sum, each) => sum + each.startedInScope, 0)
  const own = unique(delegations.filter(({ enteredScope }) => enteredScope > 0).map(({ fn }) => fn))
  said.push(
    `${plural(executed, 'work item')} of ${plural(unique(delegations.map(({ fn }) => fn)).length, 'function')} ` +
      `were queued from inside a scope and executed; ${started === 0 ? 'none' : number(started)} of them started in one` +
      (own.length === 0 ? '.' : `. Functions that opened a scope of their own: ${own.join(', ')}.`),
  )
  if (lost.length === 0) {
    said.push('None of them allocated what the scope of the task that queued it forbids.')
  }
  for (const certain of [true, false]) {
    const rows = lost.filter((row) => row.certain === certain)
    for (const fn of unique(rows.map((row) => row.fn))) {
      const of = delegations.filter((row) => row.fn === fn)
      const waited = of.reduce((sum, row) => sum + row.waited, 0)
      said.push(
        lostScope(
          fn,
          rows.filter((row) => row.fn === fn),
          certain,
          waited,
        ),
      )
    }
  }
  return said
}

function lostScope(
  fn: string,
  rows: readonly LostScopeFact[],
  certain: boolean,
  waited: number,
): string {
  const flags = unique(rows.map(({ regained }) => regained)).join(' and ')
  const scopes = unique(rows.map(({ scope }) => scope)).join(' or ')
  const executions = plural(
    rows.reduce((sum, row) => sum + row.executions, 0),
    'execution',
  )
  return (
    `${fn} ${certain ? 'lost' : 'may have lost'} the scope on its way to the worker: it allocated with ${flags} in ` +
    `${executions} that a task in a ${scopes} scope had queued. ` +
    (certain
      ? 'That is a deadlock if such a task waits for it while it holds what reclaim needs; ' +
        `${waited === 0 ? 'none was seen to wait' : `${number(waited)} were seen to wait`} for it.`
      : 'Whether the worker was in a scope of its own the recording does not tell.')
  )
}

/** The functions with this verdict, those with the most requests first. */
function names(explicit: readonly ExplicitSiteFact[], verdict: Verdict): string {
  const found = bySite(explicit)
    .filter((site) => site.verdict === verdict)
    .sort((a, b) => b.requests - a.requests)
    .map(({ site }) => site)
  const SHOWN = 6
  const more = found.length - SHOWN
  return found.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${number(more)} more` : '')
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}
