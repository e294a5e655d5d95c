/**
 * Sleeps where nobody may sleep: what might_sleep() and the scheduler say of a task that must not be scheduled (kernel/sched/core.c), and what
 * lockdep says of a lock that may sleep on PREEMPT_RT (print_lock_invalid_wait_context, kernel/locking/lockdep.c).
 */
import { parseSplatLines } from '../../../lockdep/parse-splat.js'
import { reporterOf } from '../block.js'
import type { SleepFound } from '../report.js'
import type { ReportKind } from '../report-kind.js'
import { framesOf, stacksIn } from '../stack-lines.js'

const SLEEPING = /^BUG: sleeping function called from invalid context at (\S+?:\d+)/
const SCHEDULING = /^BUG: scheduling while atomic: (.*)\/(-?\d+)\/(?:0x)?([\da-f]+)/
const WAIT_CONTEXT = /^\[ BUG: Invalid wait context \]/
const STATE =
  /in_atomic\(\):\s?(\d+), irqs_disabled\(\):\s?(\d+)(?:, non_block: (\d+))?(?:, pid: (\d+), name: (.*))?/
const CONTEXT = /^context-\{(\d+):(\d+)\}/

export const sleepKind: ReportKind = {
  begins: new RegExp(`${SLEEPING.source}|${SCHEDULING.source}|${WAIT_CONTEXT.source}`),
  has: /^in_atomic\(\)|^preempt_count: |^RCU nest depth: |locks? held by |^\s*#\d+:|^Preemption disabled at|^\s*\(.*\)\{|is trying to lock:$|^[\da-f]{8,16} \(.*\)\{|^other info that might|^context-\{|^-{20,}$|^\d+\.\d+\.\d+\S* #\S+ |^INFO: lockdep is turned off/,
  longest: 300,
  parse({ lines, interleaved, overlong }) {
    const texts = lines.map(({ text }) => text)
    const head = texts.findIndex((text) => sleepKind.begins.test(text))
    const sleeping = SLEEPING.exec(texts[head] ?? '')
    const scheduling = SCHEDULING.exec(texts[head] ?? '')
    const state = texts.map((text) => STATE.exec(text)).find((match) => match !== null)
    const context = texts.map((text) => CONTEXT.exec(text)).find((match) => match !== null)
    const held = texts.findIndex((text) => /^(?:no|\d+) locks? held by /.test(text))
    const list = held < 0 ? undefined : parseSplatLines(texts.slice(held)).splat.locks
    const trying = texts.findIndex((text) => / is trying to lock:$/.test(text))
    const disabled = texts.findIndex((text) => /^Preemption disabled at/.test(text))
    const stack = stacksIn(lines).sort((a, b) => b.frames.length - a.frames.length)[0]
    const who = /^(.+)\/(\d+) is trying to lock:$/.exec(texts[trying] ?? '')
    const comm = scheduling?.[1] ?? state?.[5]?.trim() ?? who?.[1]
    const pid = scheduling?.[2] ?? state?.[4] ?? who?.[2]
    return {
      found: 'sleep',
      what: sleeping !== null ? 'function' : scheduling !== null ? 'schedule' : 'lock',
      first: lines[0]?.line ?? 0,
      last: lines.at(-1)?.line ?? 0,
      time: lines[0]?.time,
      reporter: {
        ...reporterOf(lines),
        ...(comm === undefined ? {} : { comm }),
        ...(pid === undefined ? {} : { pid: Number(pid) }),
      },
      missing: [
        ...(stack === undefined ? ['the stack that sleeps'] : []),
        ...(overlong ? ['the rest, which is too long'] : []),
      ],
      interleaved,
      at: sleeping?.[1],
      inAtomic: numberOf(state?.[1]),
      irqsDisabled: numberOf(state?.[2]),
      nonBlock: numberOf(state?.[3]),
      preemptCount: preemptCountOf(texts, scheduling?.[3]),
      rcuDepth: numberOf(
        texts.map((text) => /^RCU nest depth: (\d+), expected: 0/.exec(text)?.[1]).find(Boolean),
      ),
      lock: trying < 0 ? undefined : lockBelow(texts.slice(trying)),
      allowed: numberOf(context?.[2]),
      locks: list?.locks ?? [],
      lockLines: lines.filter(({ text }) => /^\s*#\d+:/.test(text)).map(({ line }) => line),
      disabledAt: disabled < 0 ? undefined : framesOf(texts[disabled + 1] ?? '')?.[0],
      stack,
    } satisfies SleepFound
  },
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** `preempt_count: 1, expected: 0`, in hexadecimal, or what stands behind the name of the task. */
function preemptCountOf(texts: readonly string[], given: string | undefined): number | undefined {
  const own = texts.map((text) => /^preempt_count: ([\da-f]+), expected/.exec(text)?.[1])
  const count = given ?? own.find(Boolean)
  return count === undefined ? undefined : Number.parseInt(count, 16)
}

/** The lock that is tried, in the first lines below. */
function lockBelow(texts: readonly string[]): SleepFound['lock'] {
  const { splat } = parseSplatLines([
    'a/1 is trying to acquire lock:',
    ...texts.slice(1, 4).filter((text) => /\)\{/.test(text)),
  ])
  return splat.lock
}
