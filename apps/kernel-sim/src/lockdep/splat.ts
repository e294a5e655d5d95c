/** Splat: what lockdep reports, in the form of the kernel's (print_circular_bug and its kin), without addresses and offsets. */
import { type Irq, usageName } from './irq-usage.js'
import type { Taken } from './lock-graph.js'

/** What lockdep found wrong. */
export interface Splat {
  readonly kind:
    | 'recursive'
    | 'circular'
    | 'unbalanced'
    | 'held-lock-initialized'
    | 'inconsistent-irq'
    | 'irq-inversion'
    | 'irq-unsafe-order'
  /** The report, as the kernel prints it. */
  readonly text: string
}

/** What a report needs to say which locks are held. */
export interface HeldLines {
  readonly held: readonly Taken[]
  /** How a class is used, as `{+.+.}`. */
  readonly usage: (lock: string) => string
}

export function recursive(task: string, next: Taken, prev: Taken, lines: HeldLines): Splat {
  return splat('recursive', 'WARNING: possible recursive locking detected', [
    ...trying(task, next, prev, lines),
    '',
    'other info that might help us debug this:',
    ' Possible unsafe locking scenario:',
    '',
    '       CPU0',
    '       ----',
    `  lock(${prev.lock});`,
    `  lock(${next.lock});`,
    '',
    ' *** DEADLOCK ***',
    '',
    ' May be due to missing lock nesting notation',
    '',
    ...heldBy(task, lines),
  ])
}

/** @param circle from the lock that is taken to the one that is held. */
export function circular(
  task: string,
  next: Taken,
  prev: Taken,
  circle: readonly string[],
  place: (held: string, taken: string) => string,
  lines: HeldLines,
): Splat {
  const middle = circle.length > 2 ? circle.at(-2) : undefined
  const known = circle.slice(1).map((lock, at) => {
    const held = circle[at] ?? ''
    return [`-> #${at + 1} (${lock})${lines.usage(lock)}:`, `       ${place(held, lock)}`, '']
  })
  return splat('circular', 'WARNING: possible circular locking dependency detected', [
    ...trying(task, next, prev, lines),
    '',
    'which lock already depends on the new lock.',
    '',
    '',
    'the existing dependency chain (in reverse order) is:',
    '',
    ...known.reverse().flat(),
    `-> #0 (${next.lock})${lines.usage(next.lock)}:`,
    `       ${next.at}`,
    '',
    'other info that might help us debug this:',
    '',
    ...(middle === undefined
      ? []
      : ['Chain exists of:', `  ${next.lock} --> ${middle} --> ${prev.lock}`, '']),
    ' Possible unsafe locking scenario:',
    '',
    ...two([`lock(${prev.lock});`], [`lock(${middle ?? next.lock});`, `lock(${prev.lock});`]),
    `  lock(${next.lock});`,
    '',
    ' *** DEADLOCK ***',
    '',
    ...heldBy(task, lines),
  ])
}

export function unbalanced(task: string, lock: string, lines: HeldLines): Splat {
  return splat('unbalanced', 'WARNING: bad unlock balance detected!', [
    `${task} is trying to release lock (${lock}) at:`,
    `${task}`,
    'but there are no more locks to release!',
    '',
    'other info that might help us debug this:',
    ...heldBy(task, lines),
  ])
}

export function heldFreed(task: string, lock: string, lines: HeldLines): Splat {
  return splat('held-lock-initialized', 'WARNING: held lock freed!', [
    `${task} is freeing memory of ${lock}, with a lock still held there!`,
    ...heldBy(task, lines),
  ])
}

/** @param before how the class was used until now, and `after` how it is used now: numbers of bits. */
export function inconsistent(
  task: string,
  taken: Taken,
  before: number,
  after: number,
  lines: HeldLines,
): Splat {
  return splat('inconsistent-irq', 'WARNING: inconsistent lock state', [
    `inconsistent {${usageName(before)}} -> {${usageName(after)}} usage.`,
    `${task} takes:`,
    at(taken, lines),
    '',
    'other info that might help us debug this:',
    ' Possible unsafe locking scenario:',
    '',
    '       CPU0',
    '       ----',
    `  lock(${taken.lock});`,
    '  <Interrupt>',
    `    lock(${taken.lock});`,
    '',
    ' *** DEADLOCK ***',
    '',
    ...heldBy(task, lines),
  ])
}

/** @param unsafe whether the lock was just held while the interrupt can come; else the interrupt just took it. */
export function inversion(
  task: string,
  taken: Taken,
  other: string,
  unsafe: boolean,
  irq: Irq,
  lines: HeldLines,
): Splat {
  const [inside, outside] = unsafe ? [other, taken.lock] : [taken.lock, other]
  return splat('irq-inversion', 'WARNING: possible irq lock inversion dependency detected', [
    `${task} just changed the state of lock:`,
    at(taken, lines),
    unsafe
      ? `but this lock was taken by another, ${irq}-safe lock in the past:`
      : `but this lock took another, ${irq}-unsafe lock in the past:`,
    ` (${other})${lines.usage(other)}`,
    '',
    'and interrupts could create inverse lock ordering between them.',
    '',
    'other info that might help us debug this:',
    ...interrupted(inside, outside),
    ...heldBy(task, lines),
  ])
}

/** @param safe a lock that the interrupt takes, and `unsafe` one that is held while it can come. */
export function unsafeOrder(
  task: string,
  next: Taken,
  prev: Taken,
  safe: string,
  unsafe: string,
  irq: Irq,
  lines: HeldLines,
): Splat {
  const title = `WARNING: ${irq}-safe -> ${irq}-unsafe lock order detected`
  return splat('irq-unsafe-order', title, [
    `${task} is trying to acquire:`,
    at(next, lines),
    '',
    'and this task is already holding:',
    at(prev, lines),
    'which would create a new lock dependency:',
    ` (${prev.lock})${lines.usage(prev.lock)} -> (${next.lock})${lines.usage(next.lock)}`,
    '',
    `but this new dependency connects a ${irq}-irq-safe lock:`,
    ` (${safe})${lines.usage(safe)}`,
    '',
    `to a ${irq}-irq-unsafe lock:`,
    ` (${unsafe})${lines.usage(unsafe)}`,
    '',
    'other info that might help us debug this:',
    '',
    ...interrupted(safe, unsafe),
    ...heldBy(task, lines),
  ])
}

function splat(kind: Splat['kind'], title: string, lines: readonly string[]): Splat {
  const rule = (character: string) => character.repeat(title.length)
  return { kind, text: [rule('='), title, rule('-'), ...lines, ''].join('\n') }
}

function trying(task: string, next: Taken, prev: Taken, lines: HeldLines): string[] {
  return [
    `${task} is trying to acquire lock:`,
    at(next, lines),
    '',
    'but task is already holding lock:',
    at(prev, lines),
  ]
}

function at({ lock, at }: Taken, { usage }: HeldLines): string {
  return ` (${lock})${usage(lock)}, at: ${at}`
}

function interrupted(inside: string, outside: string): string[] {
  return [
    ' Possible interrupt unsafe locking scenario:',
    '',
    ...two(
      [`lock(${outside});`],
      ['local_irq_disable();', `lock(${inside});`, `lock(${outside});`],
    ),
    '  <Interrupt>',
    `    lock(${inside});`,
    '',
    ' *** DEADLOCK ***',
    '',
  ]
}

/** What two CPUs do, one after the other. */
function two(first: readonly string[], second: readonly string[]): string[] {
  return [
    '       CPU0                    CPU1',
    '       ----                    ----',
    ...first.map((line) => `  ${line}`),
    ...second.map((line) => `${' '.repeat(31)}${line}`),
  ]
}

function heldBy(task: string, { held, usage }: HeldLines): string[] {
  const count =
    held.length === 0 ? 'no locks' : `${held.length} ${held.length === 1 ? 'lock' : 'locks'}`
  return [
    `${count} held by ${task}:`,
    ...held.map(({ lock, at }, index) => ` #${index}: (${lock})${usage(lock)}, at: ${at}`),
  ]
}
