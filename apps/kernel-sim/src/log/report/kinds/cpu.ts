/** CPUs that do not get on: soft lockups (kernel/watchdog.c) and RCU stalls (kernel/rcu/tree_stall.h). */
import { reporterOf } from '../block.js'
import type { ReportKind } from '../report-kind.js'
import { registerFrame, stacksIn } from '../stack-lines.js'

const LOCKUP =
  /^(?:(?:NMI )?watchdog: )?BUG: soft lockup - CPU#(\d+) stuck for (\d+)s! \[(.*):(\d+)\]/
const STALL =
  /^(?:rcu: )?INFO: (?:rcu_\w+|srcu|tasks_rcu)\S* (?:self-)?(?:detected|stall)|^INFO: rcu_\w+ detected stalls/

export const cpuKind: ReportKind = {
  begins: new RegExp(`${LOCKUP.source}|${STALL.source}`),
  has: /^(?:rcu: |Task dump for CPU|NMI |Kernel panic)|^\s*(?:\(detected by|\(t=|\S+: \(\d+ GPs|\d+-\.+)|^task:|^\S.{0,30}\s+[DRS]\s+running task/,
  goesOn: (lines, { text }) => STALL.test(text) && lines.length < 4,
  longest: 600,
  parse({ lines, interleaved, overlong }) {
    const texts = lines.map(({ text }) => text)
    const lockup = LOCKUP.exec(texts[0] ?? '')
    const jiffies = texts.map((text) => /t=(\d+) jiffies/.exec(text)?.[1]).find(Boolean)
    const stacks = stacksIn(lines)
    const here = lines.flatMap(({ text, line }) => {
      const frame = registerFrame(text)
      return frame === null ? [] : [{ frame, line }]
    })[0]
    const first = stacks[0]
    const withRegister =
      here === undefined
        ? stacks
        : [
            {
              frames: [here.frame, ...(first?.frames ?? [])],
              lines: [here.line, ...(first?.lines ?? [])],
            },
            ...stacks.slice(1),
          ]
    const reporter = reporterOf(lines)
    return {
      found: 'cpu',
      what: lockup === null ? 'rcu-stall' : 'soft-lockup',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter:
        lockup === null
          ? reporter
          : { ...reporter, cpu: Number(lockup[1]), comm: lockup[3] ?? '', pid: Number(lockup[4]) },
      missing: [
        ...(withRegister.length === 0 ? ['the stack of the CPU'] : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      seconds: lockup === null ? secondsOf(jiffies) : Number(lockup[2]),
      stacks: withRegister,
    }
  },
}

/** Jiffies are 1/250 s in most distributions, and may be 1/100 or 1/1000. */
function secondsOf(jiffies: string | undefined): number | undefined {
  return jiffies === undefined ? undefined : Math.round(Number(jiffies) / 250)
}
