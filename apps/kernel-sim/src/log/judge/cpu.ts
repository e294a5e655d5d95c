/** What a soft lockup or an RCU stall means for memory reclaim: whether the CPU is inside of it. */
import type { CpuFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import { type Explained, startOf } from './explained.js'
import { isReclaimFunction, shrinkerOn } from './facts/reclaim.js'
import { requestOn } from './place.js'

const DID: Readonly<Record<CpuFound['what'], string>> = {
  'soft-lockup': 'did not schedule',
  'hard-lockup': 'took no interrupts',
  'rcu-stall': 'kept RCU waiting',
}

export function explainCpu(found: CpuFound): Explained {
  const { what, stacks, seconds, reporter, first } = found
  const at = stacks.findIndex((stack) => functionsOf(stack).some(isReclaimFunction))
  const stack = stacks[at] ?? stacks[0]
  const functions = stack === undefined ? [] : functionsOf(stack)
  const inReclaim = at >= 0
  const shrinker = shrinkerOn(functions)
  const request = inReclaim && stack !== undefined ? requestOutside(functions) : undefined
  const line =
    stack === undefined ? first : (stack.lines[functions.findIndex(isReclaimFunction)] ?? first)
  const who = reporter.comm ?? 'a task'
  const cpu = reporter.cpu === undefined ? 'A CPU' : `CPU ${reporter.cpu}`
  return {
    ...startOf(found),
    kind: what,
    verdict: inReclaim ? 'starvation' : 'cannot-tell',
    confidence: inReclaim ? 'medium' : 'low',
    summary: `${cpu} ${DID[what]}${seconds === undefined ? '' : ` for ${what === 'rcu-stall' ? 'about ' : ''}${seconds} s`}, in ${functions[0] ?? '?'} (${who})${inReclaim ? ', inside of memory reclaim' : ''}.`,
    tasks: [
      {
        comm: who,
        ...(reporter.pid === undefined ? {} : { pid: reporter.pid }),
        does: inReclaim ? 'reclaims memory' : 'runs',
        line: first,
        stack: stack?.frames ?? [],
      },
    ],
    locks: [],
    chain: [
      {
        what: who,
        how: inReclaim
          ? `reclaims in ${shrinker ?? functions.find(isReclaimFunction) ?? '?'}`
          : `runs in ${functions[0] ?? '?'}`,
        line,
        stack: stack?.frames ?? [],
      },
    ],
    reasons: inReclaim
      ? [
          `The stack is inside of memory reclaim${shrinker === undefined ? '' : `, in the shrinker ${shrinker}`}: it does not come to an end, or does not give the CPU away meanwhile.`,
          ...(request === undefined
            ? []
            : [
                `${request} asked for the memory. With reclaim restricted by a scope, this is what is left to try, again and again.`,
              ]),
        ]
      : [
          'No stack of the report is inside of memory reclaim: it is not about scopes, as far as the log goes.',
        ],
    decides: inReclaim
      ? ['Whether it is the same place each time: several reports, or perf top on that CPU.']
      : [],
    lines: line === first ? [first] : [first, line],
  }
}

/** The function outside of reclaim and the allocator. */
function requestOutside(functions: readonly string[]): string | undefined {
  let last = -1
  for (const [i, name] of functions.entries()) if (isReclaimFunction(name)) last = i
  const outside = functions.slice(last + 1).map((fn) => ({ fn }))
  return requestOn({ frames: outside, lines: outside.map(() => 0) })?.fn
}
