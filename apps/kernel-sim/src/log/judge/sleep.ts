/** What a sleep where nobody may sleep means: who forbids it, who sleeps, and, where that is an allocation, why no scope helps. */
import { isAllocatorFunction } from '../../trace/attribute/allocator-functions.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import type { SleepFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import { type Explained, type ExplainedLock, NOTHING } from './explained.js'
import { FIXES } from './facts/fixes.js'
import { scopeOfLock } from './facts/scope-locks.js'
import { requestOn } from './place.js'

/** Files whose might_sleep() is that of a request for memory. */
const ALLOCATION_FILE =
  /^(?:mm\/(?:slab|slub|page_alloc|mempool|vmalloc|util)|include\/linux\/sched\/mm)\.[ch]:/
/** Functions that find it out. */
const CHECKS =
  /^(?:dump_stack\w*|show_stack|dump_backtrace|_{2,3}might_\w+|might_\w+|__schedule_bug|__schedule|schedule|preempt_schedule\w*|_?cond_resched|__cond_resched|__lock_acquire|lock_acquire|validate_chain)$/

export function explainSleep(found: SleepFound): Explained {
  const { what, stack, first, last, time, reporter, missing, lockLines } = found
  const functions = stack === undefined ? [] : functionsOf(stack)
  const allocates = isAllocation(found, functions)
  const request = allocates && stack !== undefined ? requestOn(stack) : undefined
  const sleeper = functions.find((name) => !CHECKS.test(plainName(name)))
  const who = reporter.comm ?? 'a task'
  const forbids = forbiddenBy(found)
  const does = doesOf(found, { allocates, sleeper, request: request?.fn })
  return {
    ...NOTHING,
    kind: what === 'lock' ? 'wait-context' : 'sleep-in-atomic',
    verdict: 'wrong-context',
    // Lockdep's check is on for kernels that are not PREEMPT_RT, too.
    confidence: stack === undefined && what !== 'lock' ? 'medium' : 'high',
    summary: `${who} ${does}, where it must not sleep.`,
    first,
    last,
    ...(time === undefined ? {} : { time }),
    ...(reporter.kernel === undefined ? {} : { kernel: reporter.kernel }),
    tasks: [
      {
        comm: who,
        ...(reporter.pid === undefined ? {} : { pid: reporter.pid }),
        does,
        ...(reporter.work === undefined
          ? {}
          : { work: `${reporter.work.queue}: ${reporter.work.fn}` }),
        line: first,
        stack: stack?.frames ?? [],
      },
    ],
    locks: locksOf(found),
    chain: [{ what: who, how: does, line: first, stack: stack?.frames ?? [] }],
    reasons: [
      ...(forbids.length > 0 ? forbids : ['Why it must not sleep the lines do not say.']),
      ...(allocates
        ? [
            `${request === undefined ? 'The request' : `${request.fn}, called from ${request.caller},`} asks for memory with flags that may sleep (__GFP_DIRECT_RECLAIM).`,
            'A scope makes no difference: NOFS and NOIO restrict what reclaim does, and the request may sleep all the same.',
          ]
        : ['Memory reclaim is not part of it: scopes make no difference.']),
    ],
    ...(request === undefined ? {} : { place: request }),
    fixes: [allocates ? FIXES.noSleep : FIXES.sleepOutside],
    missing,
    lines: [first, ...lockLines],
  }
}

/** Returns true if what sleeps is a request for memory. */
function isAllocation({ at, what }: SleepFound, functions: readonly string[]): boolean {
  const outside = functions.find((name) => !CHECKS.test(plainName(name)))
  const asks =
    outside !== undefined &&
    (isAllocatorFunction(outside) || /^(?:slab_pre_alloc|prepare_alloc|fs_reclaim)/.test(outside))
  return what === 'function' && (asks || (at !== undefined && ALLOCATION_FILE.test(at)))
}

/** What forbids to sleep, one sentence for each thing. */
function forbiddenBy(found: SleepFound): string[] {
  const { inAtomic, irqsDisabled, nonBlock, preemptCount = 0, rcuDepth, locks, disabledAt } = found
  const rcu = locks.filter(({ name }) => name.startsWith('rcu_read_lock'))
  const spinning = locks.filter((lock) => waitOf(lock.usage) === 'spins' && !rcu.includes(lock))
  const unknown = locks.filter(({ usage }) => waitOf(usage) === undefined && !rcu.length)
  const names = (list: SleepFound['locks']) => [...new Set(list.map(({ name }) => name))].join(', ')
  return [
    ...(irqsDisabled === 1 ? ['Interrupts are disabled.'] : []),
    ...((nonBlock ?? 0) > 0
      ? ['It is between non_block_start() and non_block_end(): an MMU notifier must not block.']
      : []),
    ...((preemptCount & 0xf00000) !== 0 ? ['It is in a non-maskable interrupt.'] : []),
    ...((preemptCount & 0xf0000) !== 0 ? ['It is in an interrupt.'] : []),
    ...((preemptCount & 0x100) !== 0 ? ['It is in a softirq.'] : []),
    ...((preemptCount & 0xfe00) !== 0 ? ['Softirqs are disabled (a lock with _bh).'] : []),
    ...(spinning.length > 0 ? [`It holds what spins: ${names(spinning)}.`] : []),
    ...(rcu.length > 0 || (rcuDepth ?? 0) > 0
      ? [`It is inside of a read section of RCU${rcu.length > 0 ? ` (${names(rcu)})` : ''}.`]
      : []),
    ...(spinning.length === 0 && unknown.length > 0
      ? [`It holds ${names(unknown)}; which of them spin the lines do not say.`]
      : []),
    ...(inAtomic === 1 && locks.length === 0 && preemptCount === 0
      ? ['Preemption is disabled.']
      : []),
    // Where preemption is enabled again, the place is an old one.
    ...(disabledAt === undefined || inAtomic === 0
      ? []
      : [`Preemption was disabled in ${disabledAt.fn}.`]),
  ]
}

/** `{+.+.}-{2:2}`: what a holder of the lock may still wait for. RCU and spinning locks come before locks that sleep. */
function waitOf(usage: string): 'spins' | 'sleeps' | undefined {
  const inner = /-\{\d+:(\d+)\}$/.exec(usage)?.[1]
  if (inner === undefined) return undefined
  return inner === '1' || inner === '2' ? 'spins' : 'sleeps'
}

function doesOf(
  { what, lock, at }: SleepFound,
  known: {
    readonly allocates: boolean
    readonly sleeper: string | undefined
    readonly request: string | undefined
  },
): string {
  const { allocates, sleeper, request } = known
  if (what === 'lock') return `takes ${lock?.name ?? 'a lock'}, which sleeps on PREEMPT_RT`
  if (allocates) return `allocates in ${request ?? sleeper ?? at ?? '?'}`
  const place = sleeper ?? at ?? 'a function that the log does not name'
  return what === 'schedule' ? `gives the CPU away in ${place}` : `may sleep in ${place}`
}

function locksOf({ locks, lockLines, first, reporter }: SleepFound): ExplainedLock[] {
  return locks.map((lock, i) => {
    const scope = scopeOfLock(lock.name)
    return {
      name: lock.name,
      at: lock.at.at(-1)?.fn ?? '?',
      ...(scope === undefined ? {} : { implies: scope.scope }),
      ...(reporter.comm === undefined ? {} : { owner: reporter.comm }),
      line: lockLines[i] ?? first,
    }
  })
}
