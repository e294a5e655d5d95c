/**
 * Object cache: dentries and inodes that are kept in case they are needed again, on LRU lists, and the shrinker that frees them
 * (fs/dcache.c, fs/inode.c and fs/super.c, super_cache_scan, 6.1). An inode is held by its dentry; only when that is gone, its inode is
 * on a list of its own. Each memory cgroup has lists of the objects that are charged to it, and the shrinker is asked for each group
 * (SHRINKER_MEMCG_AWARE).
 */
import {
  __GFP_FS,
  GFP_KERNEL,
  GFP_NOFS,
  SHRINK_STOP,
  type ShrinkControl,
  type Shrinker,
  type SlabCache,
} from '@scopemask/allocator'
import type { LiveSteps } from '@scopemask/checker/live'
import type { Vm } from '../memory/vm.js'
import type { Task } from '../task.js'
import { Objects, type ObjectsOf, objectSlabs } from './objects.js'

/** Bytes of an object; those of ext4 inodes differ a little between configurations. */
const DENTRY_SIZE = 192
const INODE_SIZE = 1200
/** s_shrink.batch (fs/super.c, alloc_super). */
const BATCH = 1024

const NONE = -1

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
  readonly #gfpInode: number
  /** By name, and by inode. */
  readonly #dentries: Objects
  readonly #inodes: Objects
  /** By name: its inode. */
  #inodeOf = new Float64Array(0)
  readonly #registered: Disposable
  /** Objects freed by the shrinker, and times it was refused since the request may not enter the filesystem. */
  freed = 0
  refused = 0
  /** Objects that it was asked to look at then, and did not. */
  refusedObjects = 0
  calls = 0

  constructor(options: ObjectCacheOptions) {
    const { vm, vfsCachePressure, restricted, inodes, dentryCache } = options
    this.#gfpInode = restricted ? GFP_NOFS : GFP_KERNEL
    this.#dentries = new Objects(
      vm,
      dentryCache ?? objectSlabs(vm, { name: 'dentry', size: DENTRY_SIZE }),
    )
    this.#inodes = new Objects(vm, objectSlabs(vm, { name: inodes, size: INODE_SIZE }))
    this.#registered = vm.memory.registerShrinker(this.#shrinker(vfsCachePressure))
  }

  /** The cache of dentries, which all filesystems share. */
  get dentryCache(): SlabCache {
    return this.#dentries.cache
  }

  /** Pages of the slabs of both caches. */
  get slabPages(): number {
    return this.#dentries.cache.pages + this.#inodes.cache.pages
  }

  /**
   * The filesystem is unmounted and its module unloaded: all dentries and inodes go, and then the cache of inodes, with all its slabs (fs/super.c,
   * generic_shutdown_super; fs/ext4/super.c, destroy_inodecache). The dentries' stays, with slabs that have dentries of others. Inodes are freed at once
   * and not after a grace period of RCU.
   */
  *unmount(task: Task): LiveSteps {
    this.#registered[Symbol.dispose]()
    yield* this.#dentries.clear(task)
    yield* this.#inodes.clear(task)
    this.#inodes.destroyCache()
  }

  hasDentry(file: number): boolean {
    return this.#dentries.has(file)
  }

  hasInode(file: number): boolean {
    return this.#inodes.has(file)
  }

  /** A name stands for an inode from now on, and keeps it in the cache. */
  name(file: number, inode: number): void {
    this.#inodeOf = withRoom(this.#inodeOf, file)
    this.#inodeOf[file] = inode
    this.#inodes.keep(inode)
  }

  /** The inode of a name. */
  inodeOf(file: number): number {
    return this.#inodeOf[file] ?? NONE
  }

  /** Somebody has used a dentry and let go of it (dput): the second time it has a second chance. */
  used(file: number): void {
    this.#dentries.use(file)
  }

  /** Makes the dentry of a file. Returns false when there was no memory. */
  addDentry(task: Task, file: number): LiveSteps<boolean> {
    return this.#dentries.add(task, file, GFP_KERNEL)
  }

  /** Makes the inode of a file. */
  addInode(task: Task, file: number): LiveSteps<boolean> {
    return this.#inodes.add(task, file, this.#gfpInode)
  }

  /** The file is unlinked: its inode goes at once, its dentry stays and says that there is no such file. */
  unlinked(file: number): void {
    this.#inodes.free(this.inodeOf(file))
    this.#inodeOf[file] = NONE
    if (this.hasDentry(file)) this.#dentries.use(file)
  }

  #shrinker(pressure: number): Shrinker {
    const ratio = (objects: number): number => Math.floor((objects * pressure) / 100)
    return {
      name: 'super_cache_scan',
      batch: BATCH,
      memcgAware: true,
      countObjects: (control) => {
        const of = ofControl(control)
        return ratio(this.#dentries.unused(of) + this.#inodes.unused(of))
      },
      scanObjects: (control) => {
        const { gfp, nrToScan } = control
        this.calls++
        if ((gfp & __GFP_FS) === 0) {
          this.refused++
          this.refusedObjects += nrToScan
          return SHRINK_STOP
        }
        const of = ofControl(control)
        const dentries = this.#dentries.unused(of)
        const inodes = this.#inodes.unused(of)
        const total = dentries + inodes + 1
        let freed = 0
        this.#dentries.scan(of, Math.floor((nrToScan * dentries) / total), (file) => {
          this.#freeDentry(file)
          freed++
        })
        this.#inodes.scan(of, Math.floor((nrToScan * inodes) / total), (file) => {
          this.#inodes.free(file)
          freed++
        })
        this.freed += freed
        return freed
      },
    }
  }

  #freeDentry(file: number): void {
    this.#dentries.free(file)
    // Nobody holds its inode any more.
    const inode = this.inodeOf(file)
    if (this.hasInode(inode)) this.#inodes.use(inode)
  }
}

/** The group and the node whose objects are meant (SHRINKER_MEMCG_AWARE, SHRINKER_NUMA_AWARE). */
function ofControl({ memcg, node }: ShrinkControl): ObjectsOf {
  return { group: memcg?.number ?? 0, node }
}

function withRoom(numbers: Float64Array<ArrayBuffer>, file: number): Float64Array<ArrayBuffer> {
  if (file < numbers.length) return numbers
  const longer = new Float64Array(Math.max(1024, 2 * numbers.length, file + 1)).fill(NONE)
  longer.set(numbers)
  return longer
}
