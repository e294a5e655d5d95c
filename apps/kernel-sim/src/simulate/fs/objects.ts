/**
 * Objects: those of one kind that a filesystem keeps in memory, by number, in a slab cache of their own; those that nobody uses are on an
 * LRU list of the memory cgroup that they are charged to, on the node where their memory is (mm/list_lru.c, 6.1).
 */
import type { SlabCache } from '@scopemask/allocator'
import type { LiveSteps } from '@scopemask/checker/live'
import type { Vm } from '../memory/vm.js'
import type { Task } from '../task.js'
import { LruList } from './lru-list.js'

const NONE = -1
const PAGE_SIZE = 4096
/** So many are freed between two resched points. */
const RESCHED = 1024

/** Objects that are on one list. */
export interface ObjectsOf {
  /** The number of their memory cgroup. */
  readonly group: number
  readonly node: number
}

export class Objects {
  readonly #vm: Vm
  readonly cache: SlabCache
  /** By number: the address of an object in its slab, NONE when there is none. */
  #addresses = new Float64Array(0)
  /** By number: the memory cgroup that it is charged to; nothing as long as nobody is in one. */
  #groups = new Uint16Array(0)
  readonly #nodes: number
  /** By group, then by node: those that nobody uses. */
  readonly #unused: (LruList | undefined)[] = []

  constructor(vm: Vm, cache: SlabCache) {
    this.#vm = vm
    this.#nodes = vm.memory.zones.nodes
    this.cache = cache
  }

  has(number: number): boolean {
    return (this.#addresses[number] ?? NONE) !== NONE
  }

  /** Makes one, unless somebody else is quicker. Returns false when there was no memory. */
  *add(task: Task, number: number, gfp: number): LiveSteps<boolean> {
    const address = yield* this.#vm.allocObject(task, this.cache, gfp)
    if (address < 0) return false
    if (this.has(number)) this.#vm.freeObject(this.cache, address, task.cgroup, task.cpu)
    else {
      this.#makeRoom(number)
      this.#addresses[number] = address
      this.#charged(number, task.cgroup?.number ?? 0)
    }
    return true
  }

  /** Gives one back, if it is there. */
  free(number: number, cpu?: number): void {
    if (!this.has(number)) return
    const group = this.#groupOf(number)
    this.#unused[this.#listOf(number)]?.remove(number)
    const charged = group === 0 ? null : this.#vm.memory.memcgs.get(group)
    this.#vm.freeObject(this.cache, this.#addresses[number] as number, charged, cpu)
    this.#addresses[number] = NONE
  }

  /** All of them go. */
  *clear(task: Task): LiveSteps {
    for (let number = 0; number < this.#addresses.length; number++) {
      if (!this.has(number)) continue
      this.free(number, task.cpu)
      // A resched point: the table of costs has no line for it.
      if (number % RESCHED === 0 && !this.#vm.passes(0)) yield 0
    }
  }

  /** None is left: their slabs go too (kmem_cache_destroy). */
  destroyCache(): void {
    this.#vm.slab.destroyCache(this.cache)
  }

  /** Somebody has used one and has let go of it. */
  use(number: number): void {
    if (!this.has(number)) return
    const place = this.#listOf(number)
    let list = this.#unused[place]
    if (list === undefined) {
      list = new LruList()
      this.#unused[place] = list
    }
    list.use(number)
  }

  /** One is in use. */
  keep(number: number): void {
    if (this.has(number)) this.#unused[this.#listOf(number)]?.remove(number)
  }

  /** How many of them nobody uses. */
  unused({ group, node }: ObjectsOf): number {
    return this.#unused[group * this.#nodes + node]?.length ?? 0
  }

  /** Meets so many of those: see {@link LruList.scan}. */
  scan({ group, node }: ObjectsOf, count: number, free: (number: number) => void): void {
    this.#unused[group * this.#nodes + node]?.scan(count, free)
  }

  /** The list that an object is on, or would be. */
  #listOf(number: number): number {
    const group = this.#groupOf(number)
    if (this.#nodes === 1) return group
    const page = Math.floor((this.#addresses[number] as number) / PAGE_SIZE)
    return group * this.#nodes + this.#vm.memory.zones.zoneOf(page).node
  }

  #groupOf(number: number): number {
    return this.#groups[number] ?? 0
  }

  #charged(number: number, group: number): void {
    if (group === this.#groupOf(number)) return
    if (number >= this.#groups.length) {
      const longer = new Uint16Array(this.#addresses.length)
      longer.set(this.#groups)
      this.#groups = longer
    }
    this.#groups[number] = group
  }

  #makeRoom(number: number): void {
    if (number < this.#addresses.length) return
    const longer = new Float64Array(Math.max(1024, 2 * this.#addresses.length, number + 1))
    longer.fill(NONE)
    longer.set(this.#addresses)
    this.#addresses = longer
  }
}

/** Makes a slab cache for objects that a shrinker can free, and that are charged to memory cgroups (SLAB_RECLAIM_ACCOUNT, SLAB_ACCOUNT). */
export function objectSlabs(
  vm: Vm,
  { name, size }: { readonly name: string; readonly size: number },
): SlabCache {
  return vm.slab.createCache({ name, size, reclaimAccount: true, account: true })
}
