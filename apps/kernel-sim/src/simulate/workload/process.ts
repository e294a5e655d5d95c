/**
 * Process: what a workload of your own calls: a small file API in paths and bytes, memory, and time. Each call that takes time is a
 * generator: `yield* os.read(file, 0, 4096)`. Times are nanoseconds since the run began.
 */
import type { LiveSteps } from '@scopemask/checker/live'
import { InputError } from '../../input-error.js'
import type { OpenFile } from '../cache/reader.js'
import type { PathFile } from '../fs/paths.js'
import type { Os } from './os.js'

const PAGE = 4096
/** Calls in a row in which no time passes: nobody means that. */
const MOST_CALLS = 1_000_000
/** A file of which nothing else is said. */
const LARGEST = 64 * 1024 ** 3

/** What a call does: `yield*` it. */
export type Steps<T = void> = LiveSteps<T>

/** A file that a process has open. */
export interface OpenedFile {
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** Memory that a process has mapped. */
export interface Mapping {
  /** Bytes. */
  readonly size: number
}

/** Behind {@link OpenedFile} and {@link Mapping}. */
interface Opened {
  readonly file: PathFile
  readonly open: OpenFile
}

export class Process {
  /** The workload's name. */
  readonly name: string
  /** When it is to end, ns since the run began. */
  readonly stop: number
  readonly #os: Os
  readonly #opened = new WeakMap<OpenedFile, Opened>()
  readonly #mapped = new WeakMap<Mapping, number>()
  /** The call that has been made and has not begun: without yield* it never does. */
  #made = ''
  /** The last call that has begun, and whether it is under way. */
  #called = ''
  #calling = false
  /** When the last call began, and how many since in which no time passed. */
  #last = -1
  #calls = 0

  /** @internal The machine makes one for each process. */
  constructor(os: Os, { name, stop }: { readonly name: string; readonly stop: number }) {
    this.#os = os
    this.name = name
    this.stop = stop
    // What is done before anything is measured counts too.
    os.phase()
  }

  /** ns since the run began. */
  get now(): number {
    return this.#os.now
  }

  /** True when the workload should end: its time is over, or the OOM killer has chosen it. */
  get over(): boolean {
    return this.now >= this.stop || this.#os.killed
  }

  /** True when the OOM killer has chosen it. */
  get killed(): boolean {
    return this.#os.killed
  }

  /** A whole number from 0 to below, the same in each run with the same seed. @throws InputError when there is none */
  random(below: number): number {
    if (!Number.isInteger(below) || below < 1) {
      throw this.#wrong(`random(${below}): it takes a whole number from 1 on`)
    }
    return this.#os.random(below)
  }

  /**
   * Opens a file.
   * @param size bytes of a file that has been on the disk since before the run; not needed for one that is known already
   * @param random it is read here and there, and not ahead (FADV_RANDOM)
   * @throws InputError for a file that is not there and whose size is not said
   */
  open(
    path: string,
    { size, random = false }: { readonly size?: number; readonly random?: boolean } = {},
  ): Steps<OpenedFile> {
    return this.#call('open', this.#open(path, size, random))
  }

  /** Creates a file, empty. @throws InputError when there is one */
  create(path: string): Steps<OpenedFile> {
    return this.#call('create', this.#create(path))
  }

  /** Reads. @returns how many bytes were read: fewer at the end of the file, 0 without memory */
  read(file: OpenedFile, offset: number, length: number): Steps<number> {
    return this.#call('read', this.#read(file, offset, length))
  }

  /** Writes; the file grows. @returns how many bytes were written: 0 without memory */
  write(file: OpenedFile, offset: number, length: number): Steps<number> {
    return this.#call('write', this.#write(file, offset, length))
  }

  /** Waits until all of the file, and what the journal knows of it, is on the disk. */
  fsync(file: OpenedFile): Steps {
    return this.#call('fsync', this.#os.fsync(this.#of(file).open))
  }

  /** Unlinks a file. @throws InputError when there is none */
  unlink(path: string): Steps {
    return this.#call('unlink', this.#unlink(path))
  }

  /** Looks a file up. @returns false when there is none */
  stat(path: string): Steps<boolean> {
    return this.#call('stat', this.#stat(path))
  }

  /** Maps memory, none of which is there before it is touched. @param size bytes */
  map(size: number): Mapping {
    const mapping = { size: this.#bytes('map', size, 1) }
    this.#mapped.set(mapping, this.#os.map(Math.ceil(size / PAGE)))
    return mapping
  }

  /** Touches memory: pages that are not there are allocated. @returns false when the process has been killed over it */
  touch(mapping: Mapping, offset = 0, length = mapping.size - offset): Steps<boolean> {
    return this.#call('touch', this.#touch(mapping, offset, length))
  }

  /** Unmaps all memory of the process. */
  unmap(): Steps {
    return this.#call('unmap', this.#os.unmap())
  }

  /** Uses the CPU. @param time ns */
  compute(time: number): Steps {
    return this.#call('compute', this.#compute(time))
  }

  /** Sleeps. @param time ns */
  sleep(time: number): Steps {
    return this.#call('sleep', this.#os.sleep(this.#bytes('sleep', time, 0)))
  }

  /**
   * Does something, and counts it as an operation of the workload: its throughput and its latency are in the report.
   * @param bytes what it moved, if that is to be counted too
   */
  *measure<T>(steps: Steps<T>, bytes = 0): Steps<T> {
    const phase = this.#os.log.phases.at(-1) ?? this.#os.phase()
    const began = this.now
    const result = yield* steps
    phase.ops++
    phase.bytes += bytes
    phase.latency.add(this.now - began)
    return result
  }

  /** What is measured from now on is reported apart from what was. */
  phase(): void {
    this.#os.phase()
  }

  /** @internal Where it is, for whoever stops it. */
  get place(): string {
    const at = `${(this.now / 1e9).toFixed(3)} s`
    const after = this.#called === '' ? 'at its beginning' : `after ${this.#called}()`
    return `workload ${this.name}, ${after}, at ${at} of the run`
  }

  /** @internal True while it waits in one of its calls. */
  get calling(): boolean {
    return this.#calling
  }

  /** @internal The workload has ended. @throws InputError when its last call was made in vain */
  ended(): void {
    if (this.#made !== '') throw this.#inVain()
  }

  /** Notes that a call is made, and that it has begun once it has. */
  #call<T>(name: string, steps: Steps<T>): Steps<T> {
    if (this.#made !== '') throw this.#inVain()
    this.#made = name
    return this.#begun(name, steps)
  }

  *#begun<T>(name: string, steps: Steps<T>): Steps<T> {
    this.#made = ''
    this.#called = name
    if (this.#last !== this.now) this.#calls = 0
    this.#last = this.now
    if (++this.#calls > MOST_CALLS) {
      throw this.#wrong('makes call after call in which no time passes: let it compute or sleep')
    }
    this.#calling = true
    const result = yield* steps
    this.#calling = false
    return result
  }

  *#open(path: string, size: number | undefined, random: boolean): Steps<OpenedFile> {
    const { paths } = this.#os
    let file = paths.find(path)
    if (file === undefined) {
      if (size === undefined) {
        throw this.#wrong(
          `open(${JSON.stringify(path)}): there is no such file; open(path, { size }) says that it was there before the run`,
        )
      }
      file = paths.existing(path, this.#bytes('open', size, 0))
    }
    yield* this.#os.stat(file.number, file.directory)
    return this.#opening(file, random)
  }

  *#create(path: string): Steps<OpenedFile> {
    const { paths } = this.#os
    if (paths.find(path) !== undefined) {
      throw this.#wrong(`create(${JSON.stringify(path)}): the file is there already`)
    }
    const number = yield* this.#os.createFile(paths.directoryOf(path), 0)
    // Somebody else may have made it meanwhile: both are the same file then.
    return this.#opening(paths.find(path) ?? paths.created(path, number), false)
  }

  #opening(file: PathFile, random: boolean): OpenedFile {
    const open = this.#os.paths.open(file)
    if (random) open.ra.random = true
    const opened: OpenedFile = {
      path: file.path,
      get size() {
        return file.size
      },
    }
    this.#opened.set(opened, { file, open })
    return opened
  }

  *#read(opened: OpenedFile, offset: number, length: number): Steps<number> {
    const { file, open } = this.#of(opened)
    const [from, pages] = this.#range('read', offset, length)
    const there = Math.max(0, Math.min(length, file.size - offset))
    if (there === 0) return 0
    open.size = Math.ceil(file.size / PAGE)
    return (yield* this.#os.read(open, from, pages)) ? there : 0
  }

  *#write(opened: OpenedFile, offset: number, length: number): Steps<number> {
    const { file, open } = this.#of(opened)
    const [from, pages] = this.#range('write', offset, length)
    if (!(yield* this.#os.write(open, from, pages))) return 0
    file.size = Math.max(file.size, offset + length)
    return length
  }

  *#unlink(path: string): Steps {
    const { paths } = this.#os
    const file = paths.find(path)
    if (file === undefined) {
      throw this.#wrong(`unlink(${JSON.stringify(path)}): there is no such file`)
    }
    paths.remove(file)
    yield* this.#os.unlink(file.number, file.directory)
  }

  *#stat(path: string): Steps<boolean> {
    const { paths } = this.#os
    const file = paths.find(path)
    if (file === undefined) return false
    yield* this.#os.stat(file.number, file.directory)
    return true
  }

  *#touch(mapping: Mapping, offset: number, length: number): Steps<boolean> {
    const place = this.#mapped.get(mapping)
    const [from, pages] = this.#range('touch', offset, length)
    if (place === undefined || offset + length > mapping.size) {
      throw this.#wrong(`touch(): ${offset} + ${length} is not within what map() gave`)
    }
    for (let i = 0; i < pages; i++) {
      const at = place + from + i
      if (!this.#os.touchNow(at) && !(yield* this.#os.touchSlowly(at))) return false
    }
    return true
  }

  *#compute(time: number): Steps {
    // In pieces, between which others can take the CPU.
    const piece = 1_000_000
    for (let left = this.#bytes('compute', time, 0); left > 0; left -= piece) {
      const time = Math.min(left, piece)
      if (!this.#os.passes(time)) yield time
    }
  }

  #of(opened: OpenedFile): Opened {
    const found = this.#opened.get(opened)
    if (found === undefined)
      throw this.#wrong('uses a file that open() or create() did not give it')
    if (found.file.gone)
      throw this.#wrong(`uses ${JSON.stringify(found.file.path)}, which was unlinked`)
    return found
  }

  /** The first page, and how many. */
  #range(call: string, offset: number, length: number): [number, number] {
    const end = this.#bytes(call, offset, 0) + this.#bytes(call, length, 0)
    const from = Math.floor(offset / PAGE)
    return [from, Math.ceil(end / PAGE) - from]
  }

  #bytes(call: string, value: number, least: number): number {
    if (Number.isFinite(value) && value >= least && value <= LARGEST) return value
    throw this.#wrong(
      `${call}(): it takes a number from ${least} to ${LARGEST}, not ${String(value)}`,
    )
  }

  #inVain(): InputError {
    return this.#wrong(`calls ${this.#made}() without yield*, so nothing is done`)
  }

  #wrong(what: string): InputError {
    return new InputError(`workload ${this.name}: ${what}`)
  }
}
