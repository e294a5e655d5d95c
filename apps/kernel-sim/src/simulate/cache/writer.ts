/** Writer: write() of a file through the page cache (mm/filemap.c, generic_perform_write; fs/ext4/inode.c, ext4_da_write_begin, 6.1). */
import { __GFP_WRITE } from '@scopemask/allocator'
import type { LiveSteps } from '@scopemask/checker/live'
import type { Costs } from '../costs.js'
import type { Journal } from '../fs/journal.js'
import { type Metadata, rootInodeBlock } from '../fs/metadata.js'
import { GFP_HIGHUSER_MOVABLE, type Vm } from '../memory/vm.js'
import type { Task } from '../task.js'
import type { FileCache, PageCache } from './page-cache.js'
import type { OpenFile } from './reader.js'
import type { Writeback } from './writeback.js'

/** Of a page that is about to be dirtied. */
const GFP_WRITE = (GFP_HIGHUSER_MOVABLE | __GFP_WRITE) >>> 0
/** Blocks that a block group's bitmap has bits for. */
const GROUP = 32_768
/** Where metadata blocks of their kinds are numbered from: they are not read here. */
const BITMAPS = 2_000_000
const DESCRIPTORS = 3_000_000

/** The metadata blocks that writing a page changes: its inode's, the bitmap that its block is taken from, the group descriptors. */
function blocksOf(file: FileCache, place: number): readonly number[] {
  return [rootInodeBlock(file), BITMAPS + Math.floor(place / GROUP), DESCRIPTORS]
}

export class Writer {
  readonly #vm: Vm
  readonly #cache: PageCache
  readonly #writeback: Writeback
  readonly #journal: Journal
  readonly #metadata: Metadata
  readonly #costs: Costs

  constructor(parts: {
    readonly vm: Vm
    readonly cache: PageCache
    readonly writeback: Writeback
    readonly journal: Journal
    readonly metadata: Metadata
    readonly costs: Costs
  }) {
    this.#vm = parts.vm
    this.#cache = parts.cache
    this.#writeback = parts.writeback
    this.#journal = parts.journal
    this.#metadata = parts.metadata
    this.#costs = parts.costs
  }

  /**
   * Writes whole pages; the file grows.
   * @param cost ns of a page; by default what the table says of write()
   * @param blocks the metadata blocks that are changed; by default those of a file that grows
   * @returns false when there was no memory, or the task was killed
   */
  *write(
    task: Task,
    open: OpenFile,
    request: {
      readonly from: number
      readonly pages: number
      readonly cost?: number
      readonly blocks?: readonly number[]
    },
  ): LiveSteps<boolean> {
    const { from, pages, cost = this.#costs.write, blocks } = request
    const { file } = open
    const { charges } = this.#vm
    const inode = blocks === undefined ? rootInodeBlock(file) : -1
    // Its inode has to be there to be changed (ext4_get_inode_loc).
    if (inode >= 0 && !this.#metadata.isCached(inode)) yield* this.#metadata.read(task, inode)
    let changed = blocks ?? blocksOf(file, from)
    for (let place = from; place < from + pages; place++) {
      let page = this.#cache.at(file, place)
      if (page < 0) {
        // Before the handle is started: it can take long when memory is short.
        page = this.#vm.allocForWriteNow(task, GFP_WRITE)
        if (page < 0) page = yield* this.#vm.allocForWriteSlowly(task, GFP_WRITE)
        if (charges.isDue(task, page)) page = yield* charges.page(task, GFP_WRITE, page)
        if (page < 0) return false
        page = this.#added(task, file, { place, page })
      } else this.#cache.lock(page)
      if (!this.#journal.tryStart(task)) yield* this.#journal.start(task)
      if (inode >= 0 && this.#metadata.isBusy(inode)) yield* this.#metadata.access(task, inode)
      if (!this.#vm.passes(cost)) yield cost
      this.#cache.ready(page)
      this.#vm.memory.markAccessed(page)
      this.#writeback.markDirty(file, place, page)
      if (place >= open.size) open.size = place + 1
      if (place % GROUP === 0) changed = blocks ?? blocksOf(file, place)
      this.#journal.stop(task, file, changed)
      if (this.#writeback.throttle.dirtied(task)) yield* this.#writeback.throttle.balance(task)
    }
    return true
  }

  /** Puts a new page in its place, unless somebody else was quicker: then it is given back. Returns the one that is there, locked. */
  #added(
    task: Task,
    file: FileCache,
    { place, page }: { readonly place: number; readonly page: number },
  ): number {
    const other = this.#cache.at(file, place)
    if (other < 0) {
      this.#cache.add(file, place, page, true)
      return page
    }
    this.#vm.memory.free(page, 0, task.cpu)
    this.#cache.lock(other)
    return other
  }

  /** fsync: the file's pages, and the transaction that knows of them. */
  *fsync(task: Task, open: OpenFile): LiveSteps {
    yield* this.#writeback.sync(task, open.file)
    yield* this.#journal.commit(task)
  }
}
