/**
 * Said: what each sentence of an audit's report has to say, worked out from the facts alone. A sentence is told by its words; its
 * numbers have to be those of one of the rows that it may be about.
 */
import type { AuditReport } from '../../../src/report/audit/report.js'

/** A share in percent, or a number of seconds: written with one digit behind the point. */
interface Rounded {
  readonly about: number
}

export type Expected = number | Rounded

/** The numbers of the rows that a sentence may be about, in the order in which it says them. */
type Rows = readonly (readonly Expected[])[]

/** A time in the unit that fits it; ticks of a clock without seconds are whole. */
function time(us: number, { reading }: AuditReport): Expected {
  if (reading.clock !== 'seconds') return Math.round(us * 1000)
  if (us < 10) return { about: us }
  if (us < 1000) return Math.round(us)
  return { about: us < 1e6 ? us / 1e3 : us / 1e6 }
}

const share = (part: number, whole: number): Rounded => ({ about: (100 * part) / whole })
const sum = <T>(rows: readonly T[], of: (row: T) => number): number =>
  rows.reduce((all, row) => all + of(row), 0)
/** How many different ones there are. */
const distinct = <T>(rows: readonly T[], of: (row: T) => string): number =>
  new Set(rows.map(of)).size

const one = (...numbers: readonly (Expected | undefined)[]): Rows => [
  numbers.filter((each) => each !== undefined),
]
/** Said only where there are any. */
const any = (count: number): number | undefined => (count === 0 ? undefined : count)

/** Site functions by verdict, one for all callers and flags of a function, as the facts of their rows say. */
function sitesOf({ callSites }: AuditReport, verdict: string): { sites: number; requests: number } {
  const names = [...new Set(callSites.explicit.map(({ site }) => site))]
  const rows = names.map((name) => callSites.explicit.filter(({ site }) => site === name))
  const found = rows.filter((own) => verdictOf(own) === verdict)
  return { sites: found.length, requests: sum(found.flat(), ({ requests }) => requests) }
}

function verdictOf(own: AuditReport['callSites']['explicit']): string {
  if (own.some(({ unknown }) => unknown > 0)) return 'unknown'
  const uncovered = sum(own, (row) => row.uncovered + row.memalloc + row.interrupt)
  const covered = sum(own, (row) => row.covered)
  if (uncovered === 0) return 'always'
  return covered === 0 ? 'never' : 'sometimes'
}

const loss = ({ reading: { lost, uncountedGaps } }: AuditReport) => [any(lost), any(uncountedGaps)]

const rest = ({ callSites: { requests: parts } }: AuditReport): (Expected | undefined)[] =>
  [parts.uncovered, parts.memalloc, parts.interrupt, parts.unknown].flatMap((part) =>
    part === 0 ? [] : [part, share(part, parts.requests)],
  )

const certainly = (report: AuditReport) => report.work.lostFunctions.filter((lost) => lost.certain)

/** What a sentence with these words has to say. A sentence without a number needs no line here. */
export const SAID: readonly (readonly [words: RegExp, rows: (report: AuditReport) => Rows])[] = [
  [
    /^[\d,]+ events? (in .* )?of a real kernel/,
    (report) => {
      const { reading } = report
      const long = time(report.time.seconds * 1e6, report)
      return one(
        reading.events,
        report.time.seconds === 0 ? undefined : long,
        any(reading.damaged),
        ...loss(report),
      )
    },
  ],
  [
    /predicted from their requests: .* as predicted/,
    ({ agreement: { agree, compared } }) => one(compared, agree, share(agree, compared)),
  ],
  [
    /page allocations? inside scopes: /,
    ({ pages: { inScopes } }) => one(inScopes.checked, any(inScopes.violations)),
  ],
  [/inside scopes that functions on the stack tell/, ({ pages }) => one(pages.inInferredScopes)],
  [/LOST the scope of the tasks/, (report) => one(distinct(certainly(report), ({ fn }) => fn))],
  [
    /^(?:[\d,]+ )?events LOST.*the buffers of the recorder were full/,
    (report) => [
      [
        ...one(...loss(report)).flat(),
        ...report.reading.lostByCpu.flatMap(
          ({ cpu, events, uncounted }) => one(cpu, events, any(uncounted))[0] ?? [],
        ),
      ],
    ],
  ],
  [/belong to no event of the recording/, ({ reading }) => one(reading.strayStacks)],
  [/of the recording could not be read/, ({ reading }) => one(reading.damaged)],
  [
    /^The model and this kernel differ in/,
    ({ agreement: { compared, agree, agreeInScopeBits } }) =>
      one(compared - agree, share(compared - agree, compared), compared - agreeInScopeBits),
  ],
  [
    /^The recording has no task flags\./,
    ({ requests: { flagsFrom: from, total } }) =>
      one(from.page, from.stack, any(from.borrowed), from.unknown, share(from.unknown, total)),
  ],
  [
    /^Of [\d,]+ requests? that pass(es)? GFP_NOFS or GFP_NOIO/,
    (report) => {
      const { requests, covered } = report.callSites.requests
      return one(requests, covered, share(covered, requests), ...rest(report))
    },
  ],
  [/^[\d,]+ functions? always: /, (report) => one(sitesOf(report, 'always').sites)],
  [/^[\d,]+ functions? sometimes, /, (report) => one(sitesOf(report, 'sometimes').sites)],
  [/^[\d,]+ functions? never: /, (report) => one(sitesOf(report, 'never').sites)],
  [
    /passed GFP_KERNEL inside a scope and relied on it/,
    ({ callSites, requests }) =>
      one(
        sum(callSites.weakened, (row) => row.requests),
        requests.weakened.total,
      ),
  ],
  [
    /^Tasks inside a scope delegated/,
    ({ work: { delegations } }) => {
      const ran = delegations.filter(({ executed }) => executed > 0)
      const started = sum(ran, ({ startedInScope }) => startedInScope)
      return one(
        sum(ran, ({ executed }) => executed),
        distinct(ran, ({ fn }) => fn),
        any(started),
      )
    },
  ],
  [
    /lost the scope on its way to the worker: /,
    ({ work }) =>
      work.lostFunctions.map(({ allocations, executions, waiters, waited, certain }) =>
        waited === 0 || !certain
          ? [allocations, executions]
          : [allocations, executions, waiters, waited],
      ),
  ],
  [
    /^By function: /,
    (report) => {
      const [always, sometimes, never, unknown] = ['always', 'sometimes', 'never', 'unknown'].map(
        (verdict) => sitesOf(report, verdict),
      )
      const both = (of: typeof always) => [of?.sites, of?.requests]
      const told = [...both(always), ...both(sometimes), ...both(never)]
      return one(...told, ...(unknown?.sites === 0 ? [] : both(unknown)))
    },
  ],
  [
    /: of its call paths /,
    ({ callSites }) =>
      callSites.explicit.map(({ paths }) => [paths.always, paths.sometimes, paths.never]),
  ],
  [
    /scope, (may have )?allocated with .* allocations? in /,
    ({ work }) => work.lost.map(({ allocations, executions }) => [allocations, executions]),
  ],
  [
    /^seen to wait for it: after/,
    ({ work }) =>
      work.delegations.map(({ waited, queued, waiters, slept }) => [
        waited,
        queued,
        waiters,
        slept,
      ]),
  ],
  [
    /executions? in all, .* of items whose queueing was not recorded/,
    ({ work }) =>
      one(
        work.executions,
        sum(work.functions, (row) => row.withoutQueueing),
      ),
  ],
  [
    /^Kept out of the filesystem: /,
    ({ reclaim: { restricted } }) =>
      one(restricted.byScope, restricted.byCaller, any(restricted.unknown)),
  ],
  [
    /^Scopes took flags from/,
    ({ requests: { weakened } }) => one(weakened.total, weakened.fs, weakened.io),
  ],
  [
    /^What slab caches add was learned/,
    ({ agreement: { learned } }) => one(learned.caches, learned.reclaimable),
  ],
  [/of them without task flags: they agree/, ({ agreement }) => one(agreement.inferred)],
  [/without a recorded request: not compared/, ({ agreement }) => one(agreement.withoutRequest)],
  [/^[\d,]+ times?: /, ({ agreement }) => agreement.disagreements.map(({ count }) => [count])],
  [
    /, request at (line|record) /,
    ({ agreement }) =>
      agreement.disagreements.map(({ example }) => [example.pageLine, example.requestLine]),
  ],
  [
    /tasks?\. Scopes seen to open: /,
    ({ tasks }) => one(tasks.tasks, ...tasks.scopes.map(({ opened }) => opened)),
  ],
  [/^[\d,]+ (lines?|records?)(, |\.$)/, ({ reading }) => one(reading.lines, any(reading.blank))],
  [/of other kinds left aside/, ({ reading }) => one(reading.ignored)],
  [/LOST.*, as the recorder says/, (report) => one(...loss(report))],
  [/of no recorded event left aside/, ({ reading }) => one(reading.strayStacks)],
  [/stood after later ones/, ({ time }) => one(time.outOfOrder)],
  [
    /scope in .* would come under it/,
    ({ workList }) =>
      workList.flatMap(({ under }) =>
        under === undefined
          ? []
          : one(
              under.requests,
              under.explicit,
              under.restricted,
              under.unchanged,
              any(under.unknown),
            ),
      ),
  ],
  [
    /^restricted, or perhaps: /,
    ({ workList }) => workList.map(({ under }) => (under?.sites ?? []).map((row) => row.requests)),
  ],
  [
    /^it calls, on the way to them: /,
    ({ workList }) => workList.map(({ under }) => (under?.calls ?? []).map((row) => row.requests)),
  ],
  [
    /^Workers executed [\d,]+ work items?/,
    (report) => {
      const rows = report.workTimes.filter(
        ({ fn, executions }) => fn !== 'wq_barrier_func' && executions > 0,
      )
      const longest = (of: 'delay' | 'run') => {
        const times = rows.filter((row) => row[of].count > 0).map((row) => row[of].maxUs)
        return times.length === 0 ? undefined : time(Math.max(...times), report)
      }
      return one(
        sum(rows, ({ executions }) => executions),
        rows.length,
        any(report.workTimes.find(({ fn }) => fn === 'wq_barrier_func')?.executions ?? 0),
        longest('delay'),
        longest('run'),
      )
    },
  ],
  [
    /^Somebody waited with flush_work\(\)/,
    ({ workTimes }) => {
      const flushed = workTimes.filter((row) => row.flushed > 0)
      return flushed.map((row) => [flushed.length, row.flushed, row.executions])
    },
  ],
  [/of which it does not say what they allocate$/, ({ work }) => one(work.executions)],
  [
    /may have lost the scope of the tasks/,
    ({ work: { lostFunctions } }) =>
      one(
        distinct(
          lostFunctions.filter(({ certain }) => !certain),
          ({ fn }) => fn,
        ),
      ),
  ],
  // Since when scopes are there.
  [/not name the kernel: that a flag can go/, () => one(4.12, 3.9)],
  [/^The recording is of a kernel before/, () => one(4.6, 4.12)],
  // What the words mean, and by what evidence is called strong.
  [/^Always: as far as this recording goes/, () => one(300, 30)],
]
