/** Sweep page: what a sweep has found, as tables whose rows and columns are its parameters and policies. */
import { settingsText } from '../../kernel/parameters.js'
import type { Job, Result, Verdict } from '../../sweep/job.js'
import type { Sweep } from '../../sweep/sweep.js'
import { setOptions } from '../check/titled.js'
import { number, plural } from '../form/numbers.js'
import { type Page, type Section, section, sections } from '../form/page.js'
import {
  type Column,
  names,
  numbers,
  type Table,
  type Tone,
  table,
  text,
  type Value,
} from '../form/table.js'
import { type Axis, type Group, groupsOf, placesOf } from './axes.js'

const TONES: Readonly<Record<Verdict, Tone>> = {
  safe: 'good',
  ran: 'good',
  deadlock: 'bad',
  livelock: 'bad',
  violation: 'bad',
  hang: 'bad',
  failed: 'bad',
  bounded: 'unsure',
  inapplicable: 'soft',
}
/** In the order in which they are counted, the gravest first. */
const VERDICTS = [
  'failed',
  'deadlock',
  'livelock',
  'violation',
  'hang',
  'bounded',
  'safe',
  'ran',
  'inapplicable',
] as const

const WHAT: Readonly<Record<Job['kind'], string>> = {
  check: 'all interleavings of',
  sample: 'samples of',
  simulate: 'runs of',
}

/** A job with what has become of it. */
interface Done {
  readonly job: Job
  readonly result: Result
}

export function sweepPage(sweep: Sweep): Page {
  const { plan, jobs, results } = sweep
  const done = jobs.flatMap((job): Done[] => {
    const result = results.get(job.id)
    return result === undefined ? [] : [{ job, result }]
  })
  const failed = done.filter(({ result }) => result.verdict === 'failed')
  const isWhole = done.length === jobs.length
  return {
    title: `kernel-sim sweep of ${plan}`,
    lead: [
      isWhole
        ? `${plural(jobs.length, 'job')}, all done.`
        : `${number(done.length)} of ${plural(jobs.length, 'job')} done so far.`,
      ...(done.length === 0 ? [] : [`${countsOf(done).join(', ')}.`]),
    ],
    marks: [
      {
        good: isWhole && failed.length === 0,
        text: isWhole
          ? failed.length === 0
            ? 'every job has a result'
            : `${plural(failed.length, 'job')} failed`
          : 'not all jobs are done yet',
      },
    ],
    sections: sections([
      failedSection(failed),
      ...groupsOf(jobs).map((group, at) => groupSection(group, results, `group-${at + 1}`)),
      counterexampleSection(done),
    ]),
  }
}

/** `3 deadlock`, the gravest first. */
function countsOf(done: readonly Done[]): string[] {
  return VERDICTS.flatMap((verdict) => {
    const count = done.filter(({ result }) => result.verdict === verdict).length
    return count === 0 ? [] : [`${number(count)} ${verdict}`]
  })
}

function failedSection(failed: readonly Done[]): Section | undefined {
  if (failed.length === 0) return undefined
  return section('failed', 'Jobs that failed', [
    'They have no result. What is wrong with a scenario is the same each time; remove their lines from the results file to try them again.',
    table(failed, {
      caption: 'Jobs that failed, and why',
      columns: [
        text('job', ({ job }) => titleOf(job)),
        text('under', ({ job }) => job.policy),
        text('why', ({ result }) => result.why ?? ''),
      ],
      sentences: {
        only: true,
        of: ({ job, result }) => [`${titleOf(job)} under ${job.policy}: ${result.why ?? ''}.`],
      },
    }),
  ])
}

/** `cil-push with writers=2, seed 3` */
function titleOf(job: Job): string {
  const settings = settingsText(job.values)
  const seed = 'seed' in job ? `, seed ${job.seed}` : ''
  return `${job.subject}${settings === '' ? '' : ` with ${settings}`}${seed}`
}

function groupSection(group: Group, results: Sweep['results'], id: string): Section | undefined {
  const { kind, subject, common } = group
  const title = [`${WHAT[kind]} ${subject}`, ...common].join(', ')
  return section(id, title.charAt(0).toUpperCase() + title.slice(1), [
    kind === 'simulate'
      ? figuresTable(group, results)
      : group.axes.length > 1
        ? verdictsTable(group, results)
        : listTable(group, results),
  ])
}

/** Two axes or more: the last one has the columns, the others have the rows. */
function verdictsTable(group: Group, results: Sweep['results']): Table {
  const across = group.axes.at(-1) as Axis
  const down = group.axes.slice(0, -1)
  return table(placesOf(group.jobs, down), {
    caption: `Verdicts on ${group.subject} by ${group.axes.map(({ name }) => name).join(', ')}`,
    columns: [
      ...down.map(axisColumn),
      ...across.values.map((value) =>
        text<readonly Job[]>(headingOf(across, value), (jobs) =>
          verdictValue(
            resultsOf(
              jobs.filter((job) => across.of(job) === value),
              results,
            ),
          ),
        ),
      ),
    ],
    lead: down.length,
  })
}

/** One axis, or none: there is room for figures. */
function listTable(group: Group, results: Sweep['results']): Table {
  const figure = (jobs: readonly Job[], name: string): Value => {
    const [value] = resultsOf(jobs, results).flatMap((result) => result?.figures[name] ?? [])
    return value ?? ''
  }
  const isSample = group.kind === 'sample'
  return table(placesOf(group.jobs, group.axes), {
    caption: `Verdicts on ${group.subject}`,
    columns: [
      ...group.axes.map(axisColumn),
      text('verdict', (jobs) => verdictValue(resultsOf(jobs, results), false)),
      numbers('steps', (jobs) => figure(jobs, 'steps')),
      isSample
        ? numbers('executions', (jobs) => figure(jobs, 'executions'))
        : numbers('states', (jobs) => figure(jobs, 'states')),
    ],
  })
}

/** What machines measured: the mean over the seeds that are done. */
function figuresTable(group: Group, results: Sweep['results']): Table {
  // What never happened in any of them has no column.
  const found = new Set(
    resultsOf(group.jobs, results).flatMap((result) =>
      Object.entries(result?.figures ?? {}).flatMap(([name, value]) => (value === 0 ? [] : [name])),
    ),
  )
  return table(placesOf(group.jobs, group.axes), {
    caption: `Figures of ${group.subject}: means over seeds`,
    columns: [
      ...group.axes.map(axisColumn),
      text('seeds', (jobs) => verdictValue(resultsOf(jobs, results))),
      ...[...found].map((name) =>
        numbers<readonly Job[]>(name, (jobs) => {
          const values = resultsOf(jobs, results).flatMap((result) => result?.figures[name] ?? [])
          return values.length === 0 ? '' : rounded(values.reduce((a, b) => a + b) / values.length)
        }),
      ),
    ],
    lead: group.axes.length + 1,
  })
}

/** Four digits say as much as seeds let them. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function axisColumn({ name, of, values }: Axis): Column<readonly Job[]> {
  const value = (jobs: readonly Job[]): Value => {
    const [first] = jobs
    return first === undefined ? '' : String(of(first))
  }
  return values.every((each) => typeof each === 'number') ? numbers(name, value) : text(name, value)
}

function headingOf({ name }: Axis, value: unknown): string {
  return name === 'policy' ? String(value) : `${name}=${value}`
}

function resultsOf(
  jobs: readonly Job[],
  results: Sweep['results'],
): readonly (Result | undefined)[] {
  return jobs.map(({ id }) => results.get(id))
}

/** What the jobs of one place came to: one verdict, or how many of the seeds came to the gravest. */
function verdictValue(all: readonly (Result | undefined)[], steps = true): Value {
  const there = all.filter((each) => each !== undefined)
  if (there.length === 0) return all.length === 0 ? '' : { text: 'not done yet', tone: 'soft' }
  const verdict = VERDICTS.find((each) => there.some((result) => result.verdict === each)) ?? 'safe'
  const such = there.filter((result) => result.verdict === verdict)
  const shortest = Math.min(...such.map(({ figures }) => figures.steps ?? Number.POSITIVE_INFINITY))
  const length = steps && Number.isFinite(shortest) ? `, ${plural(shortest, 'step')}` : ''
  const part = all.length === 1 ? '' : ` in ${number(such.length)} of ${plural(all.length, 'seed')}`
  const open =
    there.length < all.length ? `, ${number(all.length - there.length)} not done yet` : ''
  return { text: `${verdict}${part}${length}${open}`, tone: TONES[verdict] }
}

/** The shortest counterexample of each subject and policy. */
function counterexampleSection(done: readonly Done[]): Section | undefined {
  const shortest = new Map<string, Done>()
  for (const each of done) {
    if (each.result.token === undefined || each.job.kind === 'simulate') continue
    const key = `${each.job.subject} ${each.job.policy}`
    const known = shortest.get(key)
    if (known === undefined || stepsOf(each) < stepsOf(known)) shortest.set(key, each)
  }
  if (shortest.size === 0) return undefined
  return section('counterexamples', 'The shortest counterexample of each', [
    table([...shortest.values()], {
      caption: 'Counterexamples, and the command that shows each step by step',
      columns: [
        text('of', ({ job }) => titleOf(job)),
        text('under', ({ job }) => job.policy),
        numbers('steps', stepsOf),
        text('why', ({ result }) => result.why ?? ''),
        names('command', replayCommand),
      ],
      sentences: {
        only: true,
        of: (each) => [
          `${titleOf(each.job)} under ${each.job.policy}: ${plural(stepsOf(each), 'step')}: ${each.result.why ?? ''}.`,
          replayCommand(each),
        ],
      },
    }),
  ])
}

function stepsOf({ result }: Done): number {
  return result.figures.steps ?? 0
}

function replayCommand({ job, result }: Done): string {
  return `kernel-sim replay ${job.subject} ${job.policy} ${result.token}${setOptions(job.values)}`
}
