/** Audit meaning: what the facts of an audit say, in sentences. Each is computed, and only said where it holds. */
import type { AuditFacts } from '../../audit/audit.js'
import { bySite, type ExplicitSiteFact, type Verdict } from '../../audit/call-sites.js'
import type { LostFunctionFact } from '../../audit/work-facts.js'
import { joinedReading } from '../../trace/read/joined-reading.js'
import type { Reading } from '../../trace/read/read-trace.js'
import { number, percent, plural } from '../form/numbers.js'
import { kernelAge } from './kernel-age.js'
import { lacksOf } from './lacks.js'
import { lossOf } from './loss.js'
import { workTimesText } from './work-times-text.js'

/** @param recordings what was read of each recording, at least one. */
export function meaningOf(recordings: readonly Reading[], facts: AuditFacts): string[] {
  return [
    ...trust(recordings, facts),
    ...lacksOf(joinedReading(recordings).format, facts),
    ...model(facts),
    ...callSites(facts),
    ...kernelAge(recordings, facts),
    ...work(facts),
    ...workTimesText({ ...facts, clock: joinedReading(recordings).clock }),
    'A recording shows what this kernel did under this load, not all that its code can do: what was ' +
      'always so here may be otherwise on a path that was not taken.',
  ]
}

function trust(recordings: readonly Reading[], { time }: AuditFacts): string[] {
  const reading = joinedReading(recordings)
  const { damaged, gaps, lostByCpu, strayStacks, clock } = reading
  const several = recordings.length > 1
  const said: string[] = []
  if (several) {
    said.push(
      `${number(recordings.length)} recordings are reported together: counts are sums, a site that is covered in one and not in ` +
        'another is covered sometimes, and nothing was followed from one recording into the next.',
    )
  }
  if (gaps > 0) {
    const cpus = lostByCpu.map(
      ({ cpu, events, uncounted }) =>
        `CPU ${cpu} ${number(events)}${uncounted === 0 ? '' : ` and ${plural(uncounted, 'gap')} without a number`}`,
    )
    said.push(
      `${lossOf(reading)}${cpus.length === 0 ? '' : ` (${cpus.join(', ')})`}: the buffers of the recorder were full. All counts are ` +
        'lower bounds, what was always so may be so in what is left only, and work items may lack their beginning or end. ' +
        'Record with larger buffers.',
    )
  }
  if (strayStacks > 0) {
    said.push(
      `${plural(strayStacks, 'stack')} belong to no event of the recording, because it was filtered away or lost: they are left aside.`,
    )
  }
  if (clock !== 'seconds') {
    said.push(
      `The clock of ${clock === 'ticks' ? 'the recording' : 'a recording'} counts ticks, of which nobody knows how long they are: what is given in microseconds is ` +
        'thousands of ticks.',
    )
  }
  if (damaged > 0) {
    said.push(
      several
        ? `${plural(damaged, 'part')} could not be read: all counts are lower bounds. Damaged: ${damagedNames(recordings)}.`
        : `${plural(damaged, 'part')} of the recording could not be read: all counts are lower bounds.`,
    )
  }
  if (time.recordings > recordings.length) {
    said.push(
      `Time starts over ${plural(time.recordings - recordings.length, 'time')}${several ? ' inside of them' : ''}: the counts add up ` +
        `${number(time.recordings)} recordings, and nothing was followed from one into the next.`,
    )
  }
  return said
}

function damagedNames(recordings: readonly Reading[]): string {
  return recordings
    .filter(({ damaged }) => damaged > 0)
    .map(({ name, damaged }) => `${name} (${plural(damaged, 'part')})`)
    .join(', ')
}

function model({ agreement, pages, requests }: AuditFacts): string[] {
  const { recorded, page, stack, borrowed, unknown } = requests.flagsFrom
  const { compared, agree, agreeInScopeBits } = agreement
  const said: string[] = []
  if (compared === 0) {
    if (pages.total > 0)
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
  if (recorded < requests.total) {
    said.push(
      `${recorded === 0 ? 'The recording has no task flags' : `${plural(requests.total - recorded, 'request')} come without task flags`}. The scope of ${plural(page, 'request')} was inferred from the pages that ` +
        `served them, that of ${number(stack)} from functions on their stacks that hold a scope` +
        `${borrowed === 0 ? '' : `, that of ${number(borrowed)} borrowed from another recording by their call paths`}; of ` +
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
  callSites: { requests: parts, explicit, coverage, weakened },
  requests,
}: AuditFacts): string[] {
  const said: string[] = []
  const { always, sometimes, never } = coverage
  if (parts.requests > 0) {
    const { covered, uncovered, memalloc, interrupt, unknown } = parts
    const others = [
      [uncovered, 'outside of any'],
      [memalloc, 'of tasks that cannot enter reclaim (PF_MEMALLOC)'],
      [interrupt, 'in interrupts'],
      [unknown, 'of tasks whose scope is unknown'],
    ] as const
    const rest = others
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${number(count)} ${what} (${percent(count, parts.requests)})`)
    said.push(
      `Of ${plural(parts.requests, 'request')} that ${parts.requests === 1 ? 'passes' : 'pass'} GFP_NOFS or GFP_NOIO, ${number(covered)} ` +
        `(${percent(covered, parts.requests)}) ${covered === 1 ? 'was' : 'were'} in a scope that says as much${rest.length === 0 ? '' : `, ${rest.join(', ')}`}.`,
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

function work({ work: { delegations, lostFunctions } }: AuditFacts): string[] {
  const said: string[] = []
  const ran = delegations.filter(({ executed }) => executed > 0)
  if (ran.length === 0) return said
  const executed = ran.reduce((sum, each) => sum + each.executed, 0)
  const started = ran.reduce((sum, each) => sum + each.startedInScope, 0)
  const own = unique(delegations.filter(({ enteredScope }) => enteredScope > 0).map(({ fn }) => fn))
  said.push(
    `Tasks inside a scope delegated ${plural(executed, 'time')} to ${plural(unique(ran.map(({ fn }) => fn)).length, 'work function')} ` +
      `that then ran; ${started === 0 ? 'never' : `${plural(started, 'time')}`} did the worker start in a scope` +
      (own.length === 0 ? '.' : `. Functions that opened a scope of their own: ${own.join(', ')}.`),
  )
  if (lostFunctions.length === 0) {
    said.push('None of them allocated what the scope of the task that queued it forbids.')
  }
  for (const certain of [true, false]) {
    said.push(...lostFunctions.filter((lost) => lost.certain === certain).map(lostScope))
  }
  return said
}

function lostScope(lost: LostFunctionFact): string {
  const { fn, certain, regained, executions, allocations, scopes, waited, waiters } = lost
  const waits =
    waited === 0
      ? 'none was seen to wait'
      : `${plural(waiters, 'task')} ${waiters === 1 ? 'was' : 'were'} seen to wait, ${plural(waited, 'time')}`
  return (
    `${fn} ${certain ? 'lost' : 'may have lost'} the scope on its way to the worker: it allocated with ` +
    `${regained.join(' and ')} ${plural(allocations, 'time')} in ${plural(executions, 'execution')} that a task in a ` +
    `${scopes.join(' or ')} scope had queued. ` +
    (certain
      ? `That is a deadlock if such a task waits for it while it holds what reclaim needs; ${waits} for it.`
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
