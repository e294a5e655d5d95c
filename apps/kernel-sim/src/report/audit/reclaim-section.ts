/** Reclaim section: who entered reclaim, under which restriction, and for how long. */

import type { Histogram } from '../../audit/histogram.js'
import type { ReclaimFact, ReclaimFacts, ReclaimTaskFact } from '../../audit/reclaim.js'
import { number, plural } from '../form/numbers.js'
import { type Part, type Section, section } from '../form/page.js'
import { type Column, names, numbers, table, text, type Value } from '../form/table.js'
import { classesOf, histogramPicture, type Timed } from './histogram-picture.js'
import type { AuditReport } from './report.js'
import { stacksOf } from './seen.js'

export function reclaimSection(report: AuditReport): Section | undefined {
  const { entries, tasks, shrinkers, restricted } = report.reclaim
  const { clock } = report.reading
  if (entries.length === 0 && shrinkers.length === 0) return undefined
  return section('reclaim', 'Reclaim', [
    `Kept out of the filesystem: ${plural(restricted.byScope, 'entry', 'entries')} by a scope, ` +
      `${number(restricted.byCaller)} by the flags that the caller passed` +
      `${restricted.unknown === 0 ? '' : `, ${number(restricted.unknown)} by one or the other, since the scope of the task is unknown`}. ` +
      'Times are in microseconds.',
    entries.length === 0
      ? undefined
      : table(entries, {
          caption: `Entries into reclaim (${plural(entries.length, 'row')})`,
          columns: [
            names('on behalf of', ({ site }) => site),
            names('called from', ({ caller }) => caller),
            ...reclaimColumns(),
          ],
          stacks: {
            heading: 'stacks',
            of: ({ samples }) => stacksOf(report, 'enters', samples),
          },
        }),
    histograms('reclaim-time', timedTasks(tasks), clock),
    tasks.length === 0
      ? undefined
      : table(tasks, {
          caption: 'Tasks in reclaim',
          columns: [names('task', ({ comm }) => comm), ...reclaimColumns()],
        }),
    histograms('shrinker-time', timedShrinkers(shrinkers), clock),
    shrinkers.length === 0
      ? undefined
      : table(shrinkers, {
          caption: 'Runs of shrinkers',
          columns: [
            names('shrinker', ({ shrinker }) => shrinker),
            names('task', ({ comm }) => comm),
            text('scope', ({ scope }) => scope),
            text('may do', (row) => row.class),
            numbers('runs', (row) => row.runs),
            numbers('ended', ({ ended }) => ended),
            ...timeColumns(),
          ],
        }),
  ])
}

/** What is said of entries into reclaim, whoever they are counted for. */
function reclaimColumns(): Column<ReclaimTaskFact | ReclaimFact>[] {
  return [
    text('reclaim', ({ kind }) => kind),
    text('scope', ({ scope }) => scope),
    text('may do', (row) => row.class),
    numbers('entries', (row) => row.entries),
    numbers('ended', ({ ended }) => ended),
    numbers('pages', ({ ended, reclaimed }) => (ended === 0 ? UNKNOWN : reclaimed)),
    ...timeColumns(),
  ]
}

/** What nobody knows is no nought. */
const UNKNOWN: Value = { text: 'unknown', tone: 'soft' }

/** What took some time, as far as its end was seen. */
interface Timing {
  readonly ended: number
  readonly totalUs: number
  readonly maxUs: number
}

/** How long something took, in all and at most. */
function timeColumns(): Column<Timing>[] {
  return [
    numbers('time', ({ ended, totalUs }) => (ended === 0 ? UNKNOWN : Math.round(totalUs))),
    numbers('longest', ({ ended, maxUs }) => (ended === 0 ? UNKNOWN : Math.round(maxUs))),
  ]
}

/** How many tasks are drawn. */
const DRAWN = 6

function histograms(
  id: string,
  all: readonly Timed[],
  clock: AuditReport['reading']['clock'],
): Part | undefined {
  const drawn = all.filter(({ histogram }) => histogram.some((count) => count > 0)).slice(0, DRAWN)
  if (drawn.length === 0) return undefined
  const classes = classesOf(drawn)
  return {
    pictures: drawn.map((each, at) => histogramPicture(`${id}-${at + 1}`, each, classes, clock)),
  }
}

/** The tasks of one name together, whatever they were allowed to do. */
function timedTasks(tasks: ReclaimFacts['tasks']): Timed[] {
  return timed(
    tasks.map(({ comm, entries, histogram }) => ({
      name: `${comm} in reclaim`,
      count: entries,
      histogram,
    })),
    'entry',
  )
}

function timedShrinkers(shrinkers: ReclaimFacts['shrinkers']): Timed[] {
  return timed(
    shrinkers.map(({ comm, runs, histogram }) => ({
      name: `${comm} in shrinkers`,
      count: runs,
      histogram,
    })),
    'run',
  )
}

function timed(
  rows: readonly { readonly name: string; readonly count: number; readonly histogram: Histogram }[],
  what: string,
): Timed[] {
  const sums = new Map<string, { count: number; histogram: number[] }>()
  for (const { name, count, histogram } of rows) {
    const sum = sums.get(name) ?? { count: 0, histogram: [] }
    sum.count += count
    for (const [at, each] of histogram.entries()) {
      sum.histogram[at] = (sum.histogram[at] ?? 0) + each
    }
    sums.set(name, sum)
  }
  return [...sums]
    .sort((a, b) => b[1].count - a[1].count)
    .map(([name, { count, histogram }]) => ({
      name,
      what,
      histogram: Array.from(histogram, (each) => each ?? 0),
      unknown: count - histogram.reduce((sum, each) => sum + (each ?? 0), 0),
    }))
}
