/**
 * Direct reclaim: what a task does for its own request when the free lists have nothing, in its time: it reclaims, compacts, and is held back where reclaim gets
 * nowhere or the reserves are low (mm/page_alloc.c, mm/vmscan.c).
 */
import {
  currentGfpContext,
  givesUpReclaim,
  type PageAllocator,
  type PageRequest,
  PF,
  type ReclaimSteps,
  reclaimThrottle,
  type StepOf,
  throttleDirectReclaim,
  ZONES,
  type Zone,
} from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Costs } from '../costs.js'
import type { Psi } from '../sched/psi.js'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'
import { jiffiesFrom } from '../time.js'
import { NodeReclaims } from './node-reclaims.js'
import { Stalls } from './stalls.js'
import type { ZramSwap } from './zram-swap.js'

const NORMAL = ZONES.indexOf('Normal')

/** A request, once it is known with which node it begins and on which it may go on. */
export type Request = Omit<PageRequest, 'mempolicy'> & { readonly cpu: number }

/** What reclaimers ask of the rest of the machine. */
interface Machine {
  /** Pages of a node that are dirty or in writing. */
  writePending(node: number): number
  wakeKswapd(node: number): void
}

export class DirectReclaim {
  readonly stalls = new Stalls()
  /** Reclaims of a node before a request went on to another one. */
  readonly nodes = new NodeReclaims()
  /** The least priority that a request got to. */
  lowestPriority = 12
  readonly #memory: PageAllocator
  readonly #swap: ZramSwap | null
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #costs: Costs
  readonly #psi: Psi
  readonly #machine: Machine

  constructor(parts: {
    readonly memory: PageAllocator
    readonly swap: ZramSwap | null
    readonly clock: Clock
    readonly cpus: Cpus
    readonly costs: Costs
    readonly psi: Psi
    readonly machine: Machine
  }) {
    this.#memory = parts.memory
    this.#swap = parts.swap
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#costs = parts.costs
    this.#psi = parts.psi
    this.#machine = parts.machine
  }

  /** Does a step of a request that takes time: it reclaims, or compacts. Returns the answer to it. */
  does(
    task: Task,
    request: Request,
    step: StepOf<'reclaim'> | StepOf<'compact'>,
  ): LiveSteps<number> {
    return step.kind === 'reclaim'
      ? this.reclaim(task, request, step.gfp)
      : this.compact(task, request, step)
  }

  /** Compacts for a request (__alloc_pages_direct_compact): a page that moves is copied. */
  *compact(task: Task, request: Request, step: StepOf<'compact'>): LiveSteps<number> {
    const stalled = this.#psi.enter(task)
    const steps = this.#memory.compacting(request, step)
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done) {
        this.#psi.leave(task, stalled)
        return next.value
      }
      const time = next.value.moved * this.#costs.copy
      if (!this.#cpus.passes(time)) yield time
    }
  }

  /** Nodes have been reclaimed within a search of the free lists: that has taken time (__node_reclaim). */
  *ofNodes(task: Task): LiveSteps {
    const { rounds, reclaimed } = this.nodes.take()
    const began = this.#clock.now
    const stalled = this.#psi.enter(task)
    const time =
      rounds * this.#costs.round +
      reclaimed * this.#costs.directPage +
      (this.#swap?.takeTime() ?? 0)
    if (!this.#cpus.passes(time)) yield time
    this.#psi.leave(task, stalled)
    task.delays.reclaimed(this.#clock.now - began)
  }

  /** Reclaims for a request (__alloc_pages_direct_reclaim). Returns how many pages it has freed. */
  *reclaim(task: Task, request: Request, gfp: number): LiveSteps<number> {
    const stalled = this.#psi.enter(task)
    const reclaimed = yield* this.#throttled(task, request, gfp)
    this.#psi.leave(task, stalled)
    return reclaimed
  }

  *#throttled(task: Task, request: Request, gfp: number): LiveSteps<number> {
    const began = this.#clock.now
    const throttledBefore = task.delays.of('throttle').total
    const node = this.#firstNode(request, gfp)
    if (yield* this.#throttle(task, gfp, node)) return 1
    const allowed = currentGfpContext(task.context.mask, gfp)
    const reclaimed = yield* this.#take(task, this.#memory.reclaiming(request, gfp), node)
    const time = this.#clock.now - began
    this.#noteReclaim(task, { began, throttledBefore, reclaimed })
    this.stalls.add({ task: task.name, gfp: allowed, time, reclaimed })
    return reclaimed
  }

  /** Reclaims for the limit of a memory cgroup: nobody is held back by the machine's reserves before it. */
  *inGroup(task: Task, steps: ReclaimSteps<number>): LiveSteps<number> {
    const began = this.#clock.now
    const throttledBefore = task.delays.of('throttle').total
    const reclaimed = yield* this.#take(task, steps, this.#memory.zones.nodeOf(task.cpu))
    this.#noteReclaim(task, { began, throttledBefore, reclaimed })
    return reclaimed
  }

  /** A task has reclaimed: how long that took, and whether it was in vain. */
  #noteReclaim(
    task: Task,
    {
      began,
      throttledBefore,
      reclaimed,
    }: { readonly began: number; readonly throttledBefore: number; readonly reclaimed: number },
  ): void {
    const time = this.#clock.now - began
    task.delays.reclaimed(time - (task.delays.of('throttle').total - throttledBefore))
    if (reclaimed > 0) task.vainSince = -1
    else if (task.vainSince >= 0) task.vain++
    else {
      task.vainSince = began
      task.vain = 1
    }
  }

  /** Takes the steps of a reclaim in their time; returns how many pages it freed. @param node whose reserves it may have to wait for */
  *#take(task: Task, steps: ReclaimSteps<number>, node: number): LiveSteps<number> {
    let step = steps.next()
    let time = 0
    for (; !step.done; step = steps.next()) {
      switch (step.value.kind) {
        case 'scan':
          time = step.value.reclaimed * this.#costs.directPage + (this.#swap?.takeTime() ?? 0)
          if (time > 0 && !this.#cpus.passes(time)) yield time
          break
        case 'slab':
          if (step.value.priority < this.lowestPriority) this.lowestPriority = step.value.priority
          time = step.value.rounds * this.#costs.round + step.value.freed * this.#costs.directPage
          if (!this.#cpus.passes(time)) yield time
          break
        case 'throttle':
          yield* this.#wait(task, step.value.reason, node)
          break
        case 'deactivate':
        case 'age':
          break
      }
    }
    return step.value
  }

  /** reclaim_throttle, for those whom it makes wait. */
  *#wait(
    task: Task,
    reason: 'writeback' | 'isolated' | 'noprogress' | 'congested',
    node: number,
  ): LiveSteps {
    const jiffies = reclaimThrottle(task.context.mask, reason, this.#skipsNoprogress(node))
    if (jiffies === null) return
    yield* this.sleep(task, jiffies)
  }

  /** skip_throttle_noprogress: kswapd has given up, or it is not writing that is waited for. */
  #skipsNoprogress(node: number): boolean {
    const { zones } = this.#memory
    if (this.#memory.kswapdHopeless(node)) return true
    const reclaimable = zones.all.reduce(
      (sum, zone) => (zone.node === node ? sum + this.#memory.reclaimable(zone) : sum),
      0,
    )
    return 2 * this.#machine.writePending(node) <= reclaimable
  }

  /** The node whose reserves a request is held back for: that of the first zone that it may have pages of, ZONE_MOVABLE aside. */
  #firstNode({ node, nodemask, cpu }: Request, gfp: number): number {
    const { zones } = this.#memory
    const first = node ?? zones.nodeOf(cpu)
    const zone = zones.zonelist(gfp, first, nodemask).find(({ index }) => index <= NORMAL)
    return zone?.node ?? first
  }

  /** Holds a reclaimer back while the reserves are low (throttle_direct_reclaim). Returns true if it was killed meanwhile. */
  *#throttle(task: Task, gfp: number, node: number): LiveSteps<boolean> {
    const own = this.#memory.zones.all.filter((zone) => zone.node === node)
    for (;;) {
      const zones = own.map((zone) => this.#reclaimZone(zone))
      const wait = throttleDirectReclaim(
        gfp,
        task.context.mask & ~PF.flags.MEMALLOC,
        task.killed,
        zones,
        this.#memory.kswapdFailures(node),
      )
      if (wait === null) return false
      this.#machine.wakeKswapd(node)
      yield* this.sleep(task, wait.timeout ?? 1)
      if (givesUpReclaim(wait, task.killed)) return true
      if (wait.timeout !== null) return false
    }
  }

  #reclaimZone(zone: Zone) {
    const { index, freePages: free, watermarks } = zone
    return { index, free, min: watermarks.min, reclaimable: this.#memory.reclaimable(zone) }
  }

  /** A reclaimer is made to wait. */
  *sleep(task: Task, jiffies: number): LiveSteps {
    this.#clock.at(jiffiesFrom(this.#clock.now, jiffies), () => this.#cpus.wake(task))
    task.reason = WaitReason.THROTTLE
    yield WAIT
  }
}
