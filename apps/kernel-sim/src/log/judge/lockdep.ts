/** What a report of lockdep means: whether its circle can happen, and whether a scope is missing in it, or was lost. */
import { scopesHeldBy } from '../../trace/attribute/scope-holders.js'
import type { LockdepFound } from '../report/report.js'
import { functionsOf } from '../report/stack-lines.js'
import {
  type Explained,
  type ExplainedKind,
  type ExplainedLink,
  type ExplainedLock,
  type LogConfidence,
  type LogVerdict,
  startOf,
} from './explained.js'
import { flusherOn, isDelegated, waitForWorkOn, workFunctionOn } from './facts/delegation.js'
import { FIXES } from './facts/fixes.js'
import {
  disposerOn,
  gateOf,
  isOnObjectInUse,
  isReclaimFunction,
  shrinkerOn,
} from './facts/reclaim.js'
import { scopeOfLock } from './facts/scope-locks.js'
import { FS_RECLAIM, type ReclaimSides, reclaimSidesOf, type Step, stepsOf } from './lock-circle.js'
import { requestOn } from './place.js'

const KINDS: Readonly<Record<LockdepFound['splat']['kind'], ExplainedKind>> = {
  circular: 'lockdep-circular',
  recursive: 'lockdep-recursive',
  'irq-inversion': 'lockdep-inversion',
  'irq-unsafe-order': 'lockdep-inversion',
  'inconsistent-irq': 'lockdep-usage',
  unbalanced: 'lockdep-usage',
  'held-lock-initialized': 'lockdep-usage',
}

/** What is wrong of the order that locks are taken in is not said here: these rules are about one lock. */
const BROKEN_RULES: Readonly<Partial<Record<LockdepFound['splat']['kind'], string>>> = {
  unbalanced:
    'A lock is dropped that its task does not hold: it was dropped before, or by another task.',
  'held-lock-initialized':
    'Memory is freed, or given to somebody else, while a lock that lies in it is held: whoever drops it writes to what is not its own.',
}

/** What is concluded. */
type Conclusion = Pick<Explained, 'verdict' | 'confidence' | 'reasons' | 'lines'> &
  Partial<Pick<Explained, 'decides' | 'fixes' | 'place'>> & {
    /** The step of the circle that cannot happen, or that the fix takes away. */
    readonly breaks?: Step
  }

export function explainLockdep(found: LockdepFound): Explained {
  const { splat, first } = found
  const steps = stepsOf(found)
  const sides = reclaimSidesOf(found)
  const concluded = sides === undefined ? withoutReclaim(found, steps) : withReclaim(found, sides)
  const { breaks, ...conclusion } = concluded
  return {
    ...startOf(found),
    kind: KINDS[splat.kind],
    summary: summaryOf(found),
    tasks: tasksOf(found),
    locks: locksOf(found),
    chain: (steps.length > 0 ? steps : sidesAsSteps(sides)).map((step) => linkOf(step, breaks)),
    closed: steps.length > 1 || sides !== undefined,
    splat,
    ...conclusion,
    lines: conclusion.lines.length > 0 ? conclusion.lines : [first],
  }
}

function summaryOf({ splat, reporter }: LockdepFound): string {
  const who = reporter.comm ?? splat.task ?? 'a task'
  switch (splat.kind) {
    case 'circular':
      return `${who} takes ${splat.lock?.name ?? 'a lock'} while it holds ${splat.held?.name ?? 'another'}, and elsewhere the order is the other way round.`
    case 'recursive':
      return `${who} takes ${splat.lock?.name ?? 'a lock'} while it holds a lock of the same class.`
    case 'inconsistent-irq':
      return `${splat.lock?.name ?? 'A lock'} is used as {${splat.usages?.[0] ?? '?'}} and as {${splat.usages?.[1] ?? '?'}}.`
    case 'irq-inversion':
    case 'irq-unsafe-order':
      return `An interrupt takes a lock (${splat.irq ?? '?'}) whose order with ${splat.lock?.name ?? 'another'} is not safe.`
    case 'unbalanced':
      return `${who} drops ${splat.lock?.name ?? 'a lock'}, which it does not hold.`
    case 'held-lock-initialized':
      return `${who} frees memory in which a lock is held.`
  }
}

function tasksOf({ reporter, splat, first }: LockdepFound): Explained['tasks'] {
  const { comm, pid, work } = reporter
  if (comm === undefined) return []
  const stack = (splat.backtrace?.stack ?? []).filter((frame) => typeof frame !== 'string')
  return [
    {
      comm,
      ...(pid === undefined ? {} : { pid }),
      does: 'takes the lock that closes the circle',
      ...(work === undefined ? {} : { work: `${work.queue}: ${work.fn}` }),
      line: first,
      stack,
    },
  ]
}

function locksOf({ splat, heldLines, chainLines, first, reporter }: LockdepFound): ExplainedLock[] {
  const held = (splat.locks?.locks ?? []).map((lock, i) => ({
    name: lock.name,
    at: lock.at.at(-1)?.fn ?? '?',
    ...impliedBy(lock.name),
    ...(reporter.comm === undefined ? {} : { owner: reporter.comm }),
    line: heldLines[i] ?? first,
  }))
  const known = new Set(held.map(({ name }) => name))
  const chain = splat.chain.flatMap(({ lock, stack }, i) => {
    if (known.has(lock.name)) return []
    known.add(lock.name)
    return [
      {
        name: lock.name,
        at: stack[0]?.fn ?? '?',
        ...impliedBy(lock.name),
        line: chainLines[i]?.at ?? first,
      },
    ]
  })
  const used = [splat.lock, splat.held].flatMap((lock) => {
    if (lock === undefined || known.has(lock.name)) return []
    known.add(lock.name)
    return [
      { name: lock.name, at: lock.at.at(-1)?.fn ?? '?', ...impliedBy(lock.name), line: first },
    ]
  })
  return [...held, ...chain, ...used]
}

function impliedBy(name: string): { readonly implies?: string } {
  const scope = scopeOfLock(name)
  return scope === undefined ? {} : { implies: scope.scope }
}

function sidesAsSteps(sides: ReclaimSides | undefined): readonly Step[] {
  return sides === undefined ? [] : [sides.allocation, sides.entry]
}

function linkOf(step: Step, breaks: Step | undefined): ExplainedLink {
  return {
    what: step.takes,
    how: `taken while ${step.holds} is held`,
    line: step.line,
    stack: step.stack.frames,
    ...(step.line === breaks?.line && step.takes === breaks.takes ? { breaks: true as const } : {}),
  }
}

/** Reclaim is not part of it: scopes make no difference. */
function withoutReclaim(found: LockdepFound, steps: readonly Step[]): Conclusion {
  const { splat, first } = found
  const lines = steps.length > 0 ? steps.map(({ line }) => line) : [first]
  if (splat.kind === 'recursive') return recursiveConclusion(found)
  if (splat.kind === 'inconsistent-irq' && splat.lock?.name === FS_RECLAIM) {
    return reclaimInInterrupt(found)
  }
  const rule = BROKEN_RULES[splat.kind]
  if (rule !== undefined) {
    return {
      verdict: 'misuse',
      confidence: 'high',
      reasons: [rule, 'Memory reclaim is not part of it: scopes make no difference.'],
      lines,
    }
  }
  if (splat.kind === 'circular' && steps.length < 2) {
    return {
      verdict: 'cannot-tell',
      confidence: 'low',
      reasons: ['The chain is not in the log, so that nothing can be said of the circle.'],
      decides: ['The lines from "the existing dependency chain" on.'],
      lines,
    }
  }
  if (splat.kind === 'circular') {
    const delegated = steps.find(
      ({ takes, stack }) => isDelegated(takes) || waitForWorkOn(functionsOf(stack)) !== undefined,
    )
    return {
      verdict: 'deadlock',
      confidence: delegated === undefined ? 'low' : 'medium',
      reasons: [
        'Memory reclaim is not part of this circle: neither a scope nor GFP_NOFS makes a difference.',
        delegated === undefined
          ? 'lockdep sees classes of locks and not locks: it can happen if the same locks meet.'
          : `A task waits for a work item or a completion (${delegated.takes}) while it holds ${delegated.holds}, which the other side needs.`,
      ],
      lines,
    }
  }
  const reclaim = `${splat.irq ?? ''}${splat.usages?.join() ?? ''}`
    .toLowerCase()
    .includes('reclaim')
  return {
    verdict: reclaim ? 'cannot-tell' : 'deadlock',
    confidence: 'low',
    reasons: [
      reclaim
        ? 'A lock is taken in reclaim and held elsewhere while somebody allocates, but the log does not show both stacks.'
        : 'Interrupts are what it is about: memory reclaim is not part of it, and scopes make no difference.',
    ],
    ...(reclaim
      ? { decides: ['The stacks below "which became … -irq-unsafe" and at the end.'] }
      : {}),
    lines,
  }
}

/** fs_reclaim stands for a request that may reclaim: an interrupt makes one. */
function reclaimInInterrupt({ splat, first, last }: LockdepFound): Conclusion {
  const { usages, registered = [], backtrace } = splat
  const now = (backtrace?.stack ?? []).filter((frame) => typeof frame !== 'string')
  const [frames, line] = usages?.[1].startsWith('IN-') ? [now, last] : [registered, first]
  const request = requestOn({ frames, lines: frames.map(() => line) })
  const interrupt = usages?.some((usage) => usage.includes('SOFTIRQ')) ? 'softirq' : 'interrupt'
  return {
    verdict: 'wrong-context',
    confidence: frames.length > 0 ? 'high' : 'medium',
    reasons: [
      `${request === undefined ? 'Somebody' : `${request.fn}, called from ${request.caller},`} asks for memory in a ${interrupt} with flags that may reclaim and sleep (__GFP_DIRECT_RECLAIM).`,
      'A scope makes no difference: NOFS and NOIO restrict what reclaim does, and the request may sleep all the same.',
    ],
    fixes: [FIXES.noSleep],
    ...(request === undefined ? {} : { place: request }),
    lines: [first],
  }
}

/** A lock is taken while one of its class is held. */
function recursiveConclusion({ splat, first }: LockdepFound): Conclusion {
  const addresses = [splat.lock?.address, splat.held?.address]
  const [next, held] = addresses
  if (splat.lock?.name === FS_RECLAIM) {
    return {
      verdict: 'missing-scope',
      confidence: 'medium',
      reasons: ['Reclaim allocates with flags that let it enter reclaim again.'],
      fixes: [FIXES.scope],
      lines: [first],
    }
  }
  if (next !== undefined && next === held) {
    return {
      verdict: 'deadlock',
      confidence: 'high',
      reasons: [`Both addresses are ${next}: the task waits for a lock that it holds itself.`],
      lines: [first],
    }
  }
  return {
    verdict: 'cannot-tell',
    confidence: 'low',
    reasons: [
      'Two locks of one class are held at once. That is a deadlock if two tasks take them in different orders.',
    ],
    decides: [
      'Whether the code takes locks of this class in a fixed order: then a subclass (…_nested) says so.',
    ],
    lines: [first],
  }
}

function withReclaim(found: LockdepFound, sides: ReclaimSides): Conclusion {
  return (
    lost(sides) ??
    falseAlarm(sides) ??
    cut(sides) ??
    outside(sides) ??
    unclearScope(found, sides) ??
    contradicted(sides) ??
    missingScope(found, sides)
  )
}

/** One side of it is not in the log. */
function cut({ allocation, entry }: ReclaimSides): Conclusion | undefined {
  if (allocation.stack.frames.length > 1 && entry.stack.frames.length > 1) return undefined
  return {
    verdict: 'cannot-tell',
    confidence: 'low',
    reasons: [
      `Reclaim is part of the circle, but the stack that ${entry.stack.frames.length > 1 ? 'allocates' : 'takes the lock in reclaim'} is cut off.`,
    ],
    decides: ['The stacks of the whole chain.'],
    lines: [allocation.line, entry.line],
  }
}

/** lockdep thinks that the task is in reclaim, and its stack is not. */
function outside({ allocation, entry }: ReclaimSides): Conclusion | undefined {
  const functions = functionsOf(entry.stack)
  if (functions.some(isReclaimFunction)) return undefined
  return {
    verdict: 'cannot-tell',
    confidence: 'low',
    reasons: [
      `lockdep says that fs_reclaim is held where ${entry.takes} is taken, and no function of that stack is one of reclaim's (the outermost is ${functions.at(-1) ?? '?'}).`,
      'Either the stack is cut off, or something took fs_reclaim and did not drop it: then it is not about reclaim at all.',
    ],
    decides: [
      'The outer frames of that stack; and what the task did before, if they are all there.',
    ],
    lines: [entry.line, allocation.line],
  }
}

/** Somebody else allocates, for a task that waits while it holds the lock: a scope of that task does not reach so far. */
function lost({ allocation, entry, between }: ReclaimSides): Conclusion | undefined {
  const delegations = [allocation, ...between].filter(
    (step) =>
      isDelegated(step.takes) ||
      isDelegated(step.holds) ||
      waitForWorkOn(functionsOf(step.stack)) !== undefined,
  )
  const waiting =
    between.find((step) => isDelegated(step.takes) || waitForWorkOn(functionsOf(step.stack))) ??
    delegations[0]
  if (waiting === undefined) return undefined
  const functions = functionsOf(waiting.stack)
  const item = workFunctionOn(functionsOf(allocation.stack))
  const scoped =
    scopesHeldBy(functions) !== 0 ||
    [waiting.holds, ...between.map(({ holds }) => holds)].some((name) => scopeOfLock(name))
  const request = requestOn(allocation.stack)
  return {
    verdict: 'lost-scope',
    confidence: waiting.stack.frames.length === 0 ? 'low' : scoped ? 'high' : 'medium',
    reasons: [
      `${flusherOn(functions) ?? functions[0] ?? 'A task'} waits for ${waiting.takes} while it holds ${waiting.holds}, which reclaim takes (${entry.takes}).`,
      `The item${item === undefined ? '' : `, ${item},`} allocates on a worker with flags that may enter the filesystem: the delegation to ${delegations[0]?.takes === waiting.takes ? waiting.takes : (item ?? waiting.takes)} drops whatever scope the waiting task is in.`,
      scoped
        ? 'The waiting task is in a scope: what it holds, or a function on its stack, opens one.'
        : 'Whether the waiting task is in a scope the log does not show; if it is, that does not help.',
    ],
    fixes: [FIXES.convey, FIXES.scope],
    ...(request === undefined ? {} : { place: request }),
    breaks: allocation,
    lines: [waiting.line, allocation.line, entry.line],
  }
}

/** Reclaim takes the lock only of objects that nobody uses. */
function falseAlarm({ allocation, entry, between }: ReclaimSides): Conclusion | undefined {
  const functions = functionsOf(entry.stack)
  const why = disposerOn(functions, entry.takes)
  if (why === undefined) return undefined
  const user =
    between[0] !== undefined && between[0].holds === entry.takes ? between[0] : allocation
  const users = functionsOf(user.stack)
  if (users.some(isReclaimFunction)) return undefined
  const inUse = isOnObjectInUse(users)
  const request = requestOn(allocation.stack)
  return {
    verdict: 'false-alarm',
    confidence: inUse ? 'high' : users.length > 0 ? 'medium' : 'low',
    reasons: [
      `In reclaim, ${entry.takes} is taken by ${functions.find((name) => !/lock|down_/.test(name)) ?? functions[0]}: ${why}.`,
      inUse
        ? `The other side works on an object that somebody uses (${users.find((name) => isOnObjectInUse([name]))}): the two locks are of one class, and never the same lock.`
        : 'The other side does not show a system call on the object; if it is in use there, the two locks are never the same.',
      'A NOFS scope would silence lockdep, and weaken reclaim for nothing.',
    ],
    ...(inUse ? {} : { decides: ['Whether the object on the allocating side has a reference.'] }),
    fixes: [FIXES.nolockdep],
    ...(request === undefined ? {} : { place: request }),
    breaks: entry,
    lines: [entry.line, allocation.line],
  }
}

/** A lock of the chain implies a scope, and the task that allocates is not seen to hold it. */
function unclearScope(
  { splat, heldLines }: LockdepFound,
  { allocation, entry, between, allocatesNow }: ReclaimSides,
): Conclusion | undefined {
  const implied = [...between, entry].flatMap(({ takes, holds }) =>
    [takes, holds].flatMap((name) => {
      const scope = scopeOfLock(name)
      return scope === undefined ? [] : [{ name, scope }]
    }),
  )[0]
  if (implied === undefined) return undefined
  const held = splat.locks?.locks.map(({ name }) => name) ?? []
  if (scopeOfLock(allocation.holds) !== undefined) return undefined
  if (allocatesNow && held.some((name) => scopeOfLock(name) !== undefined)) return undefined
  const listed = allocatesNow && splat.locks !== undefined
  return {
    verdict: 'cannot-tell',
    confidence: listed ? 'medium' : 'low',
    reasons: [
      `Holders of ${implied.name} are in a ${implied.scope.scope} scope: ${implied.scope.source}.`,
      listed
        ? `The task that allocates under ${allocation.holds} does not hold ${implied.name}: on this path there is no transaction, and so no scope.`
        : `Whether the task that allocated under ${allocation.holds} held ${implied.name} too, the log does not show.`,
      `Elsewhere ${allocation.holds} is taken under ${implied.name}. Either these are locks of different inodes or filesystems, of one class, and the circle never closes; or the path outside of a transaction lacks a scope.`,
    ],
    decides: [
      `A trace of the allocation with its task flags: is ${requestOn(allocation.stack)?.fn ?? 'it'} ever called in a scope?`,
      'A second report with the same locks and another stack, or one that has addresses of all locks.',
      'The owner of the code: can both paths run on one inode?',
    ],
    fixes: [FIXES.scope, FIXES.nolockdep],
    ...placeOf(allocation),
    lines: [allocation.line, entry.line, ...heldLines],
  }
}

/** What the task holds, or a function on its stack, opens a scope, and still lockdep saw __GFP_FS. */
function contradicted({ allocation, entry }: ReclaimSides): Conclusion | undefined {
  const scope = scopeOfLock(allocation.holds)
  const functions = functionsOf(allocation.stack)
  if (scope === undefined && scopesHeldBy(functions) === 0) return undefined
  return {
    verdict: 'lost-scope',
    confidence: 'low',
    reasons: [
      scope === undefined
        ? 'A function on the stack holds a scope around all that it calls, and still the allocation may enter the filesystem.'
        : `Holders of ${allocation.holds} are in a ${scope.scope} scope (${scope.source}), and still the allocation may enter the filesystem.`,
      'Lockdep looks at the flags after the scope was applied: the scope was closed too early, or this kernel does not open it yet.',
    ],
    decides: ['A trace of the task flags between where the scope is opened and the allocation.'],
    fixes: [FIXES.scope],
    ...placeOf(allocation),
    breaks: allocation,
    lines: [allocation.line, entry.line],
  }
}

/** The circle can happen: a scope keeps out of it where reclaim asks for one. */
function missingScope(
  { splat, heldLines }: LockdepFound,
  { allocation, entry, between, allocatesNow }: ReclaimSides,
): Conclusion {
  const functions = functionsOf(entry.stack)
  const gate = gateOf(functions)
  const shrinker = shrinkerOn(functions)
  const request = requestOn(allocation.stack)
  const holds = splat.locks?.locks.some(({ name }) => name === allocation.holds) ?? false
  const lines = [allocation.line, entry.line, ...(allocatesNow ? heldLines : [])]
  const [verdict, confidence]: [LogVerdict, LogConfidence] =
    gate === undefined
      ? ['deadlock', 'medium']
      : ['missing-scope', between.length === 0 && (!allocatesNow || holds) ? 'high' : 'medium']
  const first = `${request?.fn ?? 'A function'}, called from ${request?.caller ?? '?'}, allocates with flags that may enter the filesystem while ${allocation.holds} is held.`
  if (gate !== undefined) {
    return {
      verdict,
      confidence,
      reasons: [
        first,
        `Reclaim then takes ${entry.takes} (${functions[0] ?? '?'}). Nothing known keeps it from the same lock.`,
        `A NOFS request does not come so far: ${gate}.`,
      ],
      fixes: [FIXES.scope],
      ...placeOf(allocation),
      breaks: allocation,
      lines,
    }
  }
  return {
    verdict,
    confidence,
    reasons: [
      first,
      `${shrinker === undefined ? 'Reclaim' : `The shrinker ${shrinker}`} takes ${entry.takes} and waits for it, of objects that are in use.`,
      `${shrinker === undefined ? 'It' : shrinker} is not known to look at the flags of the request: GFP_NOFS or a scope at the allocation would not keep out of it.`,
    ],
    fixes: [FIXES.defer, FIXES.scope],
    ...placeOf(allocation),
    breaks: entry,
    lines,
  }
}

function placeOf({ stack }: Step): Pick<Conclusion, 'place'> {
  const place = requestOn(stack)
  return place === undefined ? {} : { place }
}
