/**
 * Parse splat: lockdep's reports from the kernel's text, of all versions from 3.0 on. A report may be cut off, or have lost lines: what is
 * there is taken, and lines that are not understood are told.
 */
import { type Frame, parseFrame } from './frame.js'
import type {
  Backtrace,
  ChainLink,
  HeldLocks,
  LockClass,
  LockUse,
  Splat,
  SplatKind,
  UnsafeScenario,
} from './splat.js'

/** What became of a text. */
export interface ParsedSplat {
  readonly splat: Splat
  /** Lines in it that no report of lockdep has, counted from 0. */
  readonly strange: readonly number[]
}

const USAGE = String.raw`\{[-+.?]+\}(?:-\{\d+:\d+\})?`
const CLASS = new RegExp(String.raw`^\((.+)\)(${USAGE})$`)
const USE = new RegExp(
  String.raw`^(?:\s*#\d+:)? ?([\da-f]{8,16})? {0,3}\((.+)\)(${USAGE}),? at:(?: (.*))?$`,
)
const LINK = new RegExp(String.raw`^\s*-> #(\d+) \((.+)\)(${USAGE}):`)
const NAME_ONLY = new RegExp(String.raw`^ ?(?:[\da-f]{8,16})? ?\(.+\)${USAGE}$`)

/** Which kind a title stands for. */
const TITLES: readonly (readonly [words: RegExp, kind: SplatKind])[] = [
  [/possible circular locking dependency/, 'circular'],
  [/possible recursive locking/, 'recursive'],
  [/bad unlock balance/, 'unbalanced'],
  [/held lock freed/, 'held-lock-initialized'],
  [/inconsistent lock state/, 'inconsistent-irq'],
  [/possible irq lock inversion/, 'irq-inversion'],
  [/-safe -> .*-unsafe lock order/, 'irq-unsafe-order'],
]

/** A line with which a report of lockdep begins, behind the rule above it. */
export const SPLAT_TITLE =
  /^(?:WARNING: |\[ (?:INFO|BUG): |(?:INFO|BUG): )(?:possible circular locking dependency|possible recursive locking|possible irq lock inversion dependency|inconsistent lock state|[A-Z_]+-safe -> [A-Z_]+-unsafe lock order|bad unlock balance|held lock freed)/

/** The kind that a title says; circular where it is missing, which is what most are. */
function kindOf(title: string): SplatKind {
  return TITLES.find(([words]) => words.test(title))?.[1] ?? 'circular'
}

/** A report as the kernel printed it, without prefixes. */
export function parseSplat(text: string): ParsedSplat {
  return parseSplatLines(text.split('\n'))
}

/** The same, line by line. */
export function parseSplatLines(lines: readonly string[]): ParsedSplat {
  const parser = new Parser(lines)
  return parser.parse()
}

/** A part under way: what further lines may belong to. */
type Place =
  | 'head'
  | 'lock'
  | 'held'
  | 'chain'
  | 'exists'
  | 'scenario'
  | 'locks'
  | 'backtrace'
  | 'registered'
  | 'details'
  | 'other'
  | 'safe'
  | 'unsafe'
  | 'new dependency'

type Building = { -readonly [key in keyof Splat]: Splat[key] }

class Parser {
  readonly #lines: readonly string[]
  readonly #splat: Building
  readonly #strange: number[] = []
  readonly #chain: (Omit<ChainLink, 'stack'> & { readonly stack: Frame[] })[] = []
  readonly #steps: UnsafeScenario['steps'][number][] = []
  readonly #locks: (Omit<LockUse, 'at'> & { readonly at: Frame[] })[] = []
  readonly #details: string[] = []
  readonly #backtraceHead: string[] = []
  readonly #backtrace: (Frame | string)[] = []
  readonly #registered: Frame[] = []
  #place: Place = 'head'
  #held: Pick<HeldLocks, 'task' | 'count'> | undefined
  #interrupt = false
  #cpus: UnsafeScenario['cpus'] = 1
  #heading = ''

  constructor(lines: readonly string[]) {
    this.#lines = lines
    const title = lines.find((line) => SPLAT_TITLE.test(line)) ?? ''
    this.#splat = { kind: kindOf(title), title, above: 0, below: 0, chain: this.#chain }
  }

  parse(): ParsedSplat {
    for (const [i, line] of this.#lines.entries()) {
      const text = line.trimEnd()
      if (text !== '' && !this.#take(text)) this.#strange.push(i)
    }
    return { splat: this.#finished(), strange: this.#strange }
  }

  #finished(): Splat {
    const splat = this.#splat
    if (this.#steps.length > 0) {
      const interrupted = this.#steps.some(({ does }) => does === '<Interrupt>')
      splat.scenario = {
        interrupt: this.#interrupt,
        cpus: this.#cpus,
        // Where interrupts are drawn on one CPU they are indented below what they interrupt.
        steps: interrupted
          ? this.#steps
          : this.#steps.map(({ cpu, does }) => ({ cpu, does: does.trim() })),
      }
    }
    if (this.#held !== undefined) splat.locks = { ...this.#held, locks: this.#locks }
    if (this.#details.length > 0) splat.details = this.#details
    if (this.#registered.length > 0) splat.registered = this.#registered
    if (this.#heading !== '' || this.#backtraceHead.length > 0) {
      splat.backtrace = {
        head: this.#backtraceHead,
        heading: this.#heading,
        stack: this.#heading === '' ? null : this.#backtrace,
      } satisfies Backtrace
    }
    return splat
  }

  /** Takes a line, and says whether it belongs to the report. */
  #take(line: string): boolean {
    return this.#takeHeading(line) || this.#takeContent(line)
  }

  /** A line that says what comes next. */
  #takeHeading(line: string): boolean {
    const splat = this.#splat
    if (/^[=-]{20,}$/.test(line)) {
      if (line.startsWith('=')) splat.above = line.length
      else splat.below = line.length
      return true
    }
    if (line === splat.title) return true
    const trying = /^(.+?)( \[HC\S+\])? is trying to acquire(?: lock)?:$/.exec(line)
    if (trying) return this.#begin('lock', { task: trying[1], contexts: trying[2]?.trim() })
    const takes = /^(.+?)( \[HC\S+\])? takes:$/.exec(line)
    if (takes) return this.#begin('lock', { task: takes[1], contexts: takes[2]?.trim() })
    const changed = /^(.+) just changed the state of lock:$/.exec(line)
    if (changed) return this.#begin('lock', { task: changed[1] })
    const releases = /^(.+) is trying to release lock \((.+)\) at:$/.exec(line)
    if (releases) {
      splat.lock = { name: releases[2] ?? '', usage: '', at: [] }
      return this.#begin('lock', { task: releases[1] })
    }
    const frees = /^(.+) is freeing memory (.+), with a lock still held there!$/.exec(line)
    if (frees) {
      splat.lock = { name: frees[2] ?? '', usage: '', at: [] }
      return this.#begin('other', { task: frees[1] })
    }
    const usages = /^inconsistent \{(.+)\} -> \{(.+)\} usage\.$/.exec(line)
    if (usages) {
      splat.usages = [usages[1] ?? '', usages[2] ?? '']
      return true
    }
    if (/^(?:but|and this) task is already holding(?: lock)?:$/.test(line))
      return this.#begin('held')
    if (/^but there are no more locks to release!$/.test(line)) return this.#begin('other')
    if (/^which lock already depends on the new lock\.$/.test(line)) return this.#begin('chain')
    if (/^the existing dependency chain \(in reverse order\) is:$/.test(line)) {
      return this.#begin('chain')
    }
    if (/^other info that might help us debug this:$/.test(line)) return this.#begin('scenario')
    if (/^Chain exists of:$/.test(line)) return this.#begin('exists')
    const unsafe = /^ ?Possible (interrupt )?unsafe locking scenario/.exec(line)
    if (unsafe) {
      this.#interrupt = unsafe[1] !== undefined
      return this.#begin('scenario')
    }
    if (/^ *\*\*\* DEADLOCK \*\*\*$/.test(line)) return this.#begin('other')
    if (/^ May be due to missing lock nesting notation$/.test(line)) return true
    const locks = /^(?:(no|\d+) locks?) held by (.+?)[:.]?$/.exec(line)
    if (locks) {
      this.#held = { task: locks[2] ?? '', count: locks[1] === 'no' ? 0 : Number(locks[1]) }
      return this.#begin('locks')
    }
    if (/^stack backtrace:$/.test(line)) return this.#begin('backtrace')
    if (/^Call [Tt]race:$/.test(line)) {
      this.#heading = line
      return this.#begin('backtrace')
    }
    return this.#takeIrqHeading(line)
  }

  /** The same for what only reports about interrupts have. */
  #takeIrqHeading(line: string): boolean {
    const splat = this.#splat
    const past =
      /^but this lock (was taken by another|took another), (\S+)-(?:un)?safe lock in the past:$/.exec(
        line,
      )
    if (past) {
      splat.otherIsSafe = past[1] === 'was taken by another'
      splat.irq = past[2] ?? ''
      return this.#begin('other')
    }
    if (/^and interrupts could create inverse lock ordering between them\.$/.test(line)) return true
    if (/^which would create a new lock dependency:$/.test(line))
      return this.#begin('new dependency')
    const safe = /^but this new dependency connects an? (\S+)-irq-safe lock:$/.exec(line)
    if (safe) {
      splat.irq = safe[1] ?? ''
      return this.#begin('safe')
    }
    if (/^to an? \S+-irq-unsafe lock:$/.test(line)) return this.#begin('unsafe')
    if (/^\{\S+\} state was registered at:$/.test(line)) return this.#begin('registered')
    if (/^irq event stamp: \d+$/.test(line)) {
      this.#details.push(line)
      return this.#begin('details')
    }
    if (/^(?:hard|soft)irqs last +(?:en|dis)abled at \(\d+\): /.test(line)) {
      this.#details.push(line)
      return true
    }
    if (
      /^\.\.\. (?:which became|acquired at|key +at)|^the (?:shortest )?dependencies between|^\s*(?:\.\.\. )?(?:which became|acquired at)/.test(
        line,
      )
    ) {
      this.#details.push(line)
      return this.#begin('details')
    }
    return false
  }

  #begin(
    place: Place,
    named: { readonly task?: string | undefined; readonly contexts?: string | undefined } = {},
  ): true {
    this.#place = place
    if (named.task !== undefined) this.#splat.task = named.task
    if (named.contexts !== undefined) this.#splat.contexts = named.contexts
    return true
  }

  /** A line of the part that is under way. */
  #takeContent(line: string): boolean {
    const link = LINK.exec(line)
    if (link !== null) {
      this.#place = 'chain'
      const [, depth = '', name = '', usage = ''] = link
      this.#chain.push({ depth: Number(depth), lock: { name, usage }, stack: [] })
      return true
    }
    switch (this.#place) {
      case 'head':
        return this.#takeKernel(line)
      case 'lock':
        return this.#takeUse(line, 'lock')
      case 'held':
        return this.#takeUse(line, 'held')
      case 'chain':
        return this.#pushFrame(line, this.#chain.at(-1)?.stack)
      case 'exists':
        return this.#takeExists(line)
      case 'scenario':
        return this.#takeStep(line)
      case 'locks':
        return this.#takeHeld(line)
      case 'registered':
        return this.#pushFrame(line, this.#registered)
      case 'backtrace':
        return this.#takeBacktrace(line)
      case 'details':
        this.#details.push(line)
        return parseFrame(line) !== null || /^[ .-]|^\}/.test(line)
      default:
        return this.#takeOther(line)
    }
  }

  #takeKernel(line: string): boolean {
    // Before 3.10 nothing stands behind the number of the build.
    if (this.#splat.kernel !== undefined || !/^\S+.* (?:#\S+|[Nn]ot tainted|Tainted)/.test(line)) {
      return false
    }
    this.#splat.kernel = line
    return true
  }

  #takeUse(line: string, which: 'lock' | 'held'): boolean {
    const use = useOf(line)
    const known = this.#splat[which]
    if (use === null) {
      // Where a lock is dropped its place has a line of its own.
      const frame = known === undefined ? null : bareFrame(line)
      if (frame === null || known === undefined || known.usage !== '') return false
      this.#splat[which] = { ...known, at: [...known.at, frame] }
      return true
    }
    this.#splat[which] = known === undefined ? use : { ...known, at: [...known.at, ...use.at] }
    return true
  }

  #takeExists(line: string): boolean {
    if (!line.includes(' --> ')) return false
    this.#splat.exists = line.trim().split(' --> ')
    this.#place = 'scenario'
    return true
  }

  #takeStep(line: string): boolean {
    if (/^ +CPU0( +CPU1)?$/.test(line)) {
      this.#cpus = line.includes('CPU1') ? 2 : 1
      return true
    }
    if (/^ +-{4}( +-{4})?$/.test(line)) return true
    const step = /^( +)((?:lock|rlock|sync)\(.*\);|<Interrupt>|local_irq_disable\(\);)$/.exec(line)
    if (step === null) return false
    const indent = (step[1] ?? '').length
    const cpu = indent > 20 ? 1 : 0
    this.#steps.push({
      cpu,
      does: `${' '.repeat(Math.max(0, cpu === 1 ? indent - 31 : indent - 2))}${step[2]}`,
    })
    return true
  }

  #takeHeld(line: string): boolean {
    const use = useOf(line)
    if (use === null) return false
    const number = Number(/^\s*#(\d+):/.exec(line)?.[1] ?? this.#locks.length)
    const known = this.#locks[number]
    // Functions that the compiler put into others have a line each, with the same number.
    if (known !== undefined && number === this.#locks.length - 1) known.at.push(...use.at)
    else this.#locks.push({ ...use, at: [...use.at] })
    return true
  }

  #takeBacktrace(line: string): boolean {
    if (this.#heading === '') {
      this.#backtraceHead.push(line)
      return /^(?:CPU: |Hardware name: |Workqueue: |Tainted: |Sched_ext: |Pid: )/.test(line)
    }
    const frame = parseFrame(line)
    if (frame === null && !/^ ?<\/?(?:TASK|IRQ|NMI|SOFTIRQ|EOI|EOE|#\w+)>/.test(line)) return false
    this.#backtrace.push(frame ?? line.trim())
    return true
  }

  #takeOther(line: string): boolean {
    const text = line.trim()
    const lock = classOf(text)
    const splat = this.#splat
    if (this.#place === 'new dependency') return NAME_ONLY.test(` ${text.split(' -> ')[0]}`)
    if (lock === null) {
      if (parseFrame(line) === null && !/^\.\.\./.test(text)) return false
      this.#details.push(line)
      return true
    }
    if (this.#place === 'safe') splat.order = { safe: lock, unsafe: lock }
    else if (this.#place === 'unsafe' && splat.order) splat.order = { ...splat.order, unsafe: lock }
    else if (this.#place === 'other') splat.other = lock
    else return false
    return true
  }

  #pushFrame(line: string, stack: Frame[] | undefined): boolean {
    const frame = parseFrame(line) ?? (line.startsWith('       ') ? bareFrame(line) : null)
    if (frame === null || stack === undefined) return false
    stack.push(frame)
    return true
  }
}

function useOf(line: string): LockUse | null {
  const match = USE.exec(line)
  if (match === null) return null
  const [, address, name = '', usage = '', place = ''] = match
  const frame = place === '' ? null : (parseFrame(place) ?? bareFrame(place))
  return {
    name,
    usage,
    ...(address === undefined ? {} : { address }),
    at: frame === null ? [] : [frame],
  }
}

function classOf(text: string): LockClass | null {
  const match = CLASS.exec(text)
  return match === null ? null : { name: match[1] ?? '', usage: match[2] ?? '' }
}

/** A function without anything else, as a model prints it: indented, or behind `at:`. */
function bareFrame(line: string): Frame | null {
  const fn = line.trim()
  return /^[\w.$][\w.$ /:-]*$/.test(fn) ? { fn } : null
}
