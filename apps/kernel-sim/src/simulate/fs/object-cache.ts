/**
 * Object cache: dentries and inodes that are kept in case they are needed again, on LRU lists, and the shrinker that frees them
 * (fs/dcache.c, fs/inode.c and fs/super.c, super_cache_scan, 6.1). An inode is held by its dentry; only when that is gone, its inode is
 * on a list of its own. Objects are those of real slabs, which are given back when all of a slab's objects are free.
 */
import {
  __GFP_FS,
  GFP_KERNEL,
  GFP_NOFS,
  SHRINK_STOP,
  type Shrinker,
  type SlabCache,
} from '@scopemask/allocator'
import type { LiveSteps } from '@scopemask/checker/live'
import type { Vm } from '../memory/vm.js'
import type { Task } from '../task.js'
import { LruList } from './lru-list.js'

/** Bytes of an object; those of ext4 inodes differ a little between configurations. */
const DENTRY_SIZE = 192
const INODE_SIZE = 1200
/** s_shrink.batch (fs/super.c, alloc_super). */
const BATCH = 1024

const NONE = -1
const PAGE_SIZE = 4096

type LruLists = readonly [LruList, ...LruList[]]

export interface ObjectCacheOptions {
  readonly vm: Vm
  readonly vfsCachePressure: number
  /** Inodes are allocated with GFP_NOFS, as ext4 does (ext4_alloc_inode). */
  readonly restricted: boolean
  /** The name of the cache of inodes. */
  readonly inodes: string
  /** Of another filesystem of the machine, where there is one. */
  readonly dentryCache?: SlabCache
}

export class ObjectCache {
  readonly #vm: Vm
  readonly #gfpInode: number
  readonly #dentryCache: SlabCache
  readonly #inodeCache: SlabCache
  /** By name, and by inode: the address of its object in its slab, NONE when there is none. */
  #dentries = new Float64Array(0)
  /** By name: its inode. */
  #inodeOf = new Float64Array(0)
  #inodes = new Float64Array(0)
  readonly #registered: Disposable
  /** By node: the objects whose memory is there (SHRINKER_NUMA_AWARE). */
  readonly #dentryLru: LruLists
  readonly #inodeLru: LruLists
  /** Objects freed by the shrinker, and times it was refused since the request may not enter the filesystem. */
  freed = 0
  refused = 0
  /** Objects that it was asked to look at then, and did not. */
  refusedObjects = 0
  calls = 0

  constructor(options: ObjectCacheOptions) {
    const { vm, vfsCachePressure, restricted, inodes } = options
    this.#vm = vm
    this.#gfpInode = restricted ? GFP_NOFS : GFP_KERNEL
    this.#dentryCache =
      options.dentryCache ??
      vm.slab.createCache({ name: 'dentry', size: DENTRY_SIZE, reclaimAccount: true })
    this.#inodeCache = vm.slab.createCache({
      name: inodes,
      size: INODE_SIZE,
      reclaimAccount: true,
    })
    const { nodes } = vm.memory.zones
    this.#dentryLru = lruLists(nodes)
    this.#inodeLru = lruLists(nodes)
    this.#registered = vm.memory.registerShrinker(this.#shrinker(vfsCachePressure))
  }

  /** The cache of dentries, which all filesystems share. */
  get dentryCache(): SlabCache {
    return this.#dentryCache
  }

  /** Pages of the slabs of both caches. */
  get slabPages(): number {
    return this.#dentryCache.pages + this.#inodeCache.pages
  }

  /**
   * The filesystem is unmounted and its module unloaded: all dentries and inodes go, and then the cache of inodes, with all its slabs (fs/super.c,
   * generic_shutdown_super; fs/ext4/super.c, destroy_inodecache). The dentries' stays, with slabs that have dentries of others. Inodes are freed at once
   * and not after a grace period of RCU.
   */
  *unmount(task: Task): LiveSteps {
    this.#registered[Symbol.dispose]()
    const { slab } = this.#vm
    const caches = [
      [this.#dentries, this.#dentryCache],
      [this.#inodes, this.#inodeCache],
    ] as const
    for (const [addresses, cache] of caches) {
      for (let file = 0; file < addresses.length; file++) {
        const address = addresses[file] as number
        if (address === NONE) continue
        slab.free(cache, address, task.cpu)
        addresses[file] = NONE
        // A resched point: the table of costs has no line for it.
        if (file % BATCH === 0 && !this.#vm.passes(0)) yield 0
      }
    }
    slab.destroyCache(this.#inodeCache)
  }

  hasDentry(file: number): boolean {
    return (this.#dentries[file] ?? NONE) !== NONE
  }

  hasInode(file: number): boolean {
    return (this.#inodes[file] ?? NONE) !== NONE
  }

  /** A name stands for an inode from now on, and keeps it in the cache. */
  name(file: number, inode: number): void {
    this.#inodeOf = withRoom(this.#inodeOf, file)
    this.#inodeOf[file] = inode
    if (this.hasInode(inode)) this.#inodesOf(inode).remove(inode)
  }

  /** The inode of a name. */
  inodeOf(file: number): number {
    return this.#inodeOf[file] ?? NONE
  }

  /** Somebody has used a dentry and let go of it (dput): the second time it has a second chance. */
  used(file: number): void {
    this.#dentriesOf(file).use(file)
  }

  /** Makes the dentry of a file. Returns false when there was no memory. */
  *addDentry(task: Task, file: number): LiveSteps<boolean> {
    const address = yield* this.#vm.allocObject(task, this.#dentryCache, GFP_KERNEL)
    if (address < 0) return false
    this.#dentries = withRoom(this.#dentries, file)
    if (this.hasDentry(file)) {
      // Somebody else was quicker.
      this.#vm.slab.free(this.#dentryCache, address, task.cpu)
      return true
    }
    this.#dentries[file] = address
    return true
  }

  /** Makes the inode of a file. */
  *addInode(task: Task, file: number): LiveSteps<boolean> {
    const address = yield* this.#vm.allocObject(task, this.#inodeCache, this.#gfpInode)
    if (address < 0) return false
    this.#inodes = withRoom(this.#inodes, file)
    if (this.hasInode(file)) this.#vm.slab.free(this.#inodeCache, address, task.cpu)
    else this.#inodes[file] = address
    return true
  }

  /** The file is unlinked: its inode goes at once, its dentry stays and says that there is no such file. */
  unlinked(file: number): void {
    this.#freeInode(this.inodeOf(file))
    this.#inodeOf[file] = NONE
    if (this.hasDentry(file)) this.used(file)
  }

  #shrinker(pressure: number): Shrinker {
    const ratio = (objects: number): number => Math.floor((objects * pressure) / 100)
    return {
      name: 'super_cache_scan',
      batch: BATCH,
      countObjects: ({ node }) => {
        const { dentryLru, inodeLru } = this.#ofNode(node)
        return ratio(dentryLru.length + inodeLru.length)
      },
      scanObjects: ({ gfp, nrToScan, node }) => {
        this.calls++
        if ((gfp & __GFP_FS) === 0) {
          this.refused++
          this.refusedObjects += nrToScan
          return SHRINK_STOP
        }
        const { dentryLru, inodeLru } = this.#ofNode(node)
        const dentries = dentryLru.length
        const inodes = inodeLru.length
        const total = dentries + inodes + 1
        let freed = 0
        dentryLru.scan(Math.floor((nrToScan * dentries) / total), (file) => {
          this.#freeDentry(file)
          freed++
        })
        inodeLru.scan(Math.floor((nrToScan * inodes) / total), (file) => {
          this.#freeInode(file)
          freed++
        })
        this.freed += freed
        return freed
      },
    }
  }

  #ofNode(node: number): { readonly dentryLru: LruList; readonly inodeLru: LruList } {
    const dentryLru = this.#dentryLru[node] ?? this.#dentryLru[0]
    const inodeLru = this.#inodeLru[node] ?? this.#inodeLru[0]
    return { dentryLru, inodeLru }
  }

  /** The list that a dentry is on, or would be. */
  #dentriesOf(file: number): LruList {
    return this.#listOf(this.#dentryLru, this.#dentries[file] as number)
  }

  #inodesOf(inode: number): LruList {
    return this.#listOf(this.#inodeLru, this.#inodes[inode] as number)
  }

  /** That of the node that an object is on. */
  #listOf(lists: LruLists, address: number): LruList {
    const [first] = lists
    if (lists.length === 1) return first
    const { node } = this.#vm.memory.zones.zoneOf(Math.floor(address / PAGE_SIZE))
    return lists[node] ?? first
  }

  #freeDentry(file: number): void {
    this.#vm.slab.free(this.#dentryCache, this.#dentries[file] as number)
    this.#dentries[file] = NONE
    // Nobody holds its inode any more.
    const inode = this.inodeOf(file)
    if (this.hasInode(inode)) this.#inodesOf(inode).use(inode)
  }

  #freeInode(file: number): void {
    if (!this.hasInode(file)) return
    this.#inodesOf(file).remove(file)
    this.#vm.slab.free(this.#inodeCache, this.#inodes[file] as number)
    this.#inodes[file] = NONE
  }
}

function lruLists(nodes: number): LruLists {
  return [new LruList(), ...Array.from({ length: nodes - 1 }, () => new LruList())]
}

function withRoom(addresses: Float64Array<ArrayBuffer>, file: number): Float64Array<ArrayBuffer> {
  if (file < addresses.length) return addresses
  const longer = new Float64Array(Math.max(1024, 2 * addresses.length, file + 1)).fill(NONE)
  longer.set(addresses)
  return longer
}
