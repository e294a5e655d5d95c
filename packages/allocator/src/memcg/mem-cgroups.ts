/**
 * Memory cgroups: the groups of a machine, which page is charged to which, and what CPUs keep charged in advance (mm/memcontrol.c,
 * 6.1.192). Pages know their group by its number, in an array that there is only once there is a group: machines without any have 12
 * bytes a page.
 */
import { PageError } from '../pages/page-error.js'
import { InvariantError, NO_PAGE, type PageFrames } from '../pages/page-frames.js'
import type { Task } from '../task/memalloc.js'
import {
  MemCgroup,
  type MemcgEvents,
  type MemcgLimits,
  type MemcgSwapEvents,
  noEvents,
} from './mem-cgroup.js'
import type { ObjectChargeState } from './object-charge.js'
import type { PageCounterState } from './page-counter.js'

/** A CPU charges so many pages at once, and uses up the rest later (MEMCG_CHARGE_BATCH). */
export const MEMCG_CHARGE_BATCH = 64

/** How many groups there can be beside the root, unless the memory says otherwise. */
export const MOST_GROUPS = 64

/** A slot of swap space could not be charged. */
export const NO_CHARGE = -1

/** What is known of groups, beside their limits: a copy. */
export interface MemcgState {
  /** By number: what is charged. */
  readonly counters: readonly (PageCounterState | null)[]
  /** By number: what is in swap space, and what happened to that. */
  readonly swap: readonly (readonly [counter: PageCounterState, events: MemcgSwapEvents] | null)[]
  /** By number: events, of groups with those below them and of groups alone. */
  readonly events: readonly (readonly [events: MemcgEvents, local: MemcgEvents] | null)[]
  /** By number: what is charged for objects of slabs. */
  readonly objects: readonly (ObjectChargeState | null)[]
  /** By CPU: the number of the group that pages are kept charged for, and how many. */
  readonly stocks: readonly (readonly [group: number, pages: number])[]
}

/** Pages that a CPU has charged in advance (struct memcg_stock_pcp). */
interface Stock {
  group: MemCgroup
  pages: number
}

/** All groups of a machine. */
export class MemCgroups {
  /** The group above all others: without limits, and the one of all pages that are not charged. */
  readonly root: MemCgroup
  /** How many there can be beside it. */
  readonly most: number
  readonly #frames: PageFrames
  /** By number. */
  readonly #groups: (MemCgroup | undefined)[]
  readonly #stocks: Stock[]
  readonly #tasks = new WeakMap<Task, MemCgroup>()
  /** Pages that are charged by requests under way, and belong to no page yet. */
  readonly #held = new Map<MemCgroup, number>()

  /** @internal */
  constructor(
    frames: PageFrames,
    options: { readonly cpus: number; readonly most: number; readonly swappiness: number },
  ) {
    this.#frames = frames
    this.most = options.most
    const { swappiness } = options
    this.root = new MemCgroup({ path: '/', number: 0, parent: null, swappiness })
    this.#groups = [this.root]
    this.#stocks = Array.from({ length: options.cpus }, () => ({ group: this.root, pages: 0 }))
  }

  /**
   * Makes a group below another (mkdir in the cgroup filesystem).
   * @param name one part of a path
   * @throws RangeError for a name that is taken or none, for limits that are none, and when there are as many groups as there can be.
   */
  create(name: string, limits: MemcgLimits = {}, parent: MemCgroup = this.root): MemCgroup {
    if (name === '' || name.includes('/')) {
      throw new RangeError(`a cgroup has a name without /, not "${name}"`)
    }
    const path = `${parent === this.root ? '' : parent.path}/${name}`
    if (parent.isOffline) throw new RangeError(`${parent.path} has been removed`)
    if (parent.children.some((child) => child.path === path && !child.isOffline)) {
      throw new RangeError(`there is a cgroup ${path} already`)
    }
    const number = this.#freeNumber()
    const { swappiness } = parent
    const group = new MemCgroup({ path, number, parent, swappiness })
    group.setLimits(limits)
    this.#frames.trackMemcg()
    this.#groups[number] = group
    parent.children.push(group)
    return group
  }

  /**
   * Removes a group (rmdir). What is charged to it stays so, until it is freed.
   * @throws RangeError for the root, and for a group with others below it.
   */
  remove(group: MemCgroup): void {
    if (group === this.root) throw new RangeError('the root of all cgroups stays')
    if (group.children.some((child) => !child.isOffline)) {
      throw new RangeError(`${group.path} has cgroups below it`)
    }
    group.isOffline = true
    this.drainStock(group)
    this.#bury(group)
  }

  /** Puts a task into a group (cgroup.procs): what it asks for is charged there from now on. */
  attach(task: Task, group: MemCgroup): void {
    if (group.isOffline) throw new RangeError(`${group.path} has been removed`)
    this.#tasks.set(task, group)
  }

  /** The group that a task is in. */
  groupOf(task: Task): MemCgroup {
    return this.#tasks.get(task) ?? this.root
  }

  /** The group that a page is charged to; the root for what is not charged. */
  of(page: number): MemCgroup {
    return this.#groups[this.#frames.memcg?.[page] ?? 0] ?? this.root
  }

  /** The group of a number; undefined when there is none. */
  find(number: number): MemCgroup | undefined {
    return this.#groups[number]
  }

  /** The group of a number; the root when there is none. */
  get(number: number): MemCgroup {
    return this.#groups[number] ?? this.root
  }

  /**
   * Notes that a block has been charged to a group (commit_charge).
   * @throws PageError for a page that is charged already.
   */
  commit(page: number, group: MemCgroup): void {
    const { memcg } = this.#frames
    if (memcg === null || group === this.root) return
    if (memcg[page] !== 0) {
      throw new PageError(`page ${page} is charged to ${this.of(page).path} already`)
    }
    memcg[page] = group.number
  }

  /** A block is about to be freed: its charge is taken back (mem_cgroup_uncharge). */
  uncharge(page: number, order: number): void {
    const { memcg } = this.#frames
    if (memcg === null || memcg[page] === 0) return
    const group = this.of(page)
    memcg[page] = 0
    group.memory.uncharge(1 << order)
    if (group.isOffline) this.#bury(group)
  }

  /**
   * Charges a slot of swap space to the group of a page (__mem_cgroup_try_charge_swap); to the one above it, if it has been removed.
   * @returns the number of the group, or -1 when memory.swap.max is in the way
   */
  tryChargeSwap(page: number): number {
    let group = this.of(page)
    while (group.isOffline && group.parent !== null) group = group.parent
    if (group.parent === null) return group.number
    if (group.swap.tryCharge(1) === null) return group.number
    group.raiseSwap('max')
    group.raiseSwap('fail')
    return NO_CHARGE
  }

  /** A slot is free again (__mem_cgroup_uncharge_swap). @param number of the group that it is charged to */
  unchargeSwap(number: number): void {
    const group = this.get(number)
    if (group.parent === null) return
    group.swap.uncharge(1)
    if (group.isOffline) this.#bury(group)
  }

  /** An object of a slab is free: its charge is taken back (obj_cgroup_uncharge). @param bytes as it was charged */
  unchargeObject(group: MemCgroup, bytes: number): void {
    if (group.parent === null) return
    const pages = group.objects.remove(bytes)
    if (pages > 0) group.memory.uncharge(pages)
    if (group.isOffline) this.#bury(group)
  }

  /** Uses what a CPU has charged in advance; returns false when that is not enough (consume_stock). */
  consumeStock(cpu: number, group: MemCgroup, pages: number): boolean {
    const stock = this.#stocks[cpu]
    if (stock === undefined || pages > MEMCG_CHARGE_BATCH) return false
    if (stock.group !== group || stock.pages < pages) return false
    stock.pages -= pages
    return true
  }

  /** A CPU keeps pages charged that it does not need yet (refill_stock). */
  refillStock(cpu: number, group: MemCgroup, pages: number): void {
    const stock = this.#stocks[cpu]
    if (stock === undefined) {
      group.memory.uncharge(pages)
      return
    }
    if (stock.group !== group) {
      this.#drain(stock)
      stock.group = group
    }
    stock.pages += pages
    if (stock.pages > MEMCG_CHARGE_BATCH) this.#drain(stock)
  }

  /** A request that has charged pages waits before it has them (a positive number), or goes on. */
  hold(group: MemCgroup, pages: number): void {
    const held = (this.#held.get(group) ?? 0) + pages
    if (held === 0) this.#held.delete(group)
    else this.#held.set(group, held)
  }

  /** CPUs give back what they have charged in advance to a group or below it (drain_all_stock). */
  drainStock(group: MemCgroup): void {
    for (const stock of this.#stocks) if (stock.group.isBelow(group)) this.#drain(stock)
    for (const each of group.subtree()) {
      const pages = each.objects.drain()
      if (pages > 0) each.memory.uncharge(pages)
    }
  }

  /** What is charged, and what happened: a copy. */
  save(): MemcgState {
    const groups = Array.from(this.#groups, (group) => group ?? null)
    return {
      counters: groups.map((group) => group?.memory.save() ?? null),
      swap: groups.map((group) =>
        group === null ? null : ([group.swap.save(), { ...group.swapEvents }] as const),
      ),
      events: groups.map((group) =>
        group === null ? null : [{ ...group.events }, { ...group.eventsLocal }],
      ),
      objects: groups.map((group) => group?.objects.save() ?? null),
      stocks: this.#stocks.map(({ group, pages }) => [group.number, pages] as const),
    }
  }

  /** Puts it back. Groups that were made since then stay, and have nothing charged. */
  load(state: MemcgState): void {
    for (const [number, group] of this.#groups.entries()) {
      if (group === undefined) continue
      group.memory.load(state.counters[number] ?? [0, 0, 0])
      const [swap, swapEvents] = state.swap[number] ?? [[0, 0, 0], { max: 0, fail: 0 }]
      group.swap.load(swap)
      Object.assign(group.swapEvents, swapEvents)
      group.objects.load(state.objects[number] ?? [0, 0])
      const [events, local] = state.events[number] ?? [noEvents(), noEvents()]
      Object.assign(group.events, events)
      Object.assign(group.eventsLocal, local)
    }
    for (const [cpu, stock] of this.#stocks.entries()) {
      const [number, pages] = state.stocks[cpu] ?? [0, 0]
      stock.group = this.get(number)
      stock.pages = pages
    }
  }

  /** @throws InvariantError when what is charged to a group is not what its pages and CPUs say. */
  validate(): void {
    const { memcg } = this.#frames
    if (memcg === null) return
    const charged = new Map<MemCgroup, number>()
    const add = (group: MemCgroup, pages: number): void => {
      for (let each: MemCgroup | null = group; each !== null; each = each.parent) {
        charged.set(each, (charged.get(each) ?? 0) + pages)
      }
    }
    for (let page = 0; page < memcg.length; page++) {
      const number = memcg[page] as number
      if (number === 0) continue
      if (!this.#frames.isUsed(page))
        throw new InvariantError(page, 'it is charged, and not in use')
      const group = this.#groups[number]
      if (group === undefined) throw new InvariantError(page, 'it is charged to no cgroup')
      add(group, 1 << this.#frames.order(page))
    }
    for (const { group, pages } of this.#stocks) add(group, pages)
    for (const [group, pages] of this.#held) add(group, pages)
    for (const group of this.#groups) if (group !== undefined) add(group, group.objects.pages)
    for (const group of this.#groups) {
      if (group === undefined) continue
      const pages = charged.get(group) ?? 0
      if (pages === group.usage) continue
      const why = `${pages} pages are charged to ${group.path}, and ${group.usage} counted`
      throw new InvariantError(NO_PAGE, why)
    }
  }

  #drain(stock: Stock): void {
    const { group, pages } = stock
    stock.pages = 0
    if (pages > 0) group.memory.uncharge(pages)
    if (group.isOffline) this.#bury(group)
  }

  #freeNumber(): number {
    for (let number = 1; number <= this.most; number++) {
      if (this.#groups[number] === undefined) return number
    }
    throw new RangeError(`there can be ${this.most} cgroups, those included that still have pages`)
  }

  /** A removed group without pages is gone. */
  #bury(group: MemCgroup): void {
    if (
      group.usage > 0 ||
      group.swapUsage > 0 ||
      group.children.length > 0 ||
      group.parent === null
    )
      return
    const { children } = group.parent
    const place = children.indexOf(group)
    if (place < 0) return
    children.splice(place, 1)
    this.#groups[group.number] = undefined
    for (const stock of this.#stocks) if (stock.group === group) stock.group = this.root
    if (group.parent.isOffline) this.#bury(group.parent)
  }
}
