/** Block: the lines of one report, found in a log, before they are understood; and what reports of all kinds have. */
import type { LogLine } from '../read/log-line.js'
import { isStackLine } from './stack-lines.js'

export interface Block {
  readonly lines: readonly LogLine[]
  /** Lines of something else stand among them. */
  readonly interleaved: boolean
  /** It is longer than any report of its kind: the rest was left aside. */
  readonly overlong: boolean
}

/** What any report may have in it. */
const COMMON =
  /^(?:\s*(?:Call Trace|Call trace|Backtrace|stack backtrace)|Hardware name: |CPU: |CPU#?\d+: |Pid: |Tainted: |Workqueue: |Modules linked in:|Unable to |RIP: |RSP: |Code: |EFLAGS|FS: |CS: |CR2: |DR\d: |PKRU: |R[A-DS][XIP]: |R\d\d?: |ORIG_RAX: |pstate: |pc : |lr : |sp : |x\d+\s*: |PC is at |LR is at |NIP|LR |MSR: |GPR\d|Exception stack|irq event stamp: |(?:hard|soft)irqs last |---\[ end |-+\[ cut here \]-+|Kernel panic - |Kernel Offset: |Rebooting in |Sending NMI |NMI backtrace for cpu |task: [\da-f]{8,} |Stack:|INFO: lockdep is turned off|Sched_ext: |unwind stack type|\.\.\.$|\s*[(<[]?(?:\.\.\.|-)?\s?snip|[\da-f]{4}:(?:\s+[\da-f]{8})+\s*$|\s*\[<[\da-f]+>\]\s*$)|^\s+[\da-f]{8,16}(?: [\da-f]{8,16})*$|^\s*(?:Exception|ORIG_RAX: |[rx]\d+\s*:)|^\s*\[[\da-f]{8,16}\] \[[\da-f]{8,16}\] 0x[\da-f]+ \(unreliable\)/

/** Returns true if a line may belong to a report, whatever its kind. */
export function isCommonLine(text: string): boolean {
  return text === '' || isStackLine(text) || COMMON.test(text)
}

/** Which task reports, on which CPU and kernel, as far as the report says. */
export interface Reporter {
  readonly comm?: string
  readonly pid?: number
  readonly cpu?: number
  /** `6.18.0-rc4-00382-ga1e94de7fbd5` */
  readonly kernel?: string
  /** The item that the task works on. */
  readonly work?: WorkItem
}

export interface WorkItem {
  readonly queue: string
  readonly fn: string
  /** What it says of itself: `flush-8:0`. */
  readonly description?: string
}

const CPU_LINE =
  /^CPU: (\d+)(?: UID: \d+)? PID: (\d+) Comm: (.+?)(?: Kdump: loaded)? (?:Not tainted|Tainted:|G\b)/
const RELEASE = /(?:Not tainted|Tainted:(?: [A-Z -]+?)?)\s+(\d+\.\d+(?:\.\d+)?[\w.+~-]*)(?= |$)/
const WORKQUEUE = /^Workqueue: (\S+) (\S+)(?: \[\w+\])?(?: \((.*)\))?/

/** Reads the lines that say who reports. */
export function reporterOf(lines: readonly LogLine[]): Reporter {
  let reporter: Reporter = {}
  for (const { text } of lines) {
    const cpu = CPU_LINE.exec(text)
    if (cpu !== null && reporter.pid === undefined) {
      const [, number = '', pid = '', comm = ''] = cpu
      reporter = { ...reporter, comm, pid: Number(pid), cpu: Number(number) }
    }
    const kernel = RELEASE.exec(text)?.[1] ?? LOCKDEP_RELEASE.exec(text)?.[1]
    if (kernel !== undefined && reporter.kernel === undefined) reporter = { ...reporter, kernel }
    const work = WORKQUEUE.exec(text)
    if (work !== null && reporter.work === undefined) {
      const [, queue = '', fn = '', description] = work
      reporter = { ...reporter, work: { queue, fn, ...(description ? { description } : {}) } }
    }
  }
  return reporter
}

/** `5.19.0-rc2+ #1 Not tainted`, below the title of lockdep's reports; before 3.10 without the last words. */
const LOCKDEP_RELEASE = /^(\d+\.\d+\.\d+[\w.+~-]*) #\S+(?: .*(?:[Nn]ot tainted|Tainted)|$)/
