/**
 * Page cache: the pages of files, by file and place (mm/filemap.c, 6.1). Where a page was thrown out its shadow stays, which tells a
 * refault. A page that is read in is locked; who needs it waits.
 */
import { type PageAllocator, PG_FILE, PG_WORKINGSET } from '@scopemask/allocator'
import { type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { Owners, PageOwner } from '../memory/owners.js'
import type { Psi } from '../sched/psi.js'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'

/** What is known of a page beside its LRU flags, as bits. */
const UPTODATE = 1
const LOCKED = 2
const READAHEAD = 4
const WAITED_FOR = 8
const PINNED = 16

/** No page, and no shadow: the place was never read. Shadows are below. */
const NEVER = -1

/** The pages of a file. */
export interface FileCache {
  readonly name: string
  /** By place: a page, NEVER, or a shadow as -2 - shadow. */
  pages: Int32Array
  /** How many pages it has in the cache. */
  cached: number
  /** Its number among the owners of pages. */
  readonly owner: number
  /** It is a device, whose blocks are read one by one into buffers (sb_bread). */
  readonly buffers: boolean
}

export class PageCache {
  readonly #memory: PageAllocator
  readonly #owners: Owners
  readonly #cpus: Cpus
  readonly #status: Uint8Array
  readonly #psi: Psi
  readonly #waiters = new Map<number, Task[]>()
  /** Pages of files, in all. */
  total = 0
  constructor(parts: {
    readonly memory: PageAllocator
    readonly owners: Owners
    readonly cpus: Cpus
    readonly psi: Psi
  }) {
    const { memory } = parts
    this.#memory = memory
    this.#owners = parts.owners
    this.#cpus = parts.cpus
    this.#psi = parts.psi
    this.#status = new Uint8Array(memory.frames.pages)
  }

  /**
   * Makes a file of so many pages known, none of them cached.
   * @param buffers true if it is a device that is read block by block
   */
  open(name: string, pages: number, buffers = false): FileCache {
    const places = new Int32Array(pages).fill(NEVER)
    const file: { -readonly [K in keyof FileCache]: FileCache[K] } = {
      name,
      pages: places,
      cached: 0,
      owner: 0,
      buffers,
    }
    file.owner = this.#owners.add(new FilePages(this, file))
    return file
  }

  /** The file is gone, and has no page left. */
  close(file: FileCache): void {
    this.#owners.remove(file.owner)
  }

  /** The page at a place, or -1. */
  at(file: FileCache, place: number): number {
    const page = file.pages[place] ?? NEVER
    return page >= 0 ? page : -1
  }

  /**
   * Puts a page in its place, locked, and on the LRU list that its history means (filemap_add_folio).
   * @param write it is made by a write: that is no refault
   */
  add(file: FileCache, place: number, page: number, write: boolean): void {
    if (place >= file.pages.length) {
      const longer = new Int32Array(Math.max(place + 1, 2 * file.pages.length)).fill(NEVER)
      longer.set(file.pages)
      file.pages = longer
    }
    const before = file.pages[place] as number
    let flags = PG_FILE
    if (before < NEVER && !write) {
      const { node } = this.#memory.zones.zoneOf(page)
      const group = this.#memory.memcgs.of(page).number
      flags |= this.#memory.workingset.refault({ node, shadow: -2 - before, group })
    }
    this.#memory.lru.add(page, flags)
    this.#owners.set(page, file.owner, place)
    this.#status[page] = LOCKED
    file.pages[place] = page
    file.cached++
    this.total++
  }

  /** Takes a page out of its file and gives it back (truncation). */
  drop(file: FileCache, place: number, cpu: number): void {
    const page = this.at(file, place)
    if (page < 0) return
    this.#memory.lru.remove(page)
    file.pages[place] = NEVER
    file.cached--
    this.total--
    this.#memory.free(page, 0, cpu)
  }

  /** The page has what the file has at its place: whoever waits for it goes on (folio_end_read). */
  ready(page: number): void {
    const status = this.#status[page] as number
    this.#status[page] = (status & ~(LOCKED | WAITED_FOR)) | UPTODATE
    if ((status & WAITED_FOR) === 0) return
    const waiters = this.#waiters.get(page) ?? []
    this.#waiters.delete(page)
    for (const task of waiters) this.#cpus.wake(task)
  }

  isReady(page: number): boolean {
    return ((this.#status[page] as number) & UPTODATE) !== 0
  }

  /** Locks a page that is there, for as long as it is written to: reclaim and compaction leave it alone until it is ready. */
  lock(page: number): void {
    this.#status[page] = (this.#status[page] as number) | LOCKED
  }

  isLocked(page: number): boolean {
    return ((this.#status[page] as number) & LOCKED) !== 0
  }

  /** Pins a page: it is in use for good, and reclaim cannot free it. */
  pin(page: number): void {
    this.#status[page] = (this.#status[page] as number) | PINNED
  }

  isPinned(page: number): boolean {
    return ((this.#status[page] as number) & PINNED) !== 0
  }

  /** Marks the page at which the next readahead begins. */
  setReadahead(page: number): void {
    this.#status[page] = (this.#status[page] as number) | READAHEAD
  }

  /** Returns true once for a page with the mark. */
  takeReadahead(page: number): boolean {
    const status = this.#status[page] as number
    this.#status[page] = status & ~READAHEAD
    return (status & READAHEAD) !== 0
  }

  /** Returns true if the page has the mark. */
  hasReadahead(page: number): boolean {
    return ((this.#status[page] as number) & READAHEAD) !== 0
  }

  /**
   * Waits until a page is ready (folio_wait_bit_common). A page of the working set that was thrown out is waited for because memory is
   * short; only those who wait for a buffer do not say so (wait_on_buffer).
   */
  *wait(task: Task, file: FileCache, page: number): LiveSteps {
    const thrashes = !file.buffers && (this.#memory.lru.flags(page) & PG_WORKINGSET) !== 0
    const stalled = thrashes && this.#psi.enter(task)
    while (!this.isReady(page)) {
      this.#waitFor(task, page)
      task.reason = WaitReason.READ
      yield WAIT
    }
    if (thrashes) this.#psi.leave(task, stalled)
  }

  /** Waits until a page that is locked is not (folio_lock): then somebody else may lock it before the waiter runs. */
  *unlocked(task: Task, page: number): LiveSteps {
    this.#waitFor(task, page)
    task.reason = WaitReason.READ
    yield WAIT
  }

  #waitFor(task: Task, page: number): void {
    const waiters = this.#waiters.get(page)
    if (waiters === undefined) this.#waiters.set(page, [task])
    else waiters.push(task)
    this.#status[page] = (this.#status[page] as number) | WAITED_FOR
  }

  /** @internal Compaction moves a page; one in use for good stays. */
  move(
    file: FileCache,
    place: number,
    { from, to }: { readonly from: number; readonly to: number },
  ): boolean {
    if (this.isPinned(from)) return false
    file.pages[place] = to
    this.#status[to] = this.#status[from] as number
    return true
  }

  /** @internal Reclaim takes a page. */
  lost(file: FileCache, place: number, shadow: number): void {
    file.pages[place] = -2 - shadow
    file.cached--
    this.total--
  }
}

class FilePages implements PageOwner {
  readonly #cache: PageCache
  readonly #file: FileCache

  constructor(cache: PageCache, file: FileCache) {
    this.#cache = cache
    this.#file = file
  }

  lose(_page: number, index: number, shadow: number): void {
    this.#cache.lost(this.#file, index, shadow)
  }

  move(from: number, to: number, index: number): boolean {
    return this.#cache.move(this.#file, index, { from, to })
  }

  locked(page: number): boolean {
    return this.#cache.isLocked(page)
  }

  release(page: number): boolean {
    return !this.#cache.isPinned(page)
  }
}
