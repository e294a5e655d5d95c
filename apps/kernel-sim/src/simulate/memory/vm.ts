/**
 * Vm: the memory of the machine as its tasks meet it. Each allocation is filtered by the scopes of its task (core's context), tries the
 * free lists, and if they have nothing takes the slow path of the page allocator in steps: what reclaim does takes time, others run
 * meanwhile, and the OOM killer kills.
 */
import {
  __GFP_MOVABLE,
  GFP_KERNEL,
  type MemCgroup,
  type Mempolicy,
  NO_OBJECT,
  NO_PAGE,
  PageAllocator,
  PG_FILE,
  SlabAllocator,
  type SlabCache,
  type SlabPages,
} from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, TaskState } from '@scopemask/checker/live'
import type { Task as CoreTask } from '@scopemask/core/task'
import type { Costs } from '../costs.js'
import type { MachineSpec } from '../machine-spec.js'
import { gfpClassOf } from '../measure/alloc-latency.js'
import type { Psi } from '../sched/psi.js'
import type { Task } from '../task.js'
import { boot, shares } from './boot.js'
import { Charges } from './charges.js'
import { DirectReclaim, type Request } from './direct-reclaim.js'
import { Groups } from './groups.js'
import { Kcompactd } from './kcompactd.js'
import { Kswapd } from './kswapd.js'
import { Oom } from './oom.js'
import { OomReaper } from './oom-reaper.js'
import { OomTasks } from './oom-tasks.js'
import { Owners } from './owners.js'
import { Ratelimit } from './ratelimit.js'
import { isSwapped, ZramSwap } from './zram-swap.js'

/** GFP_HIGHUSER_MOVABLE: the pages of files and programs. */
export const GFP_HIGHUSER_MOVABLE = 0x100cca
/** What a page fault asks for: a page of zeros. */
const GFP_FAULT = 0x140dca

export class Vm {
  readonly memory: PageAllocator
  readonly slab: SlabAllocator
  readonly owners: Owners
  readonly kswapd: readonly Kswapd[]
  readonly kcompactd: readonly Kcompactd[]
  /** What tasks do for their own requests. */
  readonly reclaim: DirectReclaim
  /** By node: pages of reclaimable slabs that never go away. */
  fixedSlabs: readonly number[] = []
  /** By node: pages of other slabs that the kernel had before the run. */
  fixedUnreclaimableSlabs: readonly number[] = []
  readonly oom: Oom
  readonly reaper: OomReaper
  /** The memory cgroups, as the machine has them. */
  readonly groups: Groups
  /** What is charged to memory cgroups. */
  readonly charges: Charges
  /** Where pages of programs go; null where there is no swap space. */
  readonly swap: ZramSwap | null
  /** All dirty pages met by reclaim: the flusher should write. */
  wakeFlushers: (() => void) | null = null
  /** Pages of a node that are dirty or in writing (NR_ZONE_WRITE_PENDING). */
  writePending = (_node: number): number => 0
  /** Pages of a node that are dirty (NR_FILE_DIRTY). */
  dirtyPages = (_node: number): number => 0
  /** Returns true while a node may have more dirty pages (node_dirty_ok). */
  nodeDirtyOk = (_node: number): boolean => true
  /** The page of a fault that touchNow() has left to touchSlowly(). */
  #faulted = NO_PAGE
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #costs: Costs
  /** There are several nodes: a request for a page to be dirtied passes over those that have too many. */
  readonly #spreads: boolean
  /** By node; undefined for those without memory, which have no thread. There is none while the machine boots. */
  #kswapdOf: readonly (Kswapd | undefined)[] = []
  /** Memory policies of tasks that have one: slabs are made in the names of their contexts. */
  readonly #policies = new Map<CoreTask<'PF'>, Mempolicy>()

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
    const pages = this.#pagesOf(spec)
    this.owners = new Owners(pages)
    const { owners } = this
    this.#spreads = spec.memory.nodes.length > 1
    const warnings = new Ratelimit({ clock, name: 'warn_alloc', seconds: 10, burst: 1, log })
    this.memory = new PageAllocator(
      { ...spec.memory, cpus: spec.cpus },
      {
        log,
        mayWarn: () => warnings.allows(),
        // 6.1 says nothing of it.
        unsafe: () => {},
        wakeKswapd: (node, order) => this.#kswapdOf[node]?.wake(order),
        ...(this.#spreads ? { nodeDirtyOk: (node: number) => this.nodeDirtyOk(node) } : {}),
        dirtyPages: (node) => this.dirtyPages(node),
        slabPages: (node) => this.slabPages(node, true),
        nodeReclaimed: (report) => this.reclaim.nodes.add(report),
        outOfMemory: (gfp, order) => this.oom.kill(gfp, order),
        wakeFlushers: () => this.wakeFlushers?.(),
        swapPages: () => this.swap?.space.free ?? 0,
        totalSwapPages: () => this.swap?.space.pages ?? 0,
        addToSwap: (page) => this.swap?.add(page) ?? false,
        // The blocks of a dirty page are not allocated before the flusher writes it, and reclaim must not do that (fs/ext4/inode.c,
        // ext4_writepage: the page is dirtied again).
        pageout: (page) => (this.#swapOut(page) ? 'clean' : 'dirty'),
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
    this.slab = new SlabAllocator(this.#slabSource(), (site) => this.memory.callSites.name(site))
    this.swap = spec.swap === null ? null : new ZramSwap(this.memory, spec.swap)
    const { memory, swap } = this
    this.oom = new Oom({ memory, tasks: new OomTasks(owners, swap), clock, log, swap })
    this.groups = new Groups(memory, spec.cgroups ?? [])
    const pid = (task: Task): number => this.oom.tasks.pid(task)
    this.reaper = new OomReaper({ clock, cpus, log, pid, take: (victim) => this.reap(victim) })
    this.reclaim = new DirectReclaim({
      memory,
      swap,
      clock,
      cpus,
      costs,
      psi,
      machine: {
        writePending: (node) => this.writePending(node),
        wakeKswapd: (node) => this.#kswapdOf[node]?.wake(0),
      },
    })
    this.oom.onVictim = (victim) => this.reaper.queue(victim)
    this.charges = new Charges({
      memory,
      oom: this.oom,
      psi,
      clock,
      reclaim: (task, steps) => this.reclaim.inGroup(task, steps),
      sleep: (task, jiffies) => this.reclaim.sleep(task, jiffies),
    })
    const taken = boot(memory, spec)
    this.fixedSlabs = shares(spec.slabReclaimable, taken)
    this.fixedUnreclaimableSlabs = shares(spec.slabUnreclaimable, taken)
    this.#kswapdOf = spec.memory.nodes.map((_, node) => {
      if (memory.zones.populatedOf(node) === 0) return undefined
      const allowed = this.#cpusOf(node)
      const swapTime = (): number => this.swap?.takeTime() ?? 0
      return new Kswapd({ memory, clock, cpus, costs, psi, node, allowed, swapTime })
    })
    this.kswapd = this.#kswapdOf.filter((each) => each !== undefined)
    this.kcompactd = this.kswapd.map((kswapd) => {
      const { node } = kswapd
      const allowed = this.#cpusOf(node)
      const kswapdRuns = (): boolean => isRunnable(kswapd.task)
      const kcompactd = new Kcompactd({
        memory,
        clock,
        cpus,
        costs,
        psi,
        node,
        allowed,
        kswapdRuns,
      })
      kswapd.onSleep = (order) => kcompactd.wake(order)
      return kcompactd
    })
  }

  /** A program is put into a memory cgroup (cgroup.procs). @throws RangeError for a group that is not there */
  join(task: Task, path: string): void {
    const group = this.groups.get(path)
    this.memory.memcgs.attach(task.context, group)
    task.cgroup = group
    this.oom.tasks.add(task)
  }

  /** From now on the pages of a task come from where its policy says (set_mempolicy). */
  setMempolicy(task: Task, policy: Mempolicy): void {
    task.mempolicy = policy
    this.#policies.set(task.context, policy)
  }

  /** Pages of slabs whose objects a shrinker can free, or of others: of a node, by default of all. */
  slabPages(node: number | undefined, reclaimable: boolean): number {
    const fixed = reclaimable ? this.fixedSlabs : this.fixedUnreclaimableSlabs
    const own = node === undefined ? fixed.reduce((sum, pages) => sum + pages, 0) : fixed[node]
    return (own ?? 0) + this.slab.slabPages(reclaimable, node)
  }

  /** The CPUs of a node, where its threads run (cpumask_of_node); null for all. */
  #cpusOf(node: number): readonly boolean[] | null {
    const { numa } = this.memory.zones
    const own = numa.cpusOf(node)
    if (own === 0 || own === numa.cpus) return null
    return Array.from({ length: numa.cpus }, (_, cpu) => numa.nodeOf(cpu) === node)
  }

  /** Slabs are made of pages that the policy of the task chooses. */
  #slabSource(): SlabPages {
    const { memory } = this
    const policies = this.#policies
    return {
      frames: memory.frames,
      cpus: memory.cpus,
      zones: memory.zones,
      isPfmemalloc: (page) => memory.isPfmemalloc(page),
      alloc: (task, gfp, order, site, cpu) => memory.alloc(task, gfp, order, site, cpu),
      free: (page, order, cpu) => memory.free(page, order, cpu),
      steps: (request) => {
        const mempolicy = policies.get(request.task as CoreTask<'PF'>)
        return memory.steps(mempolicy === undefined ? request : { ...request, mempolicy })
      },
    }
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
    if (task.mempolicy !== null) return NO_PAGE
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
    if (this.#spreads || this.nodeDirtyOk(0)) return this.allocNow(task, gfp)
    const page = this.memory.tryAgain(task.context, gfp, 0, task.cpu)
    if (page >= 0) task.allocLatency.add(gfpClassOf(task.context.mask, gfp), 0)
    return page
  }

  /** The same, once that has failed. */
  *allocForWriteSlowly(task: Task, gfp: number): LiveSteps<number> {
    if (this.#spreads || this.nodeDirtyOk(0)) return yield* this.allocSlowly(task, gfp)
    const request = { task: task.context, gfp, order: 0, cpu: task.cpu }
    const steps = this.memory.steps(request)
    const first = steps.next()
    return first.done ? first.value : yield* this.#timed(task, request, steps, NO_PAGE)
  }

  /** The same, once the first try has failed. */
  *allocSlowly(task: Task, gfp: number, order = 0, site = 0): LiveSteps<number> {
    const request = { task: task.context, gfp, order, site, cpu: task.cpu }
    if (task.mempolicy !== null) return yield* this.#allocPlaced(task, request)
    return yield* this.#timed(task, request, this.memory.steps(request), undefined)
  }

  /** Allocates from where the policy of a task says. */
  *#allocPlaced(task: Task, request: Request): LiveSteps<number> {
    const { mempolicy } = task
    const tries = mempolicy === null ? [request] : this.memory.tries({ ...request, mempolicy })
    for (const each of tries) {
      const placed = { ...each, cpu: task.cpu }
      const page = yield* this.#timed(task, placed, this.memory.steps(placed), undefined)
      if (page !== NO_PAGE || task.killed) return page
    }
    return NO_PAGE
  }

  /**
   * Allocates an object of a slab, which is charged to the group of its task if it is of a cache whose objects are.
   * @returns its address, or a negative number when there was no memory
   */
  allocObject(task: Task, cache: SlabCache, gfp: number): LiveSteps<number> {
    const { cgroup } = task
    if (cgroup === null || !cache.account) return this.#takeObject(task, cache, gfp)
    return this.#takeCharged(task, cgroup, { cache, gfp })
  }

  /** Gives an object back. @param group who it was charged to; null for nobody */
  freeObject(cache: SlabCache, address: number, group: MemCgroup | null, cpu?: number): void {
    this.slab.free(cache, address, cpu)
    if (group !== null) this.charges.freeObject(group, chargedBytes(cache))
  }

  *#takeCharged(
    task: Task,
    group: MemCgroup,
    { cache, gfp }: { readonly cache: SlabCache; readonly gfp: number },
  ): LiveSteps<number> {
    const bytes = chargedBytes(cache)
    if (!(yield* this.charges.object(task, gfp, bytes))) return NO_OBJECT
    const address = yield* this.#takeObject(task, cache, gfp)
    if (address < 0) this.charges.freeObject(group, bytes)
    return address
  }

  *#takeObject(task: Task, cache: SlabCache, gfp: number): LiveSteps<number> {
    const address = cache.take(task.cpu, 0)
    if (address !== NO_OBJECT) {
      task.allocLatency.add(gfpClassOf(task.context.mask, gfp), 0)
      return address
    }
    const steps = this.slab.allocSteps(task.context, cache, gfp, 0, task.cpu)
    const request = { task: task.context, gfp, order: cache.layout.order, cpu: task.cpu }
    return yield* this.#timed(task, this.#ofPolicy(task, request), steps, undefined)
  }

  /** On which nodes a request for a slab goes on that the slab allocator has placed by itself. */
  #ofPolicy({ mempolicy }: Task, request: Request): Request {
    const { zones } = this.memory
    if (mempolicy === null) return request
    const node = mempolicy.node(zones.nodeOf(request.cpu))
    const nodemask = mempolicy.nodemask(request.gfp, zones)
    return nodemask === undefined ? { ...request, node } : { ...request, node, nodemask }
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
      if (this.reclaim.nodes.untold) yield* this.reclaim.ofNodes(task)
      if (step.done) return step.value
      if (step.value.kind === 'reclaim' || step.value.kind === 'compact')
        answer = yield* this.reclaim.does(task, request, step.value)
      else if (step.value.kind === 'out-of-memory')
        this.oom.asked(task, step.value.gfp, request.nodemask)
      else if (step.value.kind === 'oom-lock' && task.killed) {
        // It has been chosen: it dies, and needs no page.
        steps.return(NO_PAGE)
        return NO_PAGE
      }
    }
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
    const isDue = page < 0 || this.charges.isDue(task, page)
    if (isDue || task.killed || !this.#cpus.passes(this.#faultTime(there))) {
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
    if (task.reaped) return this.#lost(task, page)
    for (;;) {
      if (page < 0) page = yield* this.#allocFault(task, place)
      if (page < 0) return false
      if (task.cgroup === null || this.charges.isCharged(page)) break
      page = yield* this.charges.page(task, GFP_KERNEL, page)
      if (page >= 0) break
      // The group has no room, and nobody to kill: the fault is taken again (mm/oom_kill.c, pagefault_out_of_memory).
      if (task.killed) return false
      yield this.#costs.anonFault
      page = this.allocNow(task, GFP_FAULT)
    }
    yield this.#faultTime(task.anon[place] as number)
    this.#mapped(task, place, page)
    return !task.killed
  }

  /** The reaper has been here: the fault ends in SIGBUS (check_stable_address_space). */
  #lost(task: Task, page: number): false {
    if (page >= 0) this.memory.free(page, 0, task.cpu)
    return false
  }

  /** A page of a mapping is interleaved by its place (alloc_pages_vma). */
  *#allocFault(task: Task, mappingIndex: number): LiveSteps<number> {
    if (task.mempolicy === null) return yield* this.allocSlowly(task, GFP_FAULT)
    const { context, cpu } = task
    return yield* this.#allocPlaced(task, {
      task: context,
      gfp: GFP_FAULT,
      order: 0,
      cpu,
      mappingIndex,
    })
  }

  #mapped(task: Task, place: number, page: number): void {
    const before = task.anon[place] as number
    let flags = 0
    if (this.swap !== null && isSwapped(before)) {
      flags = this.swap.bringIn(before, page)
      task.swapped--
    }
    this.memory.lru.addFaulted(page, flags)
    this.owners.set(page, this.oom.tasks.owner(task), place)
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
    yield* this.#zap(task)
    task.anon = new Int32Array(0)
    if (task.killed) task.oomSkip = true
  }

  /** Takes all pages of a victim of the OOM killer from it, in the reaper's time (__oom_reap_task_mm): it can touch none any more. */
  reap(victim: Task): LiveSteps {
    victim.reaped = true
    return this.#zap(victim)
  }

  /** Frees all pages and slots of a task (unmap_page_range). */
  *#zap(task: Task): LiveSteps {
    const { anon } = task
    const { memory } = this
    let freed = 0
    for (let place = 0; place < anon.length; place++) {
      const page = anon[place] as number
      if (page < 0) {
        if (isSwapped(page)) {
          this.swap?.discard(page)
          anon[place] = -1
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
    yield (freed % 32) * this.#costs.directPage
  }

  #pagesOf(spec: MachineSpec): number {
    const zones = spec.memory.nodes.reduce(
      (sum, node) => sum + Object.values(node).reduce((a, pages) => a + Math.ceil(pages / 1024), 0),
      0,
    )
    return zones * 1024
  }
}

/** task_is_running: it has a CPU, or waits for one. */
function isRunnable({ state }: Task): boolean {
  return state === TaskState.RUNNING || state === TaskState.RUNNABLE
}

/** What an object is charged with: its slot in the slab, and the pointer to its group that the kernel keeps beside (obj_full_size). */
function chargedBytes({ layout }: SlabCache): number {
  return layout.size + 8
}
