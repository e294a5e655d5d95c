/**
 * Os: the system calls of a workload. A workload is a generator function over it: `yield* os.read(file, 0, 16)`. Offsets and sizes are
 * pages of 4 KiB, times nanoseconds since the run began.
 */
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import { InputError } from '../../input-error.js'
import type { FileCache, PageCache } from '../cache/page-cache.js'
import type { OpenFile, Reader } from '../cache/reader.js'
import type { Writer } from '../cache/writer.js'
import type { Costs } from '../costs.js'
import type { Files } from '../fs/files.js'
import type { Mount, Mounts } from '../fs/mounts.js'
import type { Paths } from '../fs/paths.js'
import type { WorkLog } from '../measure/work-log.js'
import type { Cma } from '../memory/cma.js'
import type { Vm } from '../memory/vm.js'
import type { Task } from '../task.js'
import type { UserCode } from './user-code.js'

/** What the system calls work on. */
export interface System {
  readonly clock: Clock
  readonly cpus: Cpus
  readonly costs: Costs
  readonly vm: Vm
  readonly cache: PageCache
  readonly reader: Reader
  readonly writer: Writer
  /** Many small files. */
  readonly smallFiles: Files
  /** Files, by name. */
  readonly files: Map<string, FileCache>
  /** When the run began, on the clock. */
  readonly began: number
  readonly mounts: Mounts
  /** CMA areas; null where there are none. */
  readonly cma: Cma | null
  readonly userCode: UserCode
}

export class Os {
  readonly log: WorkLog
  readonly task: Task
  readonly random: (below: number) => number
  readonly #system: System
  readonly #wake = (): void => {
    this.#system.cpus.wake(this.task)
  }

  constructor(system: System, task: Task, log: WorkLog, random: (below: number) => number) {
    this.#system = system
    this.task = task
    this.log = log
    this.random = random
  }

  /** Whose code runs, where workloads are a user's own. */
  get userCode(): UserCode {
    return this.#system.userCode
  }

  /** ns since the run began. */
  get now(): number {
    return this.#system.clock.now - this.#system.began
  }

  get killed(): boolean {
    return this.task.killed
  }

  /** Small files by their paths. */
  get paths(): Paths {
    return this.#system.smallFiles.paths
  }

  /** Begins a phase: what is measured from now on is kept apart. */
  phase() {
    return this.log.begin(this.now, this.#system.cpus.timeOf(this.task))
  }

  /** The program is over: so is its last phase. */
  end(): void {
    this.log.end(this.now, this.#system.cpus.timeOf(this.task))
  }

  /** Sleeps (nanosleep). */
  *sleep(ns: number): LiveSteps {
    if (this.sleeps(ns)) yield WAIT
  }

  /** The same for a loop that has no time to lose: where it returns true, the task yields WAIT. */
  sleeps(ns: number): boolean {
    if (ns <= 0) return false
    const { clock } = this.#system
    clock.at(clock.now + ns, this.#wake)
    return true
  }

  /** Sleeps until a time; not at all if it has passed. */
  *sleepUntil(time: number): LiveSteps {
    const { clock, began } = this.#system
    if (time <= this.now) return
    clock.at(began + time, this.#wake)
    yield WAIT
  }

  /** Creates an empty file. */
  create(name: string): OpenFile {
    const { files, cache, reader } = this.#system
    const file = cache.open(name, 0)
    files.set(name, file)
    return reader.open(file, 0)
  }

  /** Opens a file of so many pages that is there already. */
  open(name: string, pages: number): OpenFile {
    const { files, cache, reader } = this.#system
    let file = files.get(name)
    if (file === undefined) {
      file = cache.open(name, pages)
      files.set(name, file)
    }
    return reader.open(file, pages)
  }

  /** Reads whole pages; returns false when that failed. */
  read(open: OpenFile, from: number, pages: number): LiveSteps<boolean> {
    return this.#returning(this.#system.reader.read(this.task, open, from, pages))
  }

  /** Writes whole pages; the file grows. Returns false when that failed. */
  write(open: OpenFile, from: number, pages: number): LiveSteps<boolean> {
    return this.#returning(this.#system.writer.write(this.task, open, { from, pages }))
  }

  /** Waits until the file is on the disk. */
  fsync(open: OpenFile): LiveSteps {
    return this.#returning(this.#system.writer.fsync(this.task, open))
  }

  /** pread of one page by a system call of its own; it costs at least what one that is cached does. */
  *readPage(open: OpenFile, place: number): LiveSteps<boolean> {
    const time = this.#system.costs.readHit - this.#system.costs.copy
    if (!this.passes(time)) yield time
    return yield* this.#returning(this.#system.reader.read(this.task, open, place, 1))
  }

  /** Returns true if a read would not have to wait (RWF_NOWAIT). */
  isCached(open: OpenFile, place: number): boolean {
    return this.#system.reader.isCached(open, place)
  }

  /** Uses the CPU for so long, ns, if nothing else happens meanwhile; where it returns false the task yields the time. */
  passes(time: number): boolean {
    return this.#system.cpus.passes(time)
  }

  /** The CPU time of a stat, which comes before it. */
  get statTime(): number {
    return this.#system.costs.statHit
  }

  /** stat of a small file that is known, once its time has passed; where it returns false, statSlowly() does it. */
  statNow(file: number): boolean {
    return this.#system.smallFiles.statNow(file)
  }

  /** stat of one of the small files, by its number and its directory's. */
  *stat(file: number, directory: number): LiveSteps {
    if (!this.passes(this.statTime)) yield this.statTime
    yield* this.statSlowly(file, directory)
  }

  /** The same, once its time has passed. */
  statSlowly(file: number, directory: number): LiveSteps {
    return this.#returning(this.#system.smallFiles.stat(this.task, file, directory))
  }

  /** Creates a small file of so many pages; returns its number. */
  createFile(directory: number, pages: number): LiveSteps<number> {
    return this.#returning(this.#system.smallFiles.create(this.task, directory, pages))
  }

  /** Unlinks it. */
  unlink(file: number, directory: number): LiveSteps {
    return this.#returning(this.#system.smallFiles.unlink(this.task, file, directory))
  }

  /** Maps memory of its own; returns the place of its first page. */
  map(pages: number): number {
    return this.#system.vm.map(this.task, pages)
  }

  /** Touches a page of it where nothing has to be waited for; where it returns false, touchSlowly() has to follow. */
  touchNow(place: number): boolean {
    return this.#system.vm.touchNow(this.task, place)
  }

  /** Touches a page for which touchNow() was of no use; returns false when the task has been killed. */
  touchSlowly(place: number): LiveSteps<boolean> {
    return this.#returning(this.#system.vm.touchSlowly(this.task, place))
  }

  /** Mounts a filesystem whose module is loaded for it. */
  mount(module: string): Mount {
    return this.#system.mounts.mount(this.task, module)
  }

  /** Allocates a block of pages; NO_PAGE when the request may fail and does. */
  allocPages(gfp: number, order: number): LiveSteps<number> {
    return this.#system.vm.alloc(this.task, gfp, order)
  }

  /** Gives a block back. */
  freePages(page: number, order: number): void {
    this.#system.vm.memory.free(page, order, this.task.cpu)
  }

  /** A buffer of a driver, in a CMA area; NO_PAGE when it got none. @throws InputError when there is no such area */
  *allocCma(name: string | undefined, pages: number): LiveSteps<number> {
    const { cma, area } = this.#cma(name)
    return yield* cma.alloc(this.task, area, pages)
  }

  /** Gives such a buffer back. */
  freeCma(
    name: string | undefined,
    range: { readonly start: number; readonly pages: number },
  ): void {
    const { cma, area } = this.#cma(name)
    cma.free(this.task, area, range)
  }

  #cma(name: string | undefined) {
    const { cma } = this.#system
    const area = cma?.area(name)
    if (cma === null || area === undefined) {
      throw new InputError(`${this.task.name} wants a CMA area that the machine has not`)
    }
    return { cma, area }
  }

  /** Unmaps all of it. */
  unmap(): LiveSteps {
    return this.#system.vm.unmap(this.task)
  }

  /** A system call, or a fault. Whoever is in a group pays for what it has charged above memory.high before it returns to its own code. */
  #returning<T>(steps: LiveSteps<T>): LiveSteps<T> {
    return this.task.cgroup === null ? steps : this.#returnedFrom(steps)
  }

  *#returnedFrom<T>(steps: LiveSteps<T>): LiveSteps<T> {
    const result = yield* steps
    yield* this.#system.vm.charges.returnToUser(this.task)
    return result
  }
}
