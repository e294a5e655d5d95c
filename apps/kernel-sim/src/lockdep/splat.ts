/**
 * Splat: what lockdep reports, as data. print-splat.ts makes the kernel's text of it, parse-splat.ts makes it of the kernel's
 * text. A part that is missing was not printed, or was lost on the way.
 */
import type { Frame } from './frame.js'

/** What lockdep found wrong. */
export type SplatKind =
  | 'recursive'
  | 'circular'
  | 'unbalanced'
  | 'held-lock-initialized'
  | 'inconsistent-irq'
  | 'irq-inversion'
  | 'irq-unsafe-order'

/** A class of locks, with the ways in which its locks were taken so far. */
export interface LockClass {
  /** `&ei->xattr_sem`, `(wq_completion)xfs-cil`; a subclass behind `/`. */
  readonly name: string
  /** `{+.+.}-{3:3}`: in which interrupts it was taken, and what it may wait for. */
  readonly usage: string
}

/** A lock that is held, or about to be taken. */
export interface LockUse extends LockClass {
  /** Which lock of the class it is, since 4.12. */
  readonly address?: string
  /** Where it is taken: one frame, and those that the compiler put into it. */
  readonly at: readonly Frame[]
}

/** A link of the chain: the lock was taken, at this stack, while the lock of the link below it was held. */
export interface ChainLink {
  /** 0 for the lock that is being taken now. */
  readonly depth: number
  readonly lock: LockClass
  readonly stack: readonly Frame[]
}

/** What CPUs do, one line after the other, to deadlock. */
export interface UnsafeScenario {
  readonly interrupt: boolean
  readonly steps: readonly { readonly cpu: 0 | 1; readonly does: string }[]
  readonly cpus: 1 | 2
}

export interface HeldLocks {
  readonly task: string
  readonly locks: readonly LockUse[]
  /** How many the kernel says there are. */
  readonly count: number
}

/** The stack of the task that reports. */
export interface Backtrace {
  /** `CPU: …`, `Hardware name: …`, `Workqueue: …`. */
  readonly head: readonly string[]
  /** `Call Trace:`; `Call trace:` on arm64. */
  readonly heading: string
  /** Frames, and marks between them such as `<TASK>`; null where it is cut off before `Call Trace:`. */
  readonly stack: readonly (Frame | string)[] | null
}

export interface Splat {
  readonly kind: SplatKind
  /** `WARNING: possible circular locking dependency detected`; `[ INFO: … ]` before 4.11. */
  readonly title: string
  /** How long the rules above and below the title are; 0 for none. */
  readonly above: number
  readonly below: number
  /** `5.19.0-rc2+ #1 Not tainted` */
  readonly kernel?: string
  /** Who does it: `kswapd0/111`. */
  readonly task?: string
  /** The lock that is being taken, dropped, freed, or used in a new way. */
  readonly lock?: LockUse
  /** The lock that is held already. */
  readonly held?: LockUse
  /** For usages that do not go together: `IN-HARDIRQ-W` and `HARDIRQ-ON-W`. */
  readonly usages?: readonly [before: string, now: string]
  /** What the task is in: `[HC0[0]:SC0[0]:HE1:SE1]`. */
  readonly contexts?: string
  /** The other lock, which interrupts take, or are kept out of. */
  readonly other?: LockClass
  /** True if the other lock is the one that the interrupt takes. */
  readonly otherIsSafe?: boolean
  /** The interrupt that it is about: `HARDIRQ`, `RECLAIM_FS`. */
  readonly irq?: string
  /** For an order that interrupts do not allow: from the class that an interrupt takes to the one held while it can come. */
  readonly order?: { readonly safe: LockClass; readonly unsafe: LockClass }
  /** From the lock that is held down to the one that is being taken. */
  readonly chain: readonly ChainLink[]
  /** Where the chain is longer than two: three of its classes. */
  readonly exists?: readonly string[]
  readonly scenario?: UnsafeScenario
  readonly locks?: HeldLocks
  readonly backtrace?: Backtrace
  /** Where the earlier usage was seen. */
  readonly registered?: readonly Frame[]
  /** Lines of kinds that are not taken apart: usages and dependencies of locks that interrupts take. */
  readonly details?: readonly string[]
}
