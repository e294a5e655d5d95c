/**
 * Files: many small files in directories, as an ext4 has them (6.1). Looking one up reads a block of its directory and the block of the
 * inode table that its inode is in, both through the page cache of the device; what it makes are a dentry and an inode.
 */
import type { LiveSteps } from '@scopemask/checker/live'
import type { FileCache, PageCache } from '../cache/page-cache.js'
import type { OpenFile, Reader } from '../cache/reader.js'
import type { Writeback } from '../cache/writeback.js'
import type { Writer } from '../cache/writer.js'
import type { Costs } from '../costs.js'
import type { Vm } from '../memory/vm.js'
import type { Task } from '../task.js'
import type { Journal } from './journal.js'
import { BITMAP, DESCRIPTORS, directoryBlock, inodeBlock, type Metadata } from './metadata.js'
import { ObjectCache, type ObjectCacheOptions } from './object-cache.js'
import { Paths } from './paths.js'

export class Files {
  readonly objects: ObjectCache
  /** Small files by their paths. */
  readonly paths = new Paths(this)
  readonly #objectOptions: Omit<ObjectCacheOptions, 'inodes'>
  readonly #metadata: Metadata
  readonly #cache: PageCache
  readonly #reader: Reader
  readonly #writer: Writer
  readonly #writeback: Writeback
  readonly #journal: Journal
  readonly #costs: Costs
  /** Data of files that have any in the cache. */
  readonly #data = new Map<number, FileCache>()
  /** The name that the next file gets, and the inodes of unlinked files, which are used again first. */
  #names: number
  #inodes: number
  readonly #freeInodes: number[] = []

  constructor(parts: {
    readonly vm: Vm
    readonly cache: PageCache
    readonly reader: Reader
    readonly writer: Writer
    readonly writeback: Writeback
    readonly journal: Journal
    readonly metadata: Metadata
    readonly costs: Costs
    readonly vfsCachePressure: number
    /** Inodes are allocated with GFP_NOFS, or in a scope. */
    readonly restricted: boolean
  }) {
    this.#cache = parts.cache
    this.#reader = parts.reader
    this.#writer = parts.writer
    this.#writeback = parts.writeback
    this.#journal = parts.journal
    this.#costs = parts.costs
    const { vm, vfsCachePressure, restricted } = parts
    this.#objectOptions = { vm, vfsCachePressure, restricted }
    this.objects = new ObjectCache({ ...this.#objectOptions, inodes: 'ext4_inode_cache' })
    this.#metadata = parts.metadata
    // Files that are there already have the first numbers.
    this.#names = 1 << 16
    this.#inodes = 1 << 16
  }

  /** The page cache of the device: metadata. */
  get device(): FileCache {
    return this.#metadata.device
  }

  /** The dentries and inodes of another filesystem, with a module of its own. @param module of its name the cache of inodes is called */
  mounted(module: string): ObjectCache {
    const { dentryCache } = this.objects
    return new ObjectCache({ ...this.#objectOptions, inodes: `${module}_inode`, dentryCache })
  }

  /** A number for a file that has been on the disk since before the run; its inode has the same. */
  existing(): number {
    const number = Math.max(this.#names, this.#inodes)
    this.#names = number + 1
    this.#inodes = number + 1
    return number
  }

  /** Opens the data of a small file. @param pages of one that has been there since before the run */
  open(file: number, pages: number): OpenFile {
    let data = this.#data.get(file)
    if (data === undefined) {
      data = this.#cache.open(`file ${file}`, pages)
      this.#data.set(file, data)
    }
    return this.#reader.open(data, pages)
  }

  /** stat of a file whose dentry is there, once its time has passed; else returns false, and nothing has happened. */
  statNow(file: number): boolean {
    if (!this.objects.hasDentry(file)) return false
    this.objects.used(file)
    return true
  }

  /**
   * stat of a file, once its time has passed.
   * @param directory the number of the directory that it is in
   */
  *stat(task: Task, file: number, directory: number): LiveSteps {
    const { objects } = this
    if (!objects.hasDentry(file)) {
      yield* this.#metadata.read(task, directoryBlock(directory))
      if (!(yield* objects.addDentry(task, file))) return
      // A file that has been there since before the run has the inode of its number.
      const known = objects.inodeOf(file)
      const inode = known < 0 ? file : known
      objects.name(file, inode)
      if (!objects.hasInode(inode)) {
        yield* this.#metadata.readInode(task, inodeBlock(inode))
        if (!(yield* objects.addInode(task, inode))) return
      }
    }
    objects.used(file)
  }

  /**
   * Creates a file and writes its first pages.
   * @returns its number
   */
  *create(task: Task, directory: number, pages: number): LiveSteps<number> {
    const file = this.#names++
    const inode = this.#freeInodes.pop() ?? this.#inodes++
    const { objects } = this
    // Creating, writing and unlinking is one line of the table.
    yield this.#costs.createUnlink
    yield* objects.addDentry(task, file)
    yield* objects.addInode(task, inode)
    objects.name(file, inode)
    yield* this.#journal.start(task)
    const blocks = [directoryBlock(directory), inodeBlock(inode), BITMAP, DESCRIPTORS]
    for (const block of blocks) yield* this.#metadata.access(task, block)
    this.#journal.stop(task, null, blocks)
    const cache = this.#cache.open(`file ${file}`, pages)
    this.#data.set(file, cache)
    const open = this.#reader.open(cache, 0)
    yield* this.#writer.write(task, open, { from: 0, pages, cost: 0, blocks })
    objects.used(file)
    return file
  }

  /** Unlinks a file. */
  *unlink(task: Task, file: number, directory: number): LiveSteps {
    yield* this.#journal.start(task)
    const inode = this.objects.inodeOf(file)
    const blocks = [directoryBlock(directory), inodeBlock(inode), BITMAP, DESCRIPTORS]
    for (const block of blocks) yield* this.#metadata.access(task, block)
    this.#journal.stop(task, null, blocks)
    const cache = this.#data.get(file)
    if (cache !== undefined) {
      this.#writeback.discard(cache)
      yield* this.#writeback.settled(task, cache)
      for (let place = 0; place < cache.pages.length; place++) {
        this.#cache.drop(cache, place, task.cpu)
      }
      this.#cache.close(cache)
      this.#data.delete(file)
    }
    this.objects.unlinked(file)
    this.#freeInodes.push(inode)
  }
}
