/** Make splat: the reports of this package's lockdep, from what it watched. They have no addresses and no offsets. */
import { type Irq, usageName } from './irq-usage.js'
import type { Taken } from './lock-graph.js'
import type { LockClass, LockUse, Splat, SplatKind, UnsafeScenario } from './splat.js'

/** What a report needs to know of a task's locks. */
export interface Watching {
  readonly task: string
  readonly held: readonly Taken[]
  /** How a class is used, as `{+.+.}`. */
  readonly usage: (lock: string) => string
}

export function recursive(watching: Watching, next: Taken, prev: Taken): Splat {
  return {
    ...base('recursive', 'WARNING: possible recursive locking detected', watching),
    lock: useOf(next, watching),
    held: useOf(prev, watching),
    scenario: onOneCpu(`lock(${prev.lock});`, `lock(${next.lock});`),
  }
}

/** What closes a circle. */
export interface Circle {
  /** The classes, from the lock that is taken to the one that is held. */
  readonly classes: readonly string[]
  /** The function that took a lock under another one. */
  readonly place: (held: string, taken: string) => string
}

export function circular(
  watching: Watching,
  next: Taken,
  prev: Taken,
  { classes: circle, place }: Circle,
): Splat {
  const middle = circle.length > 2 ? circle.at(-2) : undefined
  const known = circle.slice(1).map((lock, at) => ({
    depth: at + 1,
    lock: classOf(lock, watching),
    stack: [{ fn: place(circle[at] ?? '', lock) }],
  }))
  return {
    ...base('circular', 'WARNING: possible circular locking dependency detected', watching),
    lock: useOf(next, watching),
    held: useOf(prev, watching),
    chain: [
      ...known.reverse(),
      { depth: 0, lock: classOf(next.lock, watching), stack: [{ fn: next.at }] },
    ],
    ...(middle === undefined ? {} : { exists: [next.lock, middle, prev.lock] }),
    scenario: {
      interrupt: false,
      cpus: 2,
      steps: [
        { cpu: 0, does: `lock(${prev.lock});` },
        { cpu: 1, does: `lock(${middle ?? next.lock});` },
        { cpu: 1, does: `lock(${prev.lock});` },
        { cpu: 0, does: `lock(${next.lock});` },
      ],
    },
  }
}

export function unbalanced(watching: Watching, lock: string): Splat {
  return {
    ...base('unbalanced', 'WARNING: bad unlock balance detected!', watching),
    lock: { name: lock, usage: '', at: [{ fn: watching.task }] },
  }
}

export function heldFreed(watching: Watching, lock: string): Splat {
  return {
    ...base('held-lock-initialized', 'WARNING: held lock freed!', watching),
    lock: { name: lock, usage: '', at: [] },
  }
}

/** @param before how the class was used until now, and `after` how it is used now: numbers of bits. */
export function inconsistent(
  watching: Watching,
  taken: Taken,
  { before, after }: { readonly before: number; readonly after: number },
): Splat {
  return {
    ...base('inconsistent-irq', 'WARNING: inconsistent lock state', watching),
    usages: [usageName(before), usageName(after)],
    lock: useOf(taken, watching),
    scenario: onOneCpu(`lock(${taken.lock});`, '<Interrupt>', `  lock(${taken.lock});`),
  }
}

/** @param unsafe true if the lock was just held while the interrupt can come; else the interrupt just took it. */
export function inversion(
  watching: Watching,
  taken: Taken,
  { other, unsafe, irq }: { readonly other: string; readonly unsafe: boolean; readonly irq: Irq },
): Splat {
  const [inside, outside] = unsafe ? [other, taken.lock] : [taken.lock, other]
  return {
    ...base('irq-inversion', 'WARNING: possible irq lock inversion dependency detected', watching),
    lock: useOf(taken, watching),
    other: classOf(other, watching),
    otherIsSafe: unsafe,
    irq,
    scenario: interrupted(inside, outside),
  }
}

/** @param order a lock that the interrupt takes (safe), and one that is held while it can come (unsafe). */
export function unsafeOrder(
  watching: Watching,
  next: Taken,
  prev: Taken,
  { safe, unsafe, irq }: { readonly safe: string; readonly unsafe: string; readonly irq: Irq },
): Splat {
  const title = `WARNING: ${irq}-safe -> ${irq}-unsafe lock order detected`
  return {
    ...base('irq-unsafe-order', title, watching),
    lock: useOf(next, watching),
    held: useOf(prev, watching),
    order: { safe: classOf(safe, watching), unsafe: classOf(unsafe, watching) },
    irq,
    scenario: interrupted(safe, unsafe),
  }
}

function base(kind: SplatKind, title: string, watching: Watching) {
  const { task, held } = watching
  return {
    kind,
    title,
    above: title.length,
    below: title.length,
    task,
    chain: [],
    locks: { task, count: held.length, locks: held.map((each) => useOf(each, watching)) },
  } as const
}

function classOf(name: string, { usage }: Watching): LockClass {
  return { name, usage: usage(name) }
}

function useOf({ lock, at }: Taken, watching: Watching): LockUse {
  return { ...classOf(lock, watching), at: [{ fn: at }] }
}

function onOneCpu(...does: readonly string[]): UnsafeScenario {
  return { interrupt: false, cpus: 1, steps: does.map((each) => ({ cpu: 0, does: each })) }
}

function interrupted(inside: string, outside: string): UnsafeScenario {
  return {
    interrupt: true,
    cpus: 2,
    steps: [
      { cpu: 0, does: `lock(${outside});` },
      { cpu: 1, does: 'local_irq_disable();' },
      { cpu: 1, does: `lock(${inside});` },
      { cpu: 1, does: `lock(${outside});` },
      { cpu: 0, does: '<Interrupt>' },
      { cpu: 0, does: `  lock(${inside});` },
    ],
  }
}
