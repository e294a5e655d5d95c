/** Explained: a report with what it means, how sure that is, and what it rests on. Every form of the report is made of this. */
import type { Frame } from '../../lockdep/frame.js'
import type { Splat } from '../../lockdep/splat.js'
import type { Found } from '../report/report.js'

export const KIND_NAMES = {
  'lockdep-circular': 'lockdep: locks taken in a circle',
  'lockdep-inversion': 'lockdep: an order that interrupts do not allow',
  'lockdep-recursive': 'lockdep: a lock taken again',
  'lockdep-usage': 'lockdep: a lock used in ways that do not go together',
  'hung-task': 'blocked tasks',
  'flush-dependency': 'a flush that memory reclaim may depend on',
  'workqueue-lockup': 'a worker pool that does not get on',
  'allocation-failure': 'an allocation that failed',
  'allocation-stall': 'an allocation that took long',
  'oom-kill': 'the OOM killer',
  'soft-lockup': 'a CPU that does not schedule',
  'hard-lockup': 'a CPU that takes no interrupts',
  'sleep-in-atomic': 'a sleep where nobody may sleep',
  'wait-context': 'lockdep: a lock that may sleep where nobody may',
  'lock-misuse': 'lockdep: a lock used wrongly',
  'memory-state': 'the state of memory',
  'rcu-stall': 'a CPU or task that RCU waits for',
} as const

export type ExplainedKind = keyof typeof KIND_NAMES

export const VERDICTS = {
  'false-alarm': 'it cannot happen',
  'missing-scope': 'a scope, or a restricted flag, is missing',
  'lost-scope': 'the restriction does not reach who works for the task',
  deadlock: 'it can happen, or has happened',
  'wrong-context': 'it may sleep where nobody may',
  misuse: 'a lock is used wrongly, whatever the order',
  waits: 'tasks wait for something that the log does not show',
  starvation: 'something keeps others from running',
  harmless: 'nothing follows from it',
  explained: 'the numbers of the log explain it',
  'cannot-tell': 'the log does not decide it',
} as const

export type LogVerdict = keyof typeof VERDICTS

export type LogConfidence = 'high' | 'medium' | 'low'

/** A task of a report. */
export interface ExplainedTask {
  readonly comm: string
  readonly pid?: number
  /** What it does: waits, reclaims, allocates, works on an item. */
  readonly does: string
  /** The item that it works on: `queue: function`. */
  readonly work?: string
  readonly line: number
  readonly stack: readonly Frame[]
}

export interface ExplainedLock {
  readonly name: string
  /** Where it is taken. */
  readonly at: string
  /** The scope that its holders are in, where the kernel's source says so. */
  readonly implies?: string
  /** Who holds it, where the log shows that. */
  readonly owner?: string
  readonly line: number
}

/** One step of a circle, or of what leads to it. */
export interface ExplainedLink {
  /** Who, or what: a lock, a task, an item, a resource. */
  readonly what: string
  /** How the step before leads here: `takes it while it holds …`, `waits for`. */
  readonly how: string
  readonly line: number
  readonly stack: readonly Frame[]
  /** The part of the circle that cannot happen, or would not with the fix. */
  readonly breaks?: true
}

/** A kind of fix, and where the kernel's history has it. */
export interface Fix {
  readonly what: string
  readonly commits: readonly { readonly id: string; readonly subject: string }[]
}

/** A table that shows how numbers of the log lead to a result. */
export interface Arithmetic {
  readonly title: string
  readonly columns: readonly { readonly heading: string; readonly align: 'left' | 'right' }[]
  readonly rows: readonly (readonly string[])[]
}

/** A request's flags, as its kernel names them. */
export interface ExplainedGfp {
  readonly mode: string
  readonly names: string
  /** The kernel whose layout was taken; undefined where none is known. */
  readonly kernel?: string
  readonly class: string
}

export interface Explained {
  readonly kind: ExplainedKind
  readonly verdict: LogVerdict
  readonly confidence: LogConfidence
  /** One sentence: what happened. */
  readonly summary: string
  /** The lines of the log that the verdict rests on. */
  readonly lines: readonly number[]
  /** Where the report stands. */
  readonly first: number
  readonly last: number
  readonly time?: number
  readonly kernel?: string
  readonly tasks: readonly ExplainedTask[]
  readonly locks: readonly ExplainedLock[]
  readonly chain: readonly ExplainedLink[]
  /** True if the chain is a circle: its last step leads to its first. */
  readonly closed: boolean
  /** Why, one sentence after the other. */
  readonly reasons: readonly string[]
  /** What would decide it, where the log does not. */
  readonly decides: readonly string[]
  /** Where a scope would go, or an annotation: the function, and who calls it. */
  readonly place?: { readonly fn: string; readonly caller: string; readonly line: number }
  readonly fixes: readonly Fix[]
  readonly gfp?: ExplainedGfp
  readonly arithmetic: readonly Arithmetic[]
  /** What the report lacks. */
  readonly missing: readonly string[]
  /** How often the same was found in the log, this one included. */
  readonly count: number
  /** For lockdep: the report as data. */
  readonly splat?: Splat
}

type Plain = 'tasks' | 'locks' | 'chain' | 'closed' | 'decides' | 'fixes' | 'arithmetic' | 'count'

/** What all kinds start from. */
export const NOTHING: Pick<Explained, Plain> = {
  tasks: [],
  locks: [],
  chain: [],
  closed: false,
  decides: [],
  fixes: [],
  arithmetic: [],
  count: 1,
}

/** What the explanation of one report starts from: where that stands, when and of which kernel it is, and what it lacks. */
export function startOf({
  first,
  last,
  time,
  reporter,
  missing,
}: Found): Pick<Explained, Plain | 'first' | 'last' | 'time' | 'kernel' | 'missing'> {
  return {
    ...NOTHING,
    first,
    last,
    ...(time === undefined ? {} : { time }),
    ...(reporter.kernel === undefined ? {} : { kernel: reporter.kernel }),
    missing,
  }
}
