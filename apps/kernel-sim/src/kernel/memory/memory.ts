/**
 * Memory: what an allocation runs into. The request is filtered by the scope of the task; under pressure it reclaims
 * directly: it calls the shrinkers that what is left of the request allows.
 *
 * There are two models of pressure. By default it is left open at every allocation whether memory is tight, and
 * reclaim always finds enough: enough to find deadlocks, which need only that reclaim is entered. With a number of pages
 * given, memory really runs out: allocations retry until something has freed a page, and the OOM killer is asked, which
 * does nothing for requests without __GFP_FS (mm/page_alloc.c, __alloc_pages_may_oom).
 */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_IO,
  __GFP_NORETRY,
  gfpflagsAllowBlocking,
  PF_MEMALLOC,
} from '@scopemask/allocator'
import type { Machine } from '@scopemask/checker/machine'
import { Misuse, type Operation, type Steps } from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'
import { Variable } from '../data/variable.js'
import { KernelOperation } from '../operation.js'
import { ALLOCATION, RECLAIM } from '../role.js'
import type { Current } from '../task/current.js'
import type { TaskStates } from '../task/task-state.js'
import { takesFsReclaim } from './gfp.js'

/** The turn in which memory is tight. */
const PRESSURE = 1

/** A function that frees memory when there is little. */
export interface Shrinker {
  readonly name: string
  /** What a request must allow for it to be called: `__GFP_FS`, `__GFP_IO`, or 0. */
  readonly needs: number
  readonly scan: (gfp: number) => Steps<unknown>
  /** Whether what it does depends on the request. */
  readonly readsGfp: boolean
}

export class Memory {
  readonly #current: Current
  readonly #shrinkers: Shrinker[] = []
  readonly #mightSleep: Operation
  readonly #alloc: (gfp: number) => Steps<boolean>
  readonly #reclaim: (gfp: number) => Steps<unknown>
  /** What lockdep sees of reclaim: a lock that nobody waits for. */
  readonly #fsReclaimAcquire = new KernelOperation({
    name: 'fs_reclaim_acquire',
    effect: { kind: 'fs_reclaim_acquire' },
    attempt: () => 0,
  })
  readonly #fsReclaimRelease = new KernelOperation({
    name: 'fs_reclaim_release',
    effect: { kind: 'fs_reclaim_release' },
    attempt: () => 0,
  })
  /** Whether memory is tight: left open. */
  readonly #pressure = new KernelOperation({
    name: 'memory',
    outcomes: 2,
    results: ['enough', 'pressure'],
    attempt: (_row, _task, outcome) => outcome,
  })
  #free: Variable | null = null
  #takePage: Operation | null = null
  #victims: Variable | null = null
  readonly #machine: Machine
  readonly #tasks: TaskStates

  constructor(machine: Machine, tasks: TaskStates, current: Current) {
    this.#machine = machine
    this.#tasks = tasks
    this.#current = current
    this.#mightSleep = new KernelOperation({
      name: 'might_alloc',
      attempt: (row, task) => {
        if (tasks.isAtomic(row, task)) {
          throw new Misuse(
            `${tasks.name(task)} allocates with __GFP_DIRECT_RECLAIM under a spinlock`,
          )
        }
        return 0
      },
    })
    this.#reclaim = machine.procedure('try_to_free_pages', (gfp: number) => this.#shrink(gfp), {
      role: RECLAIM,
    })
    const slowpath = machine.procedure(
      '__alloc_pages_slowpath',
      (gfp: number) => this.#retry(gfp),
      { loop: true },
    )
    this.#alloc = machine.procedure(
      '__alloc_pages',
      (gfp: number) => this.#allocate(gfp, slowpath),
      { role: ALLOCATION },
    )
  }

  /** The turn in which memory is tight; null where it runs out by itself. */
  get pressure(): Pressure | null {
    return this.#free === null ? { operation: this.#pressure, outcome: PRESSURE } : null
  }

  /** Registers a shrinker. */
  shrinker(name: string, needs: number, scan: (gfp: number) => Steps<unknown>): void {
    this.#shrinkers.push({
      name,
      needs,
      scan: this.#machine.procedure(name, scan),
      readsGfp: scan.length > 0,
    })
  }

  /**
   * Makes memory run out for real.
   * @param pages how many are free at first.
   * @param victims how many processes the OOM killer could kill, for a page each.
   */
  limit(pages: number, victims: number): void {
    const free = new Variable(this.#machine, this.#tasks, 'free pages', pages)
    this.#free = free
    this.#victims = new Variable(this.#machine, this.#tasks, 'OOM victims', victims)
    this.#takePage = free.takeOne('rmqueue')
  }

  /**
   * Allocates a page.
   * @param gfp what the caller asks for; the scopes of the running task take away from it.
   * @returns whether there was one: false only for requests that may fail.
   */
  *allocPages(gfp: number): Steps<boolean> {
    if (!Number.isInteger(gfp))
      throw new Misuse(`${gfp} is no gfp: use GFP_KERNEL, GFP_NOFS and the like`)
    return yield* this.#alloc(gfp)
  }

  /**
   * Returns true if taking `__GFP_FS` from a request can only leave out steps: pressure is open at each allocation, and
   * every shrinker needs `__GFP_FS`. Then what a restricted request does under pressure is what it does without pressure.
   * On it rests that more restriction adds no deadlock: see docs/decisions/0009-repairs-are-minimal-sets.md.
   */
  get isMonotone(): boolean {
    return this.#free === null && this.#shrinkers.every(({ needs }) => (needs & __GFP_FS) !== 0)
  }

  /** The bits of a request that decide what reclaim does. */
  get dependsOn(): number {
    let bits = this.#free === null ? 0 : __GFP_FS
    for (const { needs, readsGfp } of this.#shrinkers) {
      bits |= readsGfp ? __GFP_FS | __GFP_IO : needs
    }
    return bits & (__GFP_FS | __GFP_IO)
  }

  /** Gives a page back, where memory runs out for real. */
  *freePages(): Steps<void> {
    if (this.#free) yield* this.#free.add(1)
  }

  /** Frees memory as a request allows it. */
  *directReclaim(gfp: number): Steps<void> {
    yield* this.#reclaim(gfp)
  }

  *#allocate(gfp: number, slowpath: (gfp: number) => Steps<unknown>): Steps<boolean> {
    if (gfpflagsAllowBlocking(gfp)) yield* this.#mightSleep
    const effective = yield* this.#current.gfpContext(gfp)
    // PF_MEMALLOC: this allocation frees memory, it gets a page from the reserves.
    if (effective === 0) return true
    if (this.#free) return (yield* slowpath(effective)) === 'allocated'
    if ((yield* this.#pressure) !== PRESSURE) return true
    if (!gfpflagsAllowBlocking(effective)) return false
    yield* this.#reclaim(effective)
    return true
  }

  /** One round of the slow path: a page, or reclaim, or the OOM killer, and again. */
  *#retry(gfp: number): Steps<'allocated' | 'failed' | undefined> {
    if (this.#takePage && (yield* this.#takePage) === 1) return 'allocated'
    if ((gfp & __GFP_DIRECT_RECLAIM) === 0) return 'failed'
    yield* this.#reclaim(gfp)
    if (this.#takePage && (yield* this.#takePage) === 1) return 'allocated'
    if ((gfp & __GFP_NORETRY) !== 0) return 'failed'
    // Without __GFP_FS it is too early to kill: somebody else may still be able to reclaim.
    if (
      (gfp & __GFP_FS) !== 0 &&
      this.#victims &&
      (yield* this.#victims.takeOne('out_of_memory')) === 1
    ) {
      yield* this.freePages()
    }
    return undefined
  }

  *#shrink(gfp: number): Steps<void> {
    // What reclaim allocates itself must not reclaim again.
    const takes = takesFsReclaim(gfp)
    if (takes) yield* this.#fsReclaimAcquire
    const saved = yield* this.#current.save(PF_MEMALLOC)
    for (const { needs, scan } of this.#shrinkers) {
      if ((gfp & needs) === needs) yield* scan(gfp)
    }
    yield* this.#current.restore(PF_MEMALLOC, saved)
    if (takes) yield* this.#fsReclaimRelease
  }
}
