/**
 * Writeback: dirty pages and the flusher that writes them (fs/fs-writeback.c and mm/page-writeback.c, 6.1). It writes in the background
 * while more pages are dirty than the background threshold, file by file in chunks, and every 5 s what has been dirty for 30 s.
 */
import { ACTIVE_FILE, INACTIVE_FILE, PF, PG_DIRTY, PG_WRITEBACK } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { BlockDevice } from '../disk/block-device.js'
import type { VmSysctls } from '../machine-spec.js'
import type { Vm } from '../memory/vm.js'
import { WaitReason } from '../sched/wait-reason.js'
import { Task } from '../task.js'
import { HZ, jiffiesFrom, SECOND } from '../time.js'
import { DirtyThrottle } from './dirty-throttle.js'
import type { FileCache, PageCache } from './page-cache.js'
import { PagesByNode } from './pages-by-node.js'

/** A file is written so many pages at a time, unless more is asked for (MIN_WRITEBACK_PAGES). */
const CHUNK = 1024

/** A bio has so many segments; pages that are neighbours in memory are one (BIO_MAX_VECS, bio_add_page). */
const BIO_SEGMENTS = 256

/** Pages that are sent to the disk together, neighbours there, and whose they are. They are in writing from the time they are in it. */
interface Run {
  readonly pages: number[]
  readonly of: DirtyFile[]
  segments: number
}

/** The dirty pages of a file. */
interface DirtyFile {
  readonly file: FileCache
  /** By place: 1 for a dirty page. */
  marks: Uint8Array
  dirty: number
  /** In writing. */
  writeback: number
  /** Pages that were sent to the disk, and that it has written, since the file became dirty: the disk keeps their order. */
  sent: number
  done: number
  /** Where writing goes on. */
  cursor: number
  /** When its oldest dirty page became dirty, ns. */
  since: number
  /** Tasks that wait until some of them are written. */
  readonly waiters: Task[]
}

export class Writeback {
  readonly throttle: DirtyThrottle
  readonly task: Task
  /** Pages that are dirty, that are in writing, and that became so or were written since the start. */
  readonly dirtyPages: PagesByNode
  readonly writebackPages: PagesByNode
  readonly dirtiedPages: PagesByNode
  readonly writtenPages: PagesByNode
  /** Dirty pages that need not be written: their files are gone. */
  discarded = 0
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #vm: Vm
  readonly #cache: PageCache
  readonly #disk: BlockDevice
  readonly #sysctls: VmSysctls
  /** Those with dirty pages, in the order in which they are to be written. */
  readonly #queue: DirtyFile[] = []
  readonly #files = new Map<FileCache, DirtyFile>()
  /** Who waits for a single page that is being written. */
  readonly #waiters = new Map<number, Task[]>()
  /** What the flusher has collected: the blocks of small files that it writes one after the other are neighbours (mballoc.c). */
  #run: Run = { pages: [], of: [], segments: 0 }
  #background = false
  /** Reclaim wants everything written. */
  #everything = false
  #resting = false

  constructor(parts: {
    readonly clock: Clock
    readonly cpus: Cpus
    readonly vm: Vm
    readonly cache: PageCache
    readonly disk: BlockDevice
    readonly sysctls: VmSysctls
    /** See DirtyThrottle. */
    readonly bootLimit: number
  }) {
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#vm = parts.vm
    this.#cache = parts.cache
    this.#disk = parts.disk
    this.#sysctls = parts.sysctls
    const { zones } = parts.vm.memory
    this.dirtyPages = new PagesByNode(zones)
    this.writebackPages = new PagesByNode(zones)
    this.dirtiedPages = new PagesByNode(zones)
    this.writtenPages = new PagesByNode(zones)
    this.throttle = new DirtyThrottle({ ...parts, state: this })
    this.task = new Task('flusher', PF.mask('KTHREAD', 'WQ_WORKER'), () => this.#work())
    parts.cpus.start(this.task)
    this.#vm.writePending = (node) => this.dirtyPages.of(node) + this.writebackPages.of(node)
    this.#vm.dirtyPages = (node) => this.dirtyPages.of(node)
    this.#vm.wakeFlushers = () => this.#writeEverything()
    this.#vm.nodeDirtyOk = (node) =>
      this.dirtyPages.of(node) + this.writebackPages.of(node) <= this.#nodeLimit(node)
    const period = Math.ceil((parts.sysctls.dirtyWritebackCentisecs * HZ) / 100)
    const periodic = (): void => {
      this.#wake()
      this.#clock.at(jiffiesFrom(this.#clock.now, period), periodic)
    }
    if (period > 0) this.#clock.at(jiffiesFrom(this.#clock.now, period), periodic)
  }

  get dirty(): number {
    return this.dirtyPages.total
  }

  get writeback(): number {
    return this.writebackPages.total
  }

  get dirtied(): number {
    return this.dirtiedPages.total
  }

  get written(): number {
    return this.writtenPages.total
  }

  /** global_dirtyable_memory. */
  dirtyable(): number {
    const { zones } = this.#vm.memory
    const free = zones.freePages()
    let file = 0
    for (let node = 0; node < zones.nodes; node++) file += this.#filePages(node)
    return free - Math.min(free, zones.totalReserve) + file + 1
  }

  /** Of one node (node_dirty_limit): on a machine with one, that of the machine. */
  #nodeLimit(node: number): number {
    const { zones } = this.#vm.memory
    if (zones.nodes === 1) return this.throttle.limits().threshold
    const free = zones.freePages(node)
    const dirtyable = free - Math.min(free, zones.reserveOf(node)) + this.#filePages(node)
    return Math.floor((dirtyable * this.#sysctls.dirtyRatio) / 100)
  }

  #filePages(node: number): number {
    const { lru } = this.#vm.memory
    return lru.pages(node, INACTIVE_FILE) + lru.pages(node, ACTIVE_FILE)
  }

  /** More is dirty than the background threshold. */
  startBackground(): void {
    if (this.#background) return
    this.#background = true
    this.#wake()
  }

  /**
   * A page of a file has been written to.
   * @param since when the file is taken to be dirty since, if it is not yet: ns, by default now
   */
  markDirty(file: FileCache, place: number, page: number, since = this.#clock.now): void {
    const { lru } = this.#vm.memory
    const flags = lru.flags(page)
    if ((flags & PG_DIRTY) !== 0) return
    lru.setFlags(page, flags | PG_DIRTY)
    const of = this.#of(file)
    if (place >= of.marks.length) {
      const longer = new Uint8Array(Math.max(place + 1, 2 * of.marks.length))
      longer.set(of.marks)
      of.marks = longer
    }
    of.marks[place] = 1
    if (of.dirty++ === 0) {
      of.since = since
      if (!this.#queue.includes(of)) this.#queue.push(of)
    }
    this.dirtyPages.count(page, 1)
    this.dirtiedPages.count(page, 1)
  }

  /** The file goes away: its dirty pages need not be written. Returns how many there were. */
  discard(file: FileCache): number {
    const of = this.#files.get(file)
    if (of === undefined) return 0
    const { dirty, marks } = of
    for (let place = 0, left = dirty; left > 0 && place < marks.length; place++) {
      if (marks[place] !== 1) continue
      this.dirtyPages.count(this.#cache.at(file, place), -1)
      left--
    }
    this.discarded += dirty
    of.dirty = 0
    marks.fill(0)
    const at = this.#queue.indexOf(of)
    if (at >= 0) this.#queue.splice(at, 1)
    if (of.writeback === 0) this.#files.delete(file)
    return dirty
  }

  /** Writes a file and waits for it (filemap_write_and_wait). */
  *sync(task: Task, file: FileCache): LiveSteps {
    const of = this.#files.get(file)
    if (of === undefined) return
    while (of.dirty > 0) yield* this.#write(task, of, of.dirty)
    yield* this.#flush(task)
    yield* this.#settled(task, of)
  }

  /** Waits for what of a file is in writing now (filemap_fdatawait). */
  *settled(task: Task, file: FileCache): LiveSteps {
    const of = this.#files.get(file)
    if (of !== undefined) yield* this.#settled(task, of)
  }

  /** Returns true while a page is being written. */
  isWritten(page: number): boolean {
    return (this.#vm.memory.lru.flags(page) & PG_WRITEBACK) !== 0
  }

  /** Waits until a page that is being written has been (folio_wait_writeback). */
  *pageWritten(task: Task, page: number): LiveSteps {
    const waiters = this.#waiters.get(page)
    if (waiters === undefined) this.#waiters.set(page, [task])
    else waiters.push(task)
    task.reason = WaitReason.WRITE
    yield WAIT
  }

  /** Files with pages that are dirty or in writing. */
  busy(): readonly FileCache[] {
    return [...this.#files.values()]
      .filter(({ dirty, writeback }) => dirty + writeback > 0)
      .map(({ file }) => file)
  }

  *#settled(task: Task, of: DirtyFile): LiveSteps {
    const { sent } = of
    while (of.done < sent) {
      of.waiters.push(task)
      task.reason = WaitReason.WRITE
      yield WAIT
    }
  }

  #writeEverything(): void {
    this.#everything = true
    this.#wake()
  }

  #wake(): void {
    if (!this.#resting) return
    this.#resting = false
    this.#cpus.wake(this.task)
  }

  *#work(): LiveSteps {
    for (;;) {
      yield* this.#writeAll()
      yield* this.#writeOld()
      while (this.#over()) {
        if (!(yield* this.#writeNext())) break
      }
      yield* this.#flush(this.task)
      this.#background = false
      this.#resting = true
      yield WAIT
      this.#resting = false
    }
  }

  /** over_bground_thresh. */
  #over(): boolean {
    return this.dirty > this.throttle.limits().background
  }

  *#writeAll(): LiveSteps {
    if (!this.#everything) return
    this.#everything = false
    let left = this.dirty
    while (left > 0 && this.#queue.length > 0) {
      const before = this.dirty
      if (!(yield* this.#writeNext())) break
      left -= Math.max(1, before - this.dirty)
    }
  }

  /** wb_check_old_data_flush. */
  *#writeOld(): LiveSteps {
    const oldest = this.#clock.now - this.#sysctls.dirtyExpireCentisecs * (SECOND / 100)
    while ((this.#queue[0]?.since ?? Number.POSITIVE_INFINITY) < oldest) {
      if (!(yield* this.#writeNext())) break
    }
  }

  /** Writes a chunk of the next file; returns false when there is none. */
  *#writeNext(): LiveSteps<boolean> {
    const of = this.#queue.shift()
    if (of === undefined) return false
    yield* this.#write(this.task, of, this.#chunk())
    // What is large is sent at once (BLK_PLUG_FLUSH_SIZE); small files, whose blocks are neighbours, are collected.
    if (this.#run.pages.length >= this.#disk.maxPages) yield* this.#flush(this.task)
    if (of.dirty > 0) this.#queue.push(of)
    this.throttle.updateBandwidth()
    return true
  }

  /** writeback_chunk_size. */
  #chunk(): number {
    const pages = Math.min(this.throttle.bandwidth >> 1, this.throttle.hardLimit >> 3)
    return Math.floor((pages + CHUNK) / CHUNK) * CHUNK
  }

  /** Writes so many pages of a file at most, from where it stopped last time (write_cache_pages, range_cyclic). */
  *#write(task: Task, of: DirtyFile, most: number): LiveSteps {
    let left = most
    const size = of.marks.length
    const { lru } = this.#vm.memory
    for (let i = 0; i < size && left > 0 && of.dirty > 0; i++) {
      const place = (of.cursor + i) % size
      if (of.marks[place] !== 1) {
        // What is beyond a hole is no neighbour.
        if (this.#run.of.at(-1) === of) yield* this.#flush(task)
        continue
      }
      const page = this.#cache.at(of.file, place)
      of.marks[place] = 0
      of.dirty--
      this.dirtyPages.count(page, -1)
      lru.setFlags(page, (lru.flags(page) & ~PG_DIRTY) | PG_WRITEBACK)
      of.writeback++
      of.sent++
      this.writebackPages.count(page, 1)
      const run = this.#run
      if (run.pages.at(-1) !== page - 1) run.segments++
      run.pages.push(page)
      run.of.push(of)
      left--
      if (left === 0 || of.dirty === 0) of.cursor = (place + 1) % size
      if (run.segments === BIO_SEGMENTS) yield* this.#flush(task)
    }
  }

  /** Sends what has been collected to the disk. */
  *#flush(task: Task): LiveSteps {
    const run = this.#run
    if (run.pages.length === 0) return
    this.#run = { pages: [], of: [], segments: 0 }
    const most = this.#disk.maxPages
    for (let from = 0; from < run.pages.length; from += most) {
      const to = Math.min(from + most, run.pages.length)
      const done = (): void => this.#done(run, from, to)
      yield* this.#disk.submit(task, { write: true, bytes: (to - from) * 4096, done })
    }
    // A resched point: the table of costs has no line for the flusher.
    yield 0
  }

  #done({ pages, of: owners }: Run, from: number, to: number): void {
    const { lru } = this.#vm.memory
    for (let i = from; i < to; i++) {
      const page = pages[i] as number
      this.writebackPages.count(page, -1)
      this.writtenPages.count(page, 1)
      lru.endWriteback(page)
      if (this.#waiters.size > 0) this.#wakeWaiters(page)
      const of = owners[i] as DirtyFile
      of.writeback--
      of.done++
      if (of.waiters.length > 0 && owners[i + 1] !== of) {
        for (const waiter of of.waiters.splice(0)) this.#cpus.wake(waiter)
      }
      if (of.writeback === 0 && of.dirty === 0) this.#files.delete(of.file)
    }
  }

  #wakeWaiters(page: number): void {
    const waiters = this.#waiters.get(page) ?? []
    this.#waiters.delete(page)
    for (const task of waiters) this.#cpus.wake(task)
  }

  #of(file: FileCache): DirtyFile {
    let of = this.#files.get(file)
    if (of === undefined) {
      of = {
        file,
        marks: new Uint8Array(Math.max(16, file.pages.length)),
        dirty: 0,
        writeback: 0,
        sent: 0,
        done: 0,
        cursor: 0,
        since: 0,
        waiters: [],
      }
      this.#files.set(file, of)
    }
    return of
  }
}
