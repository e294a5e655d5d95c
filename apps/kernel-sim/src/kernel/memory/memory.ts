/**
 * Memory: what an allocation runs into (mm/page_alloc.c and mm/vmscan.c, Linux 6.12). The request is filtered by the scope of the
 * task; where memory is tight it wakes kswapd and reclaims directly: it calls the shrinkers that what is left of the
 * request allows. Where pages come from, and when there are too few, is another matter: see supply.ts.
 */
import {
  __GFP_ACCOUNT,
  __GFP_FS,
  __GFP_IO,
  __GFP_KSWAPD_RECLAIM,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  gfpflagsAllowBlocking,
  PF_MEMALLOC,
} from '@scopemask/allocator'
import type { Machine, MachineObject, Operation, Steps } from '@scopemask/checker/machine'
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
import { type Memcg, type MemcgOptions, Memcgs } from './memcg.js'
import { OomKiller } from './oom-killer.js'
import { OpenSupply } from './open-supply.js'
import { type Scan, type ShrinkerOptions, Shrinkers } from './shrinkers.js'
import type { Reclaimer, Supply } from './supply.js'

/** How much memory there is, where it runs out. */
export interface MemoryLimit {
  /** How many pages are free at first. */
  readonly pages: number
  /** How many pages only requests with `__GFP_HIGH` get. By default none. */
  readonly reserve?: number
  /**
   * How many pages each processor has on a list of its own (struct per_cpu_pages), which nobody gets before `drainLocalPages`.
   * By default none has any.
   */
  readonly onCpus?: readonly number[]
  /** How many processes the OOM killer could kill that die at once, for a page each. By default none. */
  readonly oomVictims?: number
}

export class Memory {
  readonly #machine: Machine
  readonly #current: Current
  readonly #start: StartKthread
  readonly #shrinkers: Shrinkers
  readonly #memcgs: Memcgs
  readonly #mightAlloc: Operation
  readonly #alloc: (gfp: number) => Steps<boolean>
  readonly #reclaim: (gfp: number) => Steps<boolean>
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
  /** True if a request was met that reclaims and may fail all the same. */
  #mayFail = false
  #drain: (() => Steps<unknown>) | null = null
  /** True if kswapd is wanted; null where there is none. */
  #kswapd: Variable | null = null

  constructor(machine: Machine, tasks: TaskStates, current: Current, start: StartKthread) {
    this.#machine = machine
    this.#current = current
    this.#start = start
    this.#shrinkers = new Shrinkers(machine)
    const reclaimInMemcg = machine.procedure(
      'try_to_free_mem_cgroup_pages',
      (gfp: number) => this.#shrink(gfp, true),
      { role: RECLAIM },
    )
    this.#memcgs = new Memcgs({ machine, start, reclaim: reclaimInMemcg })
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
    this.#reclaim = machine.procedure(
      'try_to_free_pages',
      (gfp: number) => this.#directReclaim(gfp),
      {
        role: RECLAIM,
      },
    )
    this.#alloc = machine.procedure('__alloc_pages', (gfp: number) => this.#allocate(gfp), {
      role: ALLOCATION,
    })
  }

  /** How allocations meet that memory is tight: in the machine, and in each memory cgroup. */
  get pressures(): readonly Pressure[] {
    return [this.#supply.pressure, ...this.#memcgs.all.map(({ pressure }) => pressure)]
  }

  /** What requests set that want kswapd; null where there is none. */
  get kswapdIsWanted(): MachineObject | null {
    return this.#kswapd?.object ?? null
  }

  /** Returns true if pages are counted, so that they can run out. */
  get isCounted(): boolean {
    return this.#supply.isCounted
  }

  /** Registers a shrinker. */
  shrinker(name: string, needs: number, scan: Scan, options: ShrinkerOptions): void {
    this.#shrinkers.add(name, needs, scan, options)
  }

  /** Says what gets back the pages that the processors keep for themselves. */
  drainAllPages(drain: () => Steps<unknown>): void {
    this.#drain = this.#machine.procedure('drain_all_pages', drain)
  }

  /** Returns true if there is something that drains pages. */
  get drainsPages(): boolean {
    return this.#drain !== null
  }

  /** Makes a memory cgroup. @throws Misuse for a limit that is not a number of pages. */
  memcg(name: string, options: MemcgOptions): Memcg {
    return this.#memcgs.make(name, options)
  }

  /** Gives each task what memory needs of it, once all are known. */
  grow(): void {
    this.#memcgs.grow()
  }

  /** Makes memory run out for real. */
  limit({ pages, reserve = 0, oomVictims = 0, onCpus = [] }: MemoryLimit): void {
    this.#needOomKiller().addEasy(oomVictims)
    this.#supply = new CountedSupply(
      this.#machine,
      { free: pages, reserve, onCpus },
      this.#reclaimer,
      this.#needOomKiller(),
    )
  }

  /** Adds a process that the OOM killer can kill. @param exit what it has to do before it is gone. */
  oomVictim(name: string, exit: () => Steps<unknown>): void {
    this.#needOomKiller().add(name, exit, this.#start)
  }

  /** Says by what kswapd is woken. */
  wakesKswapdBy(wanted: Variable): void {
    this.#kswapd = wanted
  }

  /**
   * Allocates a page.
   * @param gfp what the caller asks for; the scopes of the running task take away from it.
   * @returns true if there was one: false only for requests that may fail.
   */
  *allocPages(gfp: number): Steps<boolean> {
    if (!Number.isInteger(gfp))
      throw new Misuse(`${gfp} is not a gfp: use GFP_KERNEL, GFP_NOFS and the like`)
    this.#mayFail ||= (gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL)) !== 0
    return yield* this.#alloc(gfp)
  }

  /**
   * Returns true if taking `__GFP_FS` from a request can only leave out steps, as far as requests are known: pressure is open
   * at each allocation, every shrinker needs `__GFP_FS`, nobody wakes kswapd, no processor keeps pages, nothing is charged, and no
   * request may fail for want of memory. Then
   * what a restricted request does under pressure is what it does without pressure. On it rests that more restriction adds no deadlock: see docs/decisions/0009-repairs-are-minimal-sets.md.
   */
  get isMonotone(): boolean {
    return (
      !this.#supply.isCounted &&
      this.#kswapd === null &&
      this.#drain === null &&
      this.#memcgs.all.length === 0 &&
      !this.#mayFail &&
      this.#shrinkers.need(__GFP_FS)
    )
  }

  /** The bits of a request that decide what reclaim does. */
  get dependsOn(): number {
    const bits = this.#supply.isCounted ? __GFP_FS : 0
    return (bits | this.#shrinkers.dependsOn(__GFP_FS | __GFP_IO)) & (__GFP_FS | __GFP_IO)
  }

  /** Gives back the pages on the list of a processor. @throws Misuse when it has none. */
  *drainLocalPages(cpu: number): Steps<void> {
    yield* this.#supply.drain(cpu)
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
    const hasPage = effective === 0 || (yield* this.#supply.alloc(effective))
    if (!hasPage || (gfp & __GFP_ACCOUNT) === 0 || this.#memcgs.all.length === 0) return hasPage
    const memcg = yield* this.#memcgs.current()
    if (memcg === null) return true
    if (effective === 0) yield* memcg.force()
    else if (!(yield* memcg.charge(effective))) {
      yield* this.#supply.free()
      return false
    }
    return true
  }

  readonly #reclaimer = ((memory: Memory): Reclaimer => ({
    reclaim: (gfp) => memory.#reclaim(gfp),
    wakeKswapd: (gfp) => memory.#wakeKswapd(gfp),
    get drain() {
      return memory.#drain
    },
  }))(this);

  *#wakeKswapd(gfp: number): Steps<void> {
    if (this.#kswapd && (gfp & __GFP_KSWAPD_RECLAIM) !== 0) yield* this.#kswapd.set(1)
  }

  #needOomKiller(): OomKiller {
    this.#oomKiller ??= new OomKiller(this.#machine, 'OOM killer', () => this.freePages())
    return this.#oomKiller
  }

  /** __perform_reclaim (mm/page_alloc.c). */
  *#directReclaim(gfp: number): Steps<boolean> {
    const takes = takesFsReclaim(gfp)
    if (takes) yield* this.#fsReclaimAcquire
    const hasFreed = yield* this.#shrink(gfp, false)
    if (takes) yield* this.#fsReclaimRelease
    return hasFreed
  }

  *#shrink(gfp: number, inMemcg: boolean): Steps<boolean> {
    // What reclaim allocates itself must not reclaim again.
    const saved = yield* this.#current.save(PF_MEMALLOC)
    const hasFreed = yield* this.#shrinkers.reclaim(gfp, inMemcg)
    yield* this.#current.restore(PF_MEMALLOC, saved)
    return hasFreed
  }
}
