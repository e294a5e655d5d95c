/** What a sleep where nobody may sleep means: who forbids it, who sleeps, and, where that is an allocation, why no scope helps. */
import { isAllocatorFunction } from '../../trace/attribute/allocator-functions.js'
import { plainName } from '../../trace/attribute/plain-name.js'
import type { SleepFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import { type Explained, type ExplainedLock, startOf } from './explained.js'
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
  const { what, stack, first, reporter, lockLines } = found
  const functions = stack === undefined ? [] : functionsOf(stack)
  const allocates = isAllocation(found, functions)
  const request = allocates && stack !== undefined ? requestOn(stack) : undefined
  const sleeper = functions.find((name) => !CHECKS.test(plainName(name)))
  const who = reporter.comm ?? 'a task'
  const forbids = forbiddenBy(found)
  const does = doesOf(found, { allocates, sleeper, request: request?.fn })
  return {
    ...startOf(found),
    kind: what === 'lock' ? 'wait-context' : 'sleep-in-atomic',
    verdict: 'wrong-context',
    // Lockdep's check is on for kernels that are not PREEMPT_RT, too.
    confidence: stack === undefined && what !== 'lock' ? 'medium' : 'high',
    summary: `${who} ${does}, where it must not sleep.`,
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
  const waitOf = waitsOf(found)
  const rcu = locks.filter(({ name }) => name.startsWith('rcu_read_lock'))
  const spinning = locks.filter((lock) => waitOf(lock.usage) === 'spins' && !rcu.includes(lock))
  const unknown = locks.filter((lock) => waitOf(lock.usage) === undefined && !rcu.includes(lock))
  const names = (list: SleepFound['locks']) => [...new Set(list.map(({ name }) => name))].join(', ')
  return [
    ...(irqsDisabled === 1 ? ['Interrupts are disabled.'] : []),
    ...(found.allowed === 2 ? ['It is in an interrupt.'] : []),
    ...(found.allowed === 3 ? ['It is in a softirq, or in the thread of an interrupt.'] : []),
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

/**
 * What a holder of a lock may still wait for, by its usage: `{+.+.}-{2:2}`. RCU has 1 and raw spinlocks 2; with
 * CONFIG_PROVE_RAW_LOCK_NESTING, which is on with lockdep since 6.12, spinlocks have 3 and locks that sleep 4, else 2 and 3
 * (include/linux/lockdep_types.h).
 */
function waitsOf({
  locks,
  lock,
  allowed,
  reporter,
}: SleepFound): (usage: string) => 'spins' | 'sleeps' | undefined {
  const numbers = [...locks, ...(lock === undefined ? [] : [lock])].flatMap(({ name, usage }) => {
    const [, outer, inner] = /-\{(\d+):(\d+)\}$/.exec(usage) ?? []
    return inner === undefined ? [] : [{ name, outer: Number(outer), inner: Number(inner) }]
  })
  const rcu = numbers.find(({ name, outer }) => name.startsWith('rcu_read_lock') && outer === 1)
  const [, major = 0, minor = 0] = /^(\d+)\.(\d+)/.exec(reporter.kernel ?? '')?.map(Number) ?? []
  const raw =
    allowed === 5 ||
    rcu?.inner === 3 ||
    numbers.some(({ inner }) => inner === 4) ||
    major * 100 + minor >= 612
  return (usage) => {
    const inner = Number(/-\{\d+:(\d+)\}$/.exec(usage)?.[1] ?? Number.NaN)
    if (Number.isNaN(inner)) return undefined
    return inner <= (raw ? 3 : 2) ? 'spins' : 'sleeps'
  }
}

/** Functions that take a lock which sleeps in every kernel. */
const SLEEPING_LOCK = /^_*(?:mutex_|rt_mutex_|ww_mutex_|down_|rwsem_|might_fault)/

function doesOf(
  found: SleepFound,
  known: {
    readonly allocates: boolean
    readonly sleeper: string | undefined
    readonly request: string | undefined
  },
): string {
  const { what, lock, at, stack } = found
  const { allocates, sleeper, request } = known
  if (what === 'lock') {
    const sleeps =
      (stack?.frames ?? []).some(({ fn }) => SLEEPING_LOCK.test(fn)) ||
      (lock !== undefined && waitsOf(found)(lock.usage) === 'sleeps')
    return `takes ${lock?.name ?? 'a lock'}, which sleeps${sleeps ? '' : ' on PREEMPT_RT'}`
  }
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
