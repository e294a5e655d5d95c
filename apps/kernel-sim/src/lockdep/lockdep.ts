/**
 * Lockdep: the kernel's lock validator (kernel/locking/lockdep.c). It watches executions, remembers in which order classes of
 * locks were taken, and warns when two orders could close a circle, whether or not that happened. It sees classes,
 * not locks, and one execution after the other, not all of them: so it warns of what cannot happen, and is silent about
 * what it has not seen. It cannot follow a scope through a work item.
 *
 * Reclaim that may enter the filesystem is a lock to it, `fs_reclaim`: an allocation takes and drops it, and whatever reclaim
 * takes is taken under it. A work item is one as well: held while it runs, taken and dropped by who waits for it.
 */
import {
  bitsOf,
  conflicts,
  effective,
  IRQS,
  type Irq,
  insideIrq,
  irqOf,
  isEnabled,
  opposites,
  usageBit,
  usageText,
} from './irq-usage.js'
import { LockGraph, type LockOrder, type Mode, type Taken } from './lock-graph.js'
import {
  circular,
  heldFreed,
  inconsistent,
  inversion,
  recursive,
  unbalanced,
  unsafeOrder,
  type Watching,
} from './make-splat.js'
import { printSplat } from './print-splat.js'
import type { Splat } from './splat.js'

interface Held extends Taken {
  readonly trylock: boolean
  /** The lock itself, where the class is not all. */
  readonly instance: unknown
  /** In which interrupt it was taken; none for the task's own code. */
  readonly context: Irq | null
}

/** What lockdep knows of a task. */
interface Watched {
  readonly held: Held[]
  /** The interrupts that can come. */
  readonly enabled: Set<Irq>
  /** The interrupts that it is in, the innermost last. */
  readonly inside: Irq[]
}

export class Lockdep {
  readonly splats: Splat[] = []
  /** A report is made once. */
  readonly #texts = new Set<string>()
  readonly #graph = new LockGraph()
  /** What would close a circle, and is not in the graph. */
  readonly #closing: LockOrder[] = []
  readonly #usage = new Map<string, number>()
  readonly #tasks = new Map<string, Watched>()

  /** In which order locks were taken, those included that it warned of. */
  get order(): readonly LockOrder[] {
    return [...this.#graph.edges(), ...this.#closing]
  }

  /**
   * A task takes a lock.
   * @param instance which lock of the class it is; needed to tell one from another.
   * @param at the function that takes it.
   */
  acquire(
    task: string,
    lock: string,
    mode: Mode = 'write',
    { trylock = false, instance = lock as unknown, at = task } = {},
  ): void {
    const watched = this.#watched(task)
    const { held, inside } = watched
    const next: Held = { lock, mode, at, trylock, instance, context: inside.at(-1) ?? null }
    this.#markUsage(task, watched, next)
    // A trylock does not wait: it closes no circle itself.
    if (!trylock) this.#validate(task, held, next)
    held.push(next)
  }

  /** A task drops a lock. */
  release(task: string, lock: string, instance: unknown = lock): void {
    const { held } = this.#watched(task)
    const mine = held.filter((each) => each.lock === lock && each.instance === instance)
    const latest = mine.at(-1)
    if (latest === undefined) this.#report(unbalanced(this.#watching(task), lock))
    else held.splice(held.lastIndexOf(latest), 1)
  }

  /** A task drops whatever it holds of this instance, if anything. */
  releaseInstance(task: string, instance: unknown): void {
    const { held } = this.#watched(task)
    const at = held.findIndex((each) => each.instance === instance)
    if (at >= 0) held.splice(at, 1)
  }

  /** Somebody initializes a lock. */
  initialize(task: string, lock: string, instance: unknown = lock): void {
    if (this.#watched(task).held.some((each) => each.instance === instance)) {
      this.#report(heldFreed(this.#watching(task), lock))
    }
  }

  /** local_irq_disable, local_bh_disable. */
  disable(task: string, irq: Irq): void {
    this.#watched(task).enabled.delete(irq)
  }

  /** local_irq_enable, local_bh_enable: what is held now is held while the interrupt can come. */
  enable(task: string, irq: Irq): void {
    const watched = this.#watched(task)
    watched.enabled.add(irq)
    // A softirq runs when hardirqs are enabled too, after one of them.
    if (!watched.enabled.has('HARDIRQ')) return
    for (const possible of IRQS.filter((each) => each === irq || watched.enabled.has(each))) {
      for (const held of watched.held) {
        this.#mark(task, held, usageBit(possible, true, held.mode))
      }
    }
  }

  /** An interrupt comes, in whatever the task does. None of its kind comes before it is over. */
  enter(task: string, irq: Irq): void {
    this.disable(task, irq)
    this.#watched(task).inside.push(irq)
  }

  /** It is over. */
  exit(task: string, irq: Irq): void {
    this.#watched(task).inside.pop()
    this.enable(task, irq)
  }

  /** The classes that a task holds, in order, and which interrupts can come, as a text that tells one list from another. */
  heldBy(task: string): string {
    const { held, enabled } = this.#watched(task)
    return [
      ...held.map(({ lock, mode }) => `${lock} ${mode}`),
      ...IRQS.filter((irq) => enabled.has(irq)),
    ].join()
  }

  /** A task drops all that it still holds, as when the execution ends. */
  forget(): void {
    this.#tasks.clear()
  }

  #watched(task: string): Watched {
    let watched = this.#tasks.get(task)
    if (watched === undefined) {
      watched = { held: [], enabled: new Set(IRQS), inside: [] }
      this.#tasks.set(task, watched)
    }
    return watched
  }

  #validate(task: string, held: readonly Held[], next: Held): void {
    const same = held.find(({ lock }) => lock === next.lock)
    if (same) {
      const reads = next.mode === 'recursive-read' && same.mode !== 'write'
      if (!reads) {
        this.#report(recursive(this.#watching(task), next, same))
        this.#close(same, next)
      }
      return
    }
    for (const prev of [...held].reverse()) {
      // What an interrupt takes does not depend on what it interrupted.
      if (prev.context !== next.context) break
      const circle = this.#graph.forwards(
        next,
        ({ lock, onlyRecursive }) =>
          lock === prev.lock && (prev.mode === 'write' || !onlyRecursive),
      )
      if (circle) {
        const place = (first: string, second: string) => this.#graph.place(first, second)
        this.#report(circular(this.#watching(task), next, prev, { classes: circle, place }))
        this.#close(prev, next)
        return
      }
      if (this.#breaksIrqOrder(task, prev, next)) return
      this.#graph.add(prev, next)
      // What came before a lock that was waited for has been linked to it already.
      if (!prev.trylock) break
    }
  }

  #markUsage(task: string, { enabled, inside }: Watched, next: Held): void {
    if (!next.trylock) {
      for (const irq of inside) this.#mark(task, next, usageBit(irq, false, next.mode))
    }
    if (!enabled.has('HARDIRQ')) return
    for (const irq of enabled) this.#mark(task, next, usageBit(irq, true, next.mode))
  }

  /** A class is used in a way that is new to it (mark_lock). */
  #mark(task: string, taken: Taken, bit: number): void {
    const before = this.#usageOf(taken.lock)
    if ((before >>> bit) & 1) return
    this.#usage.set(taken.lock, before | (1 << bit))
    const clash = bitsOf(before & conflicts(bit))[0]
    if (clash !== undefined) {
      this.#report(inconsistent(this.#watching(task), taken, { before: clash, after: bit }))
      return
    }
    const clashes = this.#using(opposites(bit))
    const way = isEnabled(bit)
      ? this.#graph.backwards(taken, clashes)
      : this.#graph.forwards(taken, clashes)
    const other = way?.at(-1)
    if (other !== undefined) {
      const about = { other, unsafe: isEnabled(bit), irq: irqOf(bit) }
      this.#report(inversion(this.#watching(task), taken, about))
    }
  }

  #close({ lock: held }: Taken, { lock: taken, at }: Taken): void {
    const known = this.#closing.some((each) => each.held === held && each.taken === taken)
    if (!known) this.#closing.push({ held, taken, at })
  }

  /** Returns true if a new dependency leads from a lock that an interrupt takes to one held while it can come. */
  #breaksIrqOrder(task: string, prev: Taken, next: Taken): boolean {
    let inside = 0
    this.#graph.backwards(prev, ({ lock, onlyRecursive }) => {
      inside |= insideIrq(effective(this.#usageOf(lock), onlyRecursive))
      return false
    })
    for (const bit of bitsOf(inside)) {
      const unsafe = this.#graph.forwards(next, this.#using(opposites(bit)))?.at(-1)
      const safe = this.#graph.backwards(prev, this.#using(1 << bit))?.at(-1)
      if (unsafe === undefined || safe === undefined) continue
      const about = { safe, unsafe, irq: irqOf(bit) }
      this.#report(unsafeOrder(this.#watching(task), next, prev, about))
      return true
    }
    return false
  }

  #using(bits: number) {
    return ({ lock, onlyRecursive }: { lock: string; onlyRecursive: boolean }): boolean =>
      (effective(this.#usageOf(lock), onlyRecursive) & bits) !== 0
  }

  #usageOf(lock: string): number {
    return this.#usage.get(lock) ?? 0
  }

  /** What a report says of the task. */
  #watching(task: string): Watching {
    return {
      task,
      held: this.#watched(task).held,
      usage: (lock) => usageText(this.#usageOf(lock)),
    }
  }

  #report(splat: Splat): void {
    const text = printSplat(splat)
    if (this.#texts.has(text)) return
    this.#texts.add(text)
    this.splats.push(splat)
  }
}
