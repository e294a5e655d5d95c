/**
 * Lockdep: the kernel's lock validator (kernel/locking/lockdep.c). It watches executions, remembers in which order classes of
 * locks were taken, and warns when two orders could close a circle, whether or not that happened. It sees classes,
 * not locks, and one execution after the other, not all of them: so it warns of what cannot happen, and is silent about
 * what it has not seen. It cannot follow a scope through a work item.
 *
 * Reclaim that may enter the filesystem is a lock to it, `fs_reclaim`: an allocation takes and drops it, and whatever reclaim
 * takes is taken under it. A work item is one as well: held while it runs, taken and dropped by who waits for it.
 */

/** How a lock is taken: alone; shared, but not twice; shared, and again by the same task (rwlock readers). */
export type Mode = 'write' | 'read' | 'recursive-read'

/** What lockdep found wrong. */
export interface Splat {
  readonly kind: 'recursive' | 'circular' | 'unbalanced' | 'held-lock-initialized'
  /** The report, as the kernel prints it. */
  readonly text: string
}

interface Held {
  readonly lock: string
  readonly mode: Mode
  readonly trylock: boolean
  /** The lock itself, where the class is not all. */
  readonly instance: unknown
}

/** Kinds of dependency: whether the first lock was held shared, and whether the second was a recursive read. */
const DEP_EN = 1
const DEP_ER = 2
const DEP_SN = 4
const DEP_SR = 8

function dependency(before: Held, after: Held): number {
  if (before.mode === 'write') return after.mode === 'recursive-read' ? DEP_ER : DEP_EN
  return after.mode === 'recursive-read' ? DEP_SR : DEP_SN
}

export class Lockdep {
  readonly splats: Splat[] = []
  /** For each class those that were taken under it, with the kinds of dependency. */
  readonly #after = new Map<string, Map<string, number>>()
  readonly #held = new Map<string, Held[]>()

  /** A task takes a lock. @param instance which lock of the class it is; needed to tell one from another. */
  acquire(
    task: string,
    lock: string,
    mode: Mode = 'write',
    { trylock = false, instance = lock as unknown } = {},
  ): void {
    const next: Held = { lock, mode, trylock, instance }
    const held = this.#heldBy(task)
    // A trylock does not wait: it closes no circle itself.
    if (!trylock) this.#validate(task, held, next)
    held.push(next)
  }

  /** A task drops a lock. */
  release(task: string, lock: string, instance: unknown = lock): void {
    const held = this.#heldBy(task)
    const at = lastIndex(held, lock, instance)
    if (at < 0) {
      this.#report('unbalanced', [
        'WARNING: bad unlock balance detected!',
        `${task} is trying to release lock (${lock}) at:`,
        'but there are no more locks to release!',
        ...this.#lines(task),
      ])
    } else held.splice(at, 1)
  }

  /** Somebody initializes a lock. */
  initialize(task: string, lock: string, instance: unknown = lock): void {
    if (this.#heldBy(task).some((each) => each.instance === instance)) {
      this.#report('held-lock-initialized', [
        'WARNING: held lock freed!',
        `${task} is freeing memory of ${lock}, with a lock still held there!`,
        ...this.#lines(task),
      ])
    }
  }

  /** A task drops all that it still holds, as when the execution ends. */
  forget(): void {
    this.#held.clear()
  }

  #heldBy(task: string): Held[] {
    let held = this.#held.get(task)
    if (held === undefined) {
      held = []
      this.#held.set(task, held)
    }
    return held
  }

  #validate(task: string, held: readonly Held[], next: Held): void {
    for (const prev of held) {
      if (prev.lock !== next.lock) continue
      if (next.mode === 'recursive-read' && prev.mode !== 'write') return
      this.#report('recursive', [
        'WARNING: possible recursive locking detected',
        `${task} is trying to acquire lock:`,
        `  (${next.lock}), at: ${task}`,
        'but task is already holding lock:',
        `  (${prev.lock}), at: ${task}`,
        ' Possible unsafe locking scenario:',
        '       CPU0',
        '       ----',
        `  lock(${prev.lock});`,
        `  lock(${next.lock});`,
        '                *** DEADLOCK ***',
        ...this.#lines(task),
      ])
      return
    }
    for (let at = held.length - 1; at >= 0; at--) {
      const prev = held[at] as Held
      const circle = this.#circle(prev, next)
      if (circle) {
        this.#report('circular', [
          'WARNING: possible circular locking dependency detected',
          `${task} is trying to acquire lock:`,
          `  (${next.lock}), at: ${task}`,
          'but task is already holding lock:',
          `  (${prev.lock}), at: ${task}`,
          'which lock already depends on the new lock.',
          'the existing dependency chain (in reverse order) is:',
          ...circle.map((lock, index) => `-> #${index} (${lock})`).reverse(),
          ' Possible unsafe locking scenario:',
          '       CPU0                    CPU1',
          '       ----                    ----',
          `  lock(${prev.lock});`,
          `                               lock(${next.lock});`,
          `                               lock(${prev.lock});`,
          `  lock(${next.lock});`,
          '                *** DEADLOCK ***',
          ...this.#lines(task),
        ])
        return
      }
      this.#add(prev, next)
      // What came before a lock that was waited for has been linked to it already.
      if (!prev.trylock) break
    }
  }

  /** A way from the next lock back to one that is held, along dependencies that can block; null when there is none. */
  #circle(prev: Held, next: Held): string[] | null {
    const ways = [{ lock: next.lock, onlyRead: next.mode === 'recursive-read', way: [next.lock] }]
    const seen = new Set<string>()
    for (const { lock, onlyRead, way } of ways) {
      for (const [after, all] of this.#after.get(lock) ?? []) {
        // A recursive reader is not kept out by other readers: that way does not block.
        const dep = onlyRead ? all & ~(DEP_SN | DEP_SR) : all
        if (dep === 0) continue
        const onlyReadAfter = (dep & (DEP_EN | DEP_SN)) === 0
        if (after === prev.lock && (prev.mode === 'write' || !onlyReadAfter)) return [...way, after]
        const key = `${after} ${onlyReadAfter}`
        if (seen.has(key)) continue
        seen.add(key)
        ways.push({ lock: after, onlyRead: onlyReadAfter, way: [...way, after] })
      }
    }
    return null
  }

  #add(prev: Held, next: Held): void {
    let after = this.#after.get(prev.lock)
    if (after === undefined) {
      after = new Map()
      this.#after.set(prev.lock, after)
    }
    after.set(next.lock, (after.get(next.lock) ?? 0) | dependency(prev, next))
  }

  #lines(task: string): string[] {
    const held = this.#heldBy(task)
    const count =
      held.length === 1 ? '1 lock' : held.length === 0 ? 'no locks' : `${held.length} locks`
    return [`${count} held by ${task}:`, ...held.map(({ lock }, at) => ` #${at}: (${lock})`)]
  }

  #report(kind: Splat['kind'], lines: readonly string[]): void {
    const rule = '======================================================'
    const text = [rule, ...lines, ''].join('\n')
    if (!this.splats.some((splat) => splat.text === text)) this.splats.push({ kind, text })
  }
}

function lastIndex(held: readonly Held[], lock: string, instance: unknown): number {
  for (let at = held.length - 1; at >= 0; at--) {
    if (held[at]?.lock === lock && held[at]?.instance === instance) return at
  }
  return -1
}
