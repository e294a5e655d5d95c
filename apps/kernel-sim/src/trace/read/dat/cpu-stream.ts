/**
 * CPU stream: the records of one CPU, one after the other. Of the pages only a few are in memory at a time, packed chunks
 * of them as they are in the file. What is damaged costs the rest of its page; what is missing at the end costs that.
 *
 * Facts from kernel/trace/ring_buffer.c and libtraceevent's kbuffer-parse.c.
 */
import type { Damage } from '../damage.js'
import type { LostEvents } from '../lost-events.js'
import type { CpuPages, DatContainer } from './container.js'
import { DatError } from './dat-error.js'
import type { RandomAccess } from './random-access.js'

/** Kinds of records, in the word that each begins with. */
const PADDING = 29
const TIME_EXTEND = 30
const TIME_STAMP = 31

/** In `commit`, above the length of the data: events were lost before this page, and their number stands behind the data. */
const MISSED = 2 ** 31
const MISSED_COUNT = 2 ** 30
const LENGTH = 0x7ffffff

/** Without compression: how many bytes of pages are read at a time. */
const PIECE = 1 << 18

/** What a stream tells besides its records. */
export interface StreamWatcher {
  readonly damage: Damage
  readonly lost: LostEvents
  /** Events of this stream are missing here. */
  onLoss(): void
  /** The number of the last record that was read, of all streams. */
  records(): number
}

export interface StreamOptions {
  readonly file: RandomAccess
  readonly container: DatContainer
  readonly pages: CpuPages
  readonly pageSize: number
  /** What times are counted from. */
  readonly base: bigint
  readonly watcher: StreamWatcher
}

export class CpuStream {
  readonly cpu: number
  readonly #options: StreamOptions
  readonly #end: number
  /** Where the next chunk, or the next pages, are in the file. */
  #next: number
  #chunksLeft: number | undefined
  #data: Uint8Array = new Uint8Array(0)
  /** The pages that are in memory, to be read by whoever takes the records. */
  view = new DataView(this.#data.buffer)
  /** Where in them the page that is being read begins, the next record of it, and its data end. */
  #page = 0
  #at = 0
  #stop = 0
  /** The record that is next: its data, and its time. */
  start = 0
  length = 0
  time = 0

  constructor(options: StreamOptions) {
    const { pages, file } = options
    this.#options = options
    this.cpu = pages.cpu
    this.#next = pages.offset
    this.#end = Math.min(pages.offset + pages.size, file.size)
    if (pages.offset + pages.size > file.size) {
      options.watcher.damage.add(
        'truncated',
        options.watcher.records(),
        `the file ends before the pages of CPU ${pages.cpu} do`,
      )
    }
  }

  /** Goes to the next record within the pages in memory. Returns false when there is none: then more have to be loaded. */
  advance(): boolean {
    for (;;) {
      while (this.#at < this.#stop) {
        if (this.#record()) return true
      }
      if (!this.#nextPage()) return false
    }
  }

  /** Loads more pages. Returns false at the end. */
  async load(): Promise<boolean> {
    const { container, watcher } = this.#options
    try {
      const data = container.compression === 'none' ? await this.#pages() : await this.#chunk()
      if (data === undefined) return false
      this.#data = data
    } catch (thrown) {
      if (!(thrown instanceof DatError)) throw thrown
      watcher.damage.add('compression', watcher.records(), `CPU ${this.cpu}: ${thrown.message}`)
      return false
    }
    this.view = new DataView(this.#data.buffer, this.#data.byteOffset, this.#data.byteLength)
    this.#page = -this.#options.pageSize
    this.#at = this.#stop = 0
    return true
  }

  async #pages(): Promise<Uint8Array | undefined> {
    const { file, pageSize } = this.#options
    const length = Math.min(Math.max(PIECE - (PIECE % pageSize), pageSize), this.#end - this.#next)
    if (length <= 0) return undefined
    const data = await file.read(this.#next, length)
    this.#next += data.length
    return data.length === 0 ? undefined : data
  }

  async #chunk(): Promise<Uint8Array | undefined> {
    const { file, container } = this.#options
    if (this.#chunksLeft === undefined) {
      this.#chunksLeft = word(await file.read(this.#next, 4), 0, container.littleEndian)
      this.#next += 4
    }
    if (this.#chunksLeft === 0) return undefined
    this.#chunksLeft--
    const head = await file.read(this.#next, 8)
    const packed = word(head, 0, container.littleEndian)
    const unpacked = word(head, 4, container.littleEndian)
    this.#next += 8 + packed
    if (this.#next > file.size) throw new DatError('the file ends before its end')
    return await container.decompress(await file.read(this.#next - packed, packed), unpacked)
  }

  #nextPage(): boolean {
    const { pageSize, container, base, watcher } = this.#options
    const { longSize, dataOffset } = container.layout
    const { view } = this
    this.#page += pageSize
    if (this.#page + dataOffset > view.byteLength) return false
    const little = container.littleEndian
    const commitAt = this.#page + 8
    const commit =
      longSize === 8
        ? Number(BigInt.asUintN(32, view.getBigUint64(commitAt, little)))
        : view.getUint32(commitAt, little)
    const length = commit & LENGTH
    this.time = Number(view.getBigUint64(this.#page, little) - base)
    this.#at = this.#page + dataOffset
    this.#stop = this.#at + length
    const room = Math.min(this.#page + pageSize, view.byteLength)
    if (commit & MISSED) this.#lose(commit, room)
    if (this.#stop > room) {
      this.#stop = this.#at
      watcher.damage.add(
        'page',
        watcher.records(),
        `CPU ${this.cpu}: a page says that it is longer than it can be`,
      )
    }
    return true
  }

  #lose(commit: number, room: number): void {
    const { container, watcher } = this.#options
    const { longSize } = container.layout
    const hasCount = (commit & MISSED_COUNT) !== 0 && this.#stop + longSize <= room
    const count = !hasCount
      ? undefined
      : longSize === 8
        ? Number(this.view.getBigUint64(this.#stop, container.littleEndian))
        : this.view.getUint32(this.#stop, container.littleEndian)
    watcher.lost.add(count, this.cpu)
    watcher.onLoss()
  }

  /** Reads the record at `#at`. Returns false when it is only about time, or padding. */
  #record(): boolean {
    const { container } = this.#options
    const little = container.littleEndian
    const { view } = this
    const at = this.#at
    if (at + 8 > this.#stop && at + 4 > this.#stop) return this.#damaged()
    const head = view.getUint32(at, little)
    const type = little ? head & 31 : head >>> 27
    const delta = little ? head >>> 5 : head & LENGTH
    if (type > 0 && type < PADDING) {
      this.start = at + 4
      this.length = 4 * type
      this.time += delta
      this.#at = at + 4 + this.length
      return this.#at <= this.#stop || this.#damaged()
    }
    if (at + 8 > this.#stop) return this.#damaged()
    const second = view.getUint32(at + 4, little)
    switch (type) {
      case 0: {
        this.start = at + 8
        this.length = second - 4
        this.time += delta
        this.#at = at + 8 + ((this.length + 3) & ~3)
        return (second >= 4 && this.#at <= this.#stop) || this.#damaged()
      }
      case TIME_EXTEND:
        this.time += second * 2 ** 27 + delta
        this.#at = at + 8
        return false
      case TIME_STAMP:
        this.time = this.#absolute(second, delta)
        this.#at = at + 8
        return false
      default:
        // With no time behind it the rest of the page is empty.
        this.time += delta
        this.#at = delta === 0 ? this.#stop : at + 4 + second
        return false
    }
  }

  /** The upper five bits of an absolute time are those of the time before. */
  #absolute(second: number, delta: number): number {
    const { base } = this.#options
    const before = base + BigInt(this.time)
    const upper = before & (31n << 59n)
    return Number((upper | (BigInt(second) << 27n) | BigInt(delta)) - base)
  }

  #damaged(): false {
    const { watcher } = this.#options
    watcher.damage.add(
      'page',
      watcher.records(),
      `CPU ${this.cpu}: a record is longer than its page`,
    )
    this.#at = this.#stop
    return false
  }
}

function word(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  if (bytes.length < at + 4) throw new DatError('the file ends before its end')
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, littleEndian)
}
