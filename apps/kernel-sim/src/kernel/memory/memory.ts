/**
 * Memory: what an allocation runs into (mm/page_alloc.c and mm/vmscan.c, Linux 6.12). The request is filtered by the scope of the
 * task; where memory is tight it wakes kswapd and reclaims directly: it calls the shrinkers that what is left of the
 * request allows. Where pages come from, and when there are too few, is another matter: see supply.ts.
 */
import {
  __GFP_FS,
  __GFP_IO,
  __GFP_KSWAPD_RECLAIM,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  gfpflagsAllowBlocking,
  PF_MEMALLOC,
} from '@scopemask/allocator'
import type { Machine, Operation, Steps } from '@scopemask/checker/machine'
import { Misuse } from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'
import type { Variable } from '../data/variable.js'
import { KernelOperation } from '../operation.js'
import { ALLOCATION, RECLAIM } from '../role.js'
import type { Current } from '../task/current.js'
import type { TaskStates } from '../task/task-state.js'
import type { StartKthread } from '../work/kthread.js'
import { CountedSupply } from './counted-supply.js'
import { takesFsReclaim } from './gfp.js'
import { OomKiller } from './oom-killer.js'
import { OpenSupply } from './open-supply.js'
import type { Supply } from './supply.js'

/** A function that frees memory when there is little. */
export interface Shrinker {
  readonly name: string
  /** What a request must allow for it to be called: `__GFP_FS`, `__GFP_IO`, or 0. */
  readonly needs: number
  readonly scan: (gfp: number) => Steps<unknown>
  /** Whether what it does depends on the request. */
  readonly readsGfp: boolean
}

/** How much memory there is, where it runs out. */
export interface MemoryLimit {
  /** How many pages are free at first. */
  readonly pages: number
  /** How many pages only requests with `__GFP_HIGH` get. By default none. */
  readonly reserve?: number
  /** How many processes the OOM killer could kill that die at once, for a page each. By default none. */
  readonly oomVictims?: number
}

export class Memory {
  readonly #machine: Machine
  readonly #current: Current
  readonly #shrinkers: Shrinker[] = []
  readonly #mightAlloc: Operation
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
  #supply: Supply
  #oomKiller: OomKiller | null = null
  /** Whether a request was met that reclaims and may fail all the same. */
  #mayFail = false
  /** Whether kswapd is wanted; null where there is none. */
  #kswapd: Variable | null = null

  constructor(machine: Machine, tasks: TaskStates, current: Current) {
    this.#machine = machine
    this.#current = current
    this.#supply = new OpenSupply(this.#reclaimer)
    this.#mightAlloc = new KernelOperation({
      name: 'might_alloc',
      attempt: (row, task) => {
        if (tasks.isAtomic(row, task)) {
          throw new Misuse(
            `${tasks.name(task)} allocates with __GFP_DIRECT_RECLAIM ${tasks.atomicContext(row, task)}`,
          )
        }
        return 0
      },
    })
    this.#reclaim = machine.procedure('try_to_free_pages', (gfp: number) => this.#shrink(gfp), {
      role: RECLAIM,
    })
    this.#alloc = machine.procedure('__alloc_pages', (gfp: number) => this.#allocate(gfp), {
      role: ALLOCATION,
    })
  }

  /** How allocations meet that memory is tight. */
  get pressure(): Pressure {
    return this.#supply.pressure
  }

  /** Whether pages are counted, so that they can run out. */
  get isCounted(): boolean {
    return this.#supply.isCounted
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

  /** Makes memory run out for real. */
  limit({ pages, reserve = 0, oomVictims = 0 }: MemoryLimit): void {
    this.#needOomKiller().addEasy(oomVictims)
    this.#supply = new CountedSupply(
      this.#machine,
      { free: pages, reserve },
      this.#reclaimer,
      this.#needOomKiller(),
    )
  }

  /** Adds a process that the OOM killer can kill. @param exit what it has to do before it is gone. */
  oomVictim(name: string, exit: () => Steps<unknown>, kthread: StartKthread): void {
    this.#needOomKiller().add(name, exit, kthread)
  }

  /** Says by what kswapd is woken. */
  wakesKswapdBy(wanted: Variable): void {
    this.#kswapd = wanted
  }

  /**
   * Allocates a page.
   * @param gfp what the caller asks for; the scopes of the running task take away from it.
   * @returns whether there was one: false only for requests that may fail.
   */
  *allocPages(gfp: number): Steps<boolean> {
    if (!Number.isInteger(gfp))
      throw new Misuse(`${gfp} is not a gfp: use GFP_KERNEL, GFP_NOFS and the like`)
    this.#mayFail ||= (gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL)) !== 0
    return yield* this.#alloc(gfp)
  }

  /**
   * Returns true if taking `__GFP_FS` from a request can only leave out steps, as far as requests are known: pressure is open
   * at each allocation, every shrinker needs `__GFP_FS`, nobody wakes kswapd, and no request may fail for want of memory. Then
   * what a restricted request does under pressure is what it does without pressure. On it rests that more restriction adds no deadlock: see docs/decisions/0009-repairs-are-minimal-sets.md.
   */
  get isMonotone(): boolean {
    return (
      !this.#supply.isCounted &&
      this.#kswapd === null &&
      !this.#mayFail &&
      this.#shrinkers.every(({ needs }) => (needs & __GFP_FS) !== 0)
    )
  }

  /** The bits of a request that decide what reclaim does. */
  get dependsOn(): number {
    let bits = this.#supply.isCounted ? __GFP_FS : 0
    for (const { needs, readsGfp } of this.#shrinkers) {
      bits |= readsGfp ? __GFP_FS | __GFP_IO : needs
    }
    return bits & (__GFP_FS | __GFP_IO)
  }

  /** Gives a page back, where memory runs out for real. */
  *freePages(): Steps<void> {
    yield* this.#supply.free()
  }

  /** Frees memory as a request allows it. */
  *directReclaim(gfp: number): Steps<void> {
    yield* this.#reclaim(gfp)
  }

  *#allocate(gfp: number): Steps<boolean> {
    if (gfpflagsAllowBlocking(gfp)) yield* this.#mightAlloc
    const effective = yield* this.#current.gfpContext(gfp)
    // PF_MEMALLOC: this allocation frees memory, it gets a page from the reserves.
    if (effective === 0) return true
    return yield* this.#supply.alloc(effective)
  }

  readonly #reclaimer = {
    reclaim: (gfp: number): Steps<unknown> => this.#reclaim(gfp),
    wakeKswapd: (gfp: number): Steps<void> => this.#wakeKswapd(gfp),
  };

  *#wakeKswapd(gfp: number): Steps<void> {
    if (this.#kswapd && (gfp & __GFP_KSWAPD_RECLAIM) !== 0) yield* this.#kswapd.set(1)
  }

  #needOomKiller(): OomKiller {
    this.#oomKiller ??= new OomKiller(this.#machine, () => this.freePages())
    return this.#oomKiller
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
