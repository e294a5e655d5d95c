/** Reader: read() of a file through the page cache (mm/filemap.c, filemap_read, and mm/readahead.c, 6.1.192). */
import {
  __GFP_HARDWALL,
  __GFP_MOVABLE,
  __GFP_NOFAIL,
  GFP_KERNEL,
  GFP_NOFS,
  memallocNofsRestore,
  memallocNofsSave,
  PG_ACTIVE,
} from '@scopemask/allocator'
import type { LiveSteps } from '@scopemask/checker/live'
import type { Costs } from '../costs.js'
import type { BlockDevice } from '../disk/block-device.js'
import { GFP_HIGHUSER_MOVABLE, type Vm } from '../memory/vm.js'
import type { Task } from '../task.js'
import type { FileCache, PageCache } from './page-cache.js'
import { newReadahead, ondemandReadahead, type Readahead } from './readahead.js'

/** Readahead that finds no memory is given up: __GFP_NORETRY | __GFP_NOWARN. */
const READAHEAD_GFP = 0x12000
/** A buffer is charged in any case, above the limit of its group if it has to be (fs/buffer.c, grow_dev_page). */
const BUFFER_GFP = __GFP_HARDWALL | __GFP_MOVABLE | __GFP_NOFAIL
/** A read looks up so many pages at once (PAGEVEC_SIZE). */
const BATCH = 15

/** A file as a process has it open. */
export interface OpenFile {
  readonly file: FileCache
  /** Pages. */
  size: number
  readonly ra: Readahead
}

export class Reader {
  readonly #vm: Vm
  readonly #cache: PageCache
  readonly #disk: BlockDevice
  readonly #costs: Costs
  readonly #window: number
  /** Readahead runs in a scope. */
  readonly #scope: boolean
  /** What a buffer is charged with. */
  readonly #bufferGfp: number

  constructor(parts: {
    readonly vm: Vm
    readonly cache: PageCache
    readonly disk: BlockDevice
    readonly costs: Costs
    readonly readaheadPages: number
    readonly scope: boolean
    /** Buffers are charged with GFP_NOFS. */
    readonly restricted: boolean
  }) {
    this.#vm = parts.vm
    this.#cache = parts.cache
    this.#disk = parts.disk
    this.#costs = parts.costs
    this.#window = parts.readaheadPages
    this.#scope = parts.scope
    this.#bufferGfp = ((parts.restricted ? GFP_NOFS : GFP_KERNEL) | BUFFER_GFP) >>> 0
  }

  /** Opens a file of so many pages. */
  open(file: FileCache, size: number): OpenFile {
    return { file, size, ra: newReadahead() }
  }

  /**
   * Reads whole pages.
   * @returns false when there was no memory, or the task was killed
   */
  *read(task: Task, open: OpenFile, from: number, pages: number): LiveSteps<boolean> {
    const { file, ra } = open
    const end = Math.min(from + pages, open.size)
    let at = from
    while (at < end) {
      let page = this.#cache.at(file, at)
      if (page < 0) {
        yield* this.#sync(task, open, at, end - at)
        page = this.#cache.at(file, at)
        if (page < 0) page = yield* this.#single(task, file, at)
        if (page < 0) return false
      }
      // As many as are there, up to one that has to be waited for or begins a readahead.
      let last = at
      while (
        last + 1 < end &&
        last - at + 1 < BATCH &&
        this.#cache.isReady(page) &&
        !this.#cache.hasReadahead(page)
      ) {
        const next = this.#cache.at(file, last + 1)
        if (next < 0) break
        page = next
        last++
      }
      if (this.#cache.takeReadahead(page)) yield* this.#async(task, open, last, end - last)
      if (!this.#cache.isReady(page)) {
        yield* this.#cache.wait(task, file, page)
        // It may have been thrown out before its reader could run.
        if (this.#cache.at(file, last) !== page) continue
      }
      let copied = 0
      for (; at <= last; at++) {
        const each = this.#cache.at(file, at)
        if (each < 0) break
        if (at !== ra.previous) this.#vm.memory.markAccessed(each)
        ra.previous = at
        copied++
      }
      const time = copied * this.#costs.copy
      if (!this.#vm.passes(time)) yield time
    }
    return true
  }

  /**
   * Reads so many pages of a device, those that are not there, and does not wait for them. They are active from the beginning: a
   * buffer is marked as used when it is made, and again when it is then found (fs/buffer.c, __getblk_slow).
   */
  *readBuffers(task: Task, open: OpenFile, start: number, size: number): LiveSteps {
    yield* this.#readIn(task, open, { start, size, mark: 0 }, true)
  }

  /** Returns true if a page of a file is there to be copied (what RWF_NOWAIT asks). */
  isCached(open: OpenFile, place: number): boolean {
    const page = this.#cache.at(open.file, place)
    return page >= 0 && this.#cache.isReady(page)
  }

  /** page_cache_sync_ra. */
  *#sync(task: Task, open: OpenFile, index: number, wanted: number): LiveSteps {
    if (open.ra.random) {
      yield* this.#readIn(task, open, { start: index, size: wanted, mark: 0 })
      return
    }
    yield* this.#ondemand(task, open, { index, wanted, hit: false })
  }

  /** page_cache_async_ra. */
  *#async(task: Task, open: OpenFile, index: number, wanted: number): LiveSteps {
    yield* this.#ondemand(task, open, { index, wanted, hit: true })
  }

  *#ondemand(
    task: Task,
    open: OpenFile,
    request: { readonly index: number; readonly wanted: number; readonly hit: boolean },
  ): LiveSteps {
    const { file } = open
    const window = ondemandReadahead(open.ra, request, this.#window, {
      nextMiss: (from, within) => {
        for (let place = from; place < from + within; place++) {
          if (this.#cache.at(file, place) < 0) return place
        }
        return -1
      },
      before: (place, within) => {
        let cached = 0
        while (cached < within && this.#cache.at(file, place - 1 - cached) >= 0) cached++
        return cached
      },
    })
    if (window !== null) yield* this.#readIn(task, open, window)
  }

  /** page_cache_ra_unbounded: allocates the pages of a window that are not there, in a scope that keeps out of the filesystem. */
  *#readIn(
    task: Task,
    { file, size }: OpenFile,
    window: { readonly start: number; readonly size: number; readonly mark: number },
    buffers = false,
  ): LiveSteps {
    const end = Math.min(window.start + window.size, size)
    const marked = window.mark > 0 ? window.start + window.size - window.mark : -1
    const gfp = (GFP_HIGHUSER_MOVABLE | READAHEAD_GFP) >>> 0
    const { charges } = this.#vm
    const chargeGfp = file.buffers ? this.#bufferGfp : gfp
    const scope = this.#scope ? memallocNofsSave(task.context) : null
    let run: number[] = []
    for (let place = window.start; place < end; place++) {
      if (this.#cache.at(file, place) >= 0) {
        yield* this.#submit(task, run)
        run = []
        continue
      }
      let page = this.#vm.allocNow(task, gfp)
      if (page < 0) page = yield* this.#vm.allocSlowly(task, gfp)
      if (charges.isDue(task, page)) page = yield* charges.page(task, chargeGfp, page)
      if (page < 0) break
      if (this.#cache.at(file, place) >= 0) {
        // Somebody else was quicker.
        this.#vm.memory.free(page, 0, task.cpu)
        yield* this.#submit(task, run)
        run = []
        continue
      }
      this.#cache.add(file, place, page, false)
      if (place === marked) this.#cache.setReadahead(page)
      if (buffers) this.#usedTwice(page)
      run.push(page)
      if (!this.#vm.passes(this.#costs.readPage)) yield this.#costs.readPage
    }
    yield* this.#submit(task, run)
    if (scope !== null) memallocNofsRestore(task.context, scope)
  }

  /** A buffer was made and found: its page is active from the beginning; where pages are in generations that raises its tier. */
  #usedTwice(page: number): void {
    const { lru } = this.#vm.memory
    if (lru.generations === null) lru.setFlags(page, lru.flags(page) | PG_ACTIVE)
    else for (let i = 0; i < 2; i++) lru.markAccessed(page)
  }

  /** A page that readahead has not brought (filemap_create_folio). */
  *#single(task: Task, file: FileCache, place: number): LiveSteps<number> {
    const { charges } = this.#vm
    let page = yield* this.#vm.alloc(task, GFP_HIGHUSER_MOVABLE)
    if (charges.isDue(task, page)) {
      page = yield* charges.page(task, file.buffers ? this.#bufferGfp : GFP_HIGHUSER_MOVABLE, page)
    }
    if (page < 0) return -1
    const other = this.#cache.at(file, place)
    if (other >= 0) {
      this.#vm.memory.free(page, 0, task.cpu)
      return other
    }
    this.#cache.add(file, place, page, false)
    if (!this.#vm.passes(this.#costs.readPage)) yield this.#costs.readPage
    yield* this.#submit(task, [page])
    return page
  }

  *#submit(task: Task, pages: readonly number[]): LiveSteps {
    const most = this.#disk.maxPages
    for (let from = 0; from < pages.length; from += most) {
      const some = pages.slice(from, from + most)
      const done = (): void => {
        for (const page of some) this.#cache.ready(page)
      }
      yield* this.#disk.submit(task, { write: false, bytes: some.length * 4096, done })
    }
  }
}
