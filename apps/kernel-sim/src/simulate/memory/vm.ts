/**
 * Vm: the memory of the machine as its tasks meet it. Each allocation is filtered by the scopes of its task (core's context), tries the
 * free lists, and if they have nothing takes the slow path of the page allocator in steps: what reclaim does takes time, others run
 * meanwhile, and the OOM killer kills.
 */
import {
  __GFP_MOVABLE,
  __GFP_RECLAIMABLE,
  currentGfpContext,
  givesUpReclaim,
  NO_OBJECT,
  NO_PAGE,
  PageAllocator,
  PF,
  PG_FILE,
  reclaimThrottle,
  SlabAllocator,
  type SlabCache,
  type StepOf,
  throttleDirectReclaim,
  type Zone,
} from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, TaskState, WAIT } from '@scopemask/checker/live'
import { Task as CoreTask } from '@scopemask/core/task'
import type { Costs } from '../costs.js'
import type { MachineSpec } from '../machine-spec.js'
import { gfpClassOf } from '../measure/alloc-latency.js'
import type { Psi } from '../sched/psi.js'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'
import { jiffiesFrom } from '../time.js'
import { Kcompactd } from './kcompactd.js'
import { Kswapd } from './kswapd.js'
import { Oom } from './oom.js'
import { Owners } from './owners.js'
import { Stalls } from './stalls.js'
import { isSwapped, ZramSwap } from './zram-swap.js'

/** GFP_HIGHUSER_MOVABLE: the pages of files and programs. */
export const GFP_HIGHUSER_MOVABLE = 0x100cca
/** What a page fault asks for: a page of zeros. */
const GFP_FAULT = 0x140dca
/** Of a pageblock. */
const PAGEBLOCK_ORDER = 9
const GFP_KERNEL_FIXED = 0xcc0
/** What a request says to get its pages from a zone, and not from one above it (__GFP_DMA, __GFP_DMA32). */
const ZONE_FLAGS: Readonly<Record<string, number>> = { DMA: 1, DMA32: 4 }

interface Request {
  readonly task: CoreTask<'PF'>
  readonly gfp: number
  readonly order: number
  readonly cpu: number
}

export class Vm {
  readonly memory: PageAllocator
  readonly slab: SlabAllocator
  readonly owners: Owners
  readonly kswapd: readonly Kswapd[]
  readonly kcompactd: readonly Kcompactd[]
  readonly stalls = new Stalls()
  /** Pages of reclaimable slabs that never go away. */
  readonly fixedSlabPages: number
  /** Pages of other slabs that the kernel had before the run. */
  readonly fixedUnreclaimableSlabPages: number
  readonly oom: Oom
  /** Where pages of programs go; null where there is no swap space. */
  readonly swap: ZramSwap | null
  /** The least priority that a request got to. */
  lowestPriority = 12
  /** Times that a reclaimer was made to wait, by reason. */
  readonly throttled: { [reason: string]: number } = {}
  /** All dirty pages met by reclaim: the flusher should write. */
  wakeFlushers: (() => void) | null = null
  /** Pages that are dirty or in writing (NR_ZONE_WRITE_PENDING). */
  writePending = (): number => 0
  /** Returns true while the node may have more dirty pages (node_dirty_ok). */
  nodeDirtyOk = (): boolean => true
  /** The page of a fault that touchNow() has left to touchSlowly(). */
  #faulted = NO_PAGE
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #costs: Costs
  readonly #psi: Psi

  constructor(parts: {
    readonly clock: Clock
    readonly cpus: Cpus
    readonly costs: Costs
    readonly psi: Psi
    readonly spec: MachineSpec
    readonly log: (text: string) => void
  }) {
    const { clock, cpus, costs, psi, spec, log } = parts
    this.#clock = clock
    this.#cpus = cpus
    this.#costs = costs
    this.#psi = psi
    const pages = this.#pagesOf(spec)
    this.owners = new Owners(pages)
    const { owners } = this
    this.memory = new PageAllocator(
      { ...spec.memory, cpus: spec.cpus },
      {
        log,
        // 6.1 says nothing of it.
        unsafe: () => {},
        wakeKswapd: (node, order) => this.kswapd[node]?.wake(order),
        outOfMemory: (gfp, order) => this.oom.kill(gfp, order),
        wakeFlushers: () => this.wakeFlushers?.(),
        swapPages: () => this.swap?.space.free ?? 0,
        addToSwap: (page) => this.swap?.add(page) ?? false,
        // The blocks of a dirty page are not allocated before the flusher writes it, and reclaim must not do that (fs/ext4/inode.c,
        // ext4_writepage: the page is dirtied again).
        pageout: (page) => (this.#swapOut(page) ? 'clean' : 'keep'),
        reclaimed: (page, _order, shadow) =>
          owners.of(page)?.lose(page, owners.index(page), shadow),
        release: (page) => owners.of(page)?.release(page) ?? true,
        locked: (page) => owners.of(page)?.locked(page) ?? false,
        migrate: (from, to) => {
          if (!owners.move(from, to)) return false
          this.swap?.moved(from, to)
          return true
        },
      },
    )
    this.slab = new SlabAllocator(this.memory, (site) => this.memory.callSites.name(site))
    this.swap = spec.swap === null ? null : new ZramSwap(this.memory, spec.swap)
    this.oom = new Oom({ memory: this.memory, owners, clock, log, swap: this.swap })
    this.#boot(spec)
    this.fixedSlabPages = spec.slabReclaimable
    this.fixedUnreclaimableSlabPages = spec.slabUnreclaimable
    this.kswapd = Array.from(
      { length: spec.memory.nodes.length },
      (_, node) =>
        new Kswapd({
          memory: this.memory,
          clock,
          cpus,
          costs,
          psi,
          node,
          swapTime: () => this.swap?.takeTime() ?? 0,
        }),
    )
    this.kcompactd = this.kswapd.map((kswapd, node) => {
      const kswapdRuns = (): boolean => isRunnable(kswapd.task)
      const parts = { memory: this.memory, clock, cpus, costs, psi, node, kswapdRuns }
      const kcompactd = new Kcompactd(parts)
      kswapd.onSleep = (order) => kcompactd.wake(order)
      return kcompactd
    })
  }

  /** Pages that are free: in the zones, without those that CPUs keep. */
  get free(): number {
    return this.memory.zones.freePages()
  }

  /**
   * Allocates one page, or a block.
   * @returns the page, or NO_PAGE when the request may fail and does, or when its task has been killed meanwhile
   */
  *alloc(task: Task, gfp: number, order = 0, site = 0): LiveSteps<number> {
    const page = this.allocNow(task, gfp, order, site)
    return page < 0 ? yield* this.allocSlowly(task, gfp, order, site) : page
  }

  /** The same, if it has not to wait for anything; else NO_PAGE: then {@link allocSlowly} goes on. */
  allocNow(task: Task, gfp: number, order = 0, site = 0): number {
    let page = this.memory.tryAlloc(task.context, gfp, order, site, task.cpu)
    if (page < 0 && order === 0) page = this.memory.tryAgain(task.context, gfp, site, task.cpu)
    if (page >= 0) task.allocLatency.add(gfpClassOf(task.context.mask, gfp), 0)
    return page
  }

  /** What is asked for pages that nobody moves: where there are CMA areas they are not let into them. */
  staying(gfp: number): number {
    return this.memory.zones.cma ? (gfp & ~__GFP_MOVABLE) >>> 0 : gfp
  }

  /** Time passes for the running task without a yield, if nothing else happens meanwhile: see Cpus. */
  passes(time: number): boolean {
    return this.#cpus.passes(time)
  }

  /**
   * Allocates a page that is about to be dirtied (`__GFP_WRITE`): while the node has more dirty pages than its share, the first try
   * passes it over. On a machine with one node that means the slow path, which wakes kswapd (get_page_from_freelist,
   * spread_dirty_pages).
   * @returns the page, or NO_PAGE: then {@link allocForWriteSlowly} goes on
   */
  allocForWriteNow(task: Task, gfp: number): number {
    if (this.nodeDirtyOk()) return this.allocNow(task, gfp)
    const page = this.memory.tryAgain(task.context, gfp, 0, task.cpu)
    if (page >= 0) task.allocLatency.add(gfpClassOf(task.context.mask, gfp), 0)
    return page
  }

  /** The same, once that has failed. */
  *allocForWriteSlowly(task: Task, gfp: number): LiveSteps<number> {
    if (this.nodeDirtyOk()) return yield* this.allocSlowly(task, gfp)
    const request = { task: task.context, gfp, order: 0, cpu: task.cpu }
    const steps = this.memory.steps(request)
    const first = steps.next()
    return first.done ? first.value : yield* this.#timed(task, request, steps, NO_PAGE)
  }

  /** The same, once the first try has failed. */
  *allocSlowly(task: Task, gfp: number, order = 0, site = 0): LiveSteps<number> {
    const request = { task: task.context, gfp, order, site, cpu: task.cpu }
    return yield* this.#timed(task, request, this.memory.steps(request), undefined)
  }

  /**
   * Allocates an object of a slab.
   * @returns its address, or a negative number when there was no memory
   */
  *allocObject(task: Task, cache: SlabCache, gfp: number): LiveSteps<number> {
    const address = cache.take(task.cpu, 0)
    if (address !== NO_OBJECT) {
      task.allocLatency.add(gfpClassOf(task.context.mask, gfp), 0)
      return address
    }
    const steps = this.slab.allocSteps(task.context, cache, gfp, 0, task.cpu)
    const request = { task: task.context, gfp, order: cache.layout.order, cpu: task.cpu }
    return yield* this.#timed(task, request, steps, undefined)
  }

  /** Takes the steps of a request, and notes how long they took. */
  *#timed(
    task: Task,
    request: Request,
    steps: ReturnType<PageAllocator['steps']>,
    first: number | undefined,
  ): LiveSteps<number> {
    const began = this.#clock.now
    const gfpClass = gfpClassOf(task.context.mask, request.gfp)
    const page = yield* this.#drive(task, request, steps, first)
    task.vainSince = -1
    task.allocLatency.add(gfpClass, this.#clock.now - began)
    return page
  }

  /** Takes the steps of a request; reclaim takes time. @param first what the step that is under way is answered with */
  *#drive(
    task: Task,
    request: Request,
    steps: ReturnType<PageAllocator['steps']>,
    first: number | undefined,
  ): LiveSteps<number> {
    let answer = first
    for (;;) {
      const step = answer === undefined ? steps.next() : steps.next(answer)
      answer = undefined
      if (step.done) return step.value
      if (step.value.kind === 'reclaim' || step.value.kind === 'compact')
        answer = yield* this.takingTime(task, request, step.value)
      else if (step.value.kind === 'out-of-memory') this.oom.asked(task, step.value.gfp)
      else if (step.value.kind === 'oom-lock' && task.killed) {
        // It has been chosen: it dies, and needs no page.
        steps.return(NO_PAGE)
        return NO_PAGE
      }
    }
  }

  /** Does a step of a request that takes time: it reclaims, or compacts. Returns the answer to it. */
  takingTime(
    task: Task,
    request: Request,
    step: StepOf<'reclaim'> | StepOf<'compact'>,
  ): LiveSteps<number> {
    return step.kind === 'reclaim'
      ? this.#reclaim(task, request, step.gfp)
      : this.#compact(task, request, step)
  }

  /**
   * Touches a page of the task's own where nothing has to be waited for: it is there, or is free and made while nothing else happens.
   * @returns false when {@link touchSlowly} has to go on, at once
   */
  touchNow(task: Task, place: number): boolean {
    const there = task.anon[place] as number
    if (there >= 0) {
      if (this.swap !== null) this.memory.lru.access(there)
      return true
    }
    const page = this.allocNow(task, GFP_FAULT)
    if (page < 0 || task.killed || !this.#cpus.passes(this.#faultTime(there))) {
      this.#faulted = page
      return false
    }
    this.#mapped(task, place, page)
    return true
  }

  /** Goes on where {@link touchNow} has stopped. Returns false when the task has been killed over it. */
  *touchSlowly(task: Task, place: number): LiveSteps<boolean> {
    let page = this.#faulted
    this.#faulted = NO_PAGE
    if (page < 0) page = yield* this.allocSlowly(task, GFP_FAULT)
    if (page < 0) return false
    yield this.#faultTime(task.anon[place] as number)
    this.#mapped(task, place, page)
    return !task.killed
  }

  #mapped(task: Task, place: number, page: number): void {
    const before = task.anon[place] as number
    let flags = 0
    if (this.swap !== null && isSwapped(before)) {
      flags = this.swap.bringIn(before, page)
      task.swapped--
    }
    this.memory.lru.addFaulted(page, flags)
    this.owners.set(page, this.oom.owner(task), place)
    task.anon[place] = page
    task.rss++
  }

  /** A page that is in swap space has to be decompressed. */
  #faultTime(place: number): number {
    const swapped = this.swap !== null && isSwapped(place)
    return this.#costs.anonFault + (swapped ? this.swap.decompressTime(place) : 0)
  }

  /** Writes a page of a program to its slot; pages of files are the flusher's. Returns true if it is clean now. */
  #swapOut(page: number): boolean {
    if (this.swap === null || (this.memory.lru.flags(page) & PG_FILE) !== 0) return false
    return this.swap.write(page, this.owners.index(page))
  }

  /** Maps so many pages more, none of which is there yet; returns the place of the first. */
  map(task: Task, pages: number): number {
    const place = task.anon.length
    const anon = new Int32Array(place + pages).fill(-1)
    anon.set(task.anon)
    task.anon = anon
    return place
  }

  /** Gives all pages of a task back (exit_mmap, or munmap of all). */
  *unmap(task: Task): LiveSteps {
    const { anon } = task
    const { memory } = this
    let freed = 0
    for (let place = 0; place < anon.length; place++) {
      const page = anon[place] as number
      if (page < 0) {
        if (isSwapped(page)) {
          this.swap?.discard(page)
          task.swapped--
        }
        continue
      }
      this.swap?.dropped(page)
      memory.lru.remove(page)
      memory.free(page, 0, task.cpu)
      anon[place] = -1
      task.rss--
      if (++freed % 32 === 0 && !this.passes(32 * this.#costs.directPage)) {
        yield 32 * this.#costs.directPage
      }
    }
    task.anon = new Int32Array(0)
    yield (freed % 32) * this.#costs.directPage
  }

  /** Compacts for a request (__alloc_pages_direct_compact): a page that moves is copied. */
  *#compact(task: Task, request: Request, step: StepOf<'compact'>): LiveSteps<number> {
    const stalled = this.#psi.enter(task)
    const steps = this.memory.compacting(request, step)
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done) {
        this.#psi.leave(task, stalled)
        return next.value
      }
      const time = next.value.moved * this.#costs.copy
      if (!this.passes(time)) yield time
    }
  }

  *#reclaim(task: Task, request: Request, gfp: number): LiveSteps<number> {
    const stalled = this.#psi.enter(task)
    const reclaimed = yield* this.#throttled(task, request, gfp)
    this.#psi.leave(task, stalled)
    return reclaimed
  }

  *#throttled(task: Task, request: Request, gfp: number): LiveSteps<number> {
    const began = this.#clock.now
    const throttledBefore = task.delays.of('throttle').total
    if (yield* this.#throttle(task, gfp)) return 1
    const allowed = currentGfpContext(task.context.mask, gfp)
    const steps = this.memory.reclaiming(request, gfp)
    let step = steps.next()
    let time = 0
    for (; !step.done; step = steps.next()) {
      switch (step.value.kind) {
        case 'scan':
          time = step.value.reclaimed * this.#costs.directPage + (this.swap?.takeTime() ?? 0)
          if (time > 0 && !this.passes(time)) yield time
          break
        case 'slab':
          if (step.value.priority < this.lowestPriority) this.lowestPriority = step.value.priority
          time = step.value.rounds * this.#costs.round + step.value.freed * this.#costs.directPage
          if (!this.passes(time)) yield time
          break
        case 'throttle':
          yield* this.#wait(task, step.value.reason)
          break
        case 'deactivate':
        case 'age':
          break
      }
    }
    time = this.#clock.now - began
    task.delays.reclaimed(time - (task.delays.of('throttle').total - throttledBefore))
    if (step.value > 0) task.vainSince = -1
    else if (task.vainSince >= 0) task.vain++
    else {
      task.vainSince = began
      task.vain = 1
    }
    this.stalls.add({ task: task.name, gfp: allowed, time, reclaimed: step.value })
    return step.value
  }

  /** reclaim_throttle, for those whom it makes wait. */
  *#wait(task: Task, reason: 'writeback' | 'isolated' | 'noprogress' | 'congested'): LiveSteps {
    const jiffies = reclaimThrottle(task.context.mask, reason, this.#skipsNoprogress())
    if (jiffies === null) return
    this.throttled[reason] = (this.throttled[reason] ?? 0) + 1
    yield* this.#sleep(task, jiffies)
  }

  /** skip_throttle_noprogress: kswapd has given up, or it is not writing that is waited for. */
  #skipsNoprogress(): boolean {
    const { zones } = this.memory
    if (this.memory.kswapdHopeless(0)) return true
    const reclaimable = zones.all.reduce((sum, zone) => sum + this.memory.reclaimable(zone), 0)
    return 2 * this.writePending() <= reclaimable
  }

  /** Holds a reclaimer back while the reserves are low (throttle_direct_reclaim). Returns true if it was killed meanwhile. */
  *#throttle(task: Task, gfp: number): LiveSteps<boolean> {
    for (;;) {
      const zones = this.memory.zones.all.map((zone) => this.#reclaimZone(zone))
      const wait = throttleDirectReclaim(
        gfp,
        task.context.mask & ~PF.flags.MEMALLOC,
        task.killed,
        zones,
        this.memory.kswapdFailures(0),
      )
      if (wait === null) return false
      this.throttled.reserves = (this.throttled.reserves ?? 0) + 1
      this.kswapd[0]?.wake(0)
      yield* this.#sleep(task, wait.timeout ?? 1)
      if (givesUpReclaim(wait, task.killed)) return true
      if (wait.timeout !== null) return false
    }
  }

  #reclaimZone(zone: Zone) {
    const { index, freePages: free, watermarks } = zone
    return { index, free, min: watermarks.min, reclaimable: this.memory.reclaimable(zone) }
  }

  *#sleep(task: Task, jiffies: number): LiveSteps {
    this.#clock.at(jiffiesFrom(this.#clock.now, jiffies), () => this.#cpus.wake(task))
    task.reason = WaitReason.THROTTLE
    yield WAIT
  }

  #pagesOf(spec: MachineSpec): number {
    const zones = spec.memory.nodes.reduce(
      (sum, node) => sum + Object.values(node).reduce((a, pages) => a + Math.ceil(pages / 1024), 0),
      0,
    )
    return zones * 1024
  }

  /**
   * The kernel takes what is not free when a run begins, page by page: first what lies in slabs that could be reclaimed, which has
   * pageblocks of its own. So the last blocks of both kinds are filled in part, as they are after a boot. Before all of that there
   * is a pageblock with room for what moves: the kernel's image is at the beginning of memory, and what lies between its text and
   * its read-only data is given back (arch/x86/mm/init_64.c, mark_rodata_ro).
   */
  #boot(spec: MachineSpec): void {
    const { memory } = this
    const kernel = new CoreTask(PF, { name: 'kernel', mask: PF.mask('MEMALLOC') })
    const taken = memory.zones.all.map(
      (zone) => zone.freePages - (spec.freeAtStart[zone.name] ?? zone.freePages),
    )
    const all = taken.reduce((sum, pages) => sum + pages, 0)
    const gap = memory.tryAlloc(
      kernel,
      GFP_KERNEL_FIXED | __GFP_MOVABLE | (ZONE_FLAGS[memory.zones.all[0]?.name ?? ''] ?? 0),
      PAGEBLOCK_ORDER,
    )
    for (const [index, zone] of memory.zones.all.entries()) {
      const pages = taken[index] ?? 0
      const gfp = GFP_KERNEL_FIXED | (ZONE_FLAGS[zone.name] ?? 0)
      const slab = Math.round((spec.slabReclaimable * pages) / Math.max(1, all))
      for (let i = 0; i < pages; i++) {
        memory.tryAlloc(kernel, i < slab ? gfp | __GFP_RECLAIMABLE : gfp, 0)
      }
      zone.drain()
    }
    if (gap !== NO_PAGE) memory.free(gap, PAGEBLOCK_ORDER)
  }
}

/** task_is_running: it has a CPU, or waits for one. */
function isRunnable({ state }: Task): boolean {
  return state === TaskState.RUNNING || state === TaskState.RUNNABLE
}
