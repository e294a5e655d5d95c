/** CPUs that do not get on: soft and hard lockups (kernel/watchdog.c) and RCU stalls (kernel/rcu/tree_stall.h). */
import { type Reporter, reporterOf } from '../block.js'
import { cpuStacksIn } from '../cpu-stacks.js'
import type { ReportKind } from '../report-kind.js'

/** `BUG: soft lockup detected on CPU#0!` is of 2.6. */
const LOCKUP =
  /^(?:(?:NMI )?watchdog: )?BUG: soft lockup (?:- CPU#(\d+) stuck for (\d+)s! \[(.*):(\d+)\]|detected on CPU#(\d+))/
/** Of the NMI watchdog, and of powerpc's own. */
const HARD =
  /^(?:(?:NMI )?[Ww]atchdog: )?(?:Watchdog detected hard LOCKUP on cpu (\d+)|CPU (\d+) (?:self-detected|detected) hard LOCKUP|NMI Watchdog detected LOCKUP on CPU ?(\d+))/
const STALL =
  /^(?:rcu: )?INFO: (?:(?:rcu_\w+|srcu|tasks_rcu)\S* (?:self-)?(?:detected|stall)|RCU detected CPU)/

export const cpuKind: ReportKind = {
  begins: new RegExp(`${LOCKUP.source}|${HARD.source}|${STALL.source}`),
  has: /^(?:rcu: |Task dump for CPU|NMI |Kernel panic|rcu_\w+ kthread |All QSes seen|blocking rcu_node|RCU grace-period kthread|\s*Unless rcu_|CPU \d+: |Sending NMI|[\da-f]{8,16}: [.I])|^\s*(?:\(detected by|\(t=|\S+: \(\d+ (?:GPs|ticks)|\d+-\.+)|^task:|^\S.{0,30}\s+[DRS]\s+running task/,
  goesOn: (lines, { text }) => STALL.test(text) && lines.length < 4,
  longest: 600,
  parse({ lines, interleaved, overlong }) {
    const texts = lines.map(({ text }) => text)
    const lockup = matchOf(texts, LOCKUP)
    const hard = matchOf(texts, HARD)
    const jiffies = texts.map((text) => /t=(\d+) jiffies/.exec(text)?.[1]).find(Boolean)
    const stacks = cpuStacksIn(lines)
    const reporter = reporterOf(lines)
    return {
      found: 'cpu',
      what: lockup !== null ? 'soft-lockup' : hard !== null ? 'hard-lockup' : 'rcu-stall',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: {
        ...reporter,
        ...(lockup === null && reporter.comm === undefined ? taskOf(texts) : {}),
        ...namedBy(lockup),
        ...(hard === null ? {} : cpuOf(hard.slice(1))),
      },
      missing: [
        ...(stacks.length === 0 ? ['the stack of the CPU'] : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      seconds: lockup?.[2] === undefined ? secondsOf(jiffies) : Number(lockup[2]),
      stacks,
    }
  },
}

/** What the first line says; a rule may stand above it. */
function matchOf(texts: readonly string[], form: RegExp): RegExpExecArray | null {
  return form.exec(texts[0] ?? '') ?? form.exec(texts[1] ?? '')
}

/** Whom the first line of a soft lockup names. */
function namedBy(lockup: RegExpExecArray | null): Partial<Reporter> {
  if (lockup === null) return {}
  const [, cpu, , comm, pid, old] = lockup
  return {
    ...cpuOf([cpu, old]),
    ...(comm === undefined ? {} : { comm }),
    ...(pid === undefined ? {} : { pid: Number(pid) }),
  }
}

/** The task that runs, where it is shown as SysRq t shows tasks. */
function taskOf(texts: readonly string[]): Partial<Reporter> {
  for (const text of texts) {
    const task =
      /^task:(.+?)\s+state:R.* pid:\s*(\d+)/.exec(text) ??
      /^(\S.{0,15}?)\s+R\s+running task(?: on cpu +\d+)?(?: +\d+)? +(\d+) +\d+ 0x/.exec(text)
    if (task !== null) return { comm: task[1] ?? '', pid: Number(task[2]) }
  }
  return {}
}

/** The first CPU that is named. */
function cpuOf(named: readonly (string | undefined)[]): Partial<Reporter> {
  const cpu = named.find((each) => each !== undefined)
  return cpu === undefined ? {} : { cpu: Number(cpu) }
}

/** Jiffies are 1/250 s in most distributions, and may be 1/100 or 1/1000. */
function secondsOf(jiffies: string | undefined): number | undefined {
  return jiffies === undefined ? undefined : Math.round(Number(jiffies) / 250)
}
