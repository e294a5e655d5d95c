/**
 * Disk store: the states of a search in files. Found rows are collected in a table in memory, each once. To settle them, they are sorted, and each
 * sorted run of states is read from its beginning to its end beside them; what is in no run is new, and becomes a run. Runs of like size are made
 * one, so that there are few. (Stern and Dill, "Using magnetic disk instead of main memory in the Murphi verifier", CAV 1998, hold such a table
 * against one file; the runs are those of O'Neil et al., "The log-structured merge-tree", 1996.)
 *
 * States get the numbers that they would have in memory: in the order in which they were found.
 *
 * The folder is the checkpoint of its search: `save` writes what is collected, and how far the files are, which only grow from then on, or are replaced.
 */
import { statSync } from 'node:fs'
import type { Row } from '../../machine/layout.js'
import type { Search } from '../../search/search.js'
import { StateTable } from '../../search/state-table.js'
import type { Store } from '../../search/store.js'
import { BATCH } from '../../search/successors.js'
import { DamagedFile } from '../damaged-file.js'
import { onDisk } from '../disk-error.js'
import { goOn, saved } from '../saved-search.js'
import { readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { removeRemains, SearchFolder } from './search-folder.js'
import { Sorter } from './sorter.js'
import { marksIn, StateFiles } from './state-files.js'
import type { UnfinishedSearch } from './unfinished-search.js'

const BYTES = Int32Array.BYTES_PER_ELEMENT
/** The most states that there can be: their numbers are kept in 32 bits. */
const CAPACITY = 2 ** 31 - 1
/** The most rows that are collected at once, and the fewest that memory is asked for. */
const MOST_COLLECTED = 1 << 26
const FEWEST_COLLECTED = 1 << 12
/** How many rows are converted at once when they are arranged anew. */
const CONVERTED = 1 << 20

/** How a store on disk is made. */
export interface DiskStoreOptions {
  /** A folder that is there. The files are made in a folder of their own in it. */
  readonly folder: string
  /** The memory that it may take, in megabytes, each 1,000,000 bytes; a few it always takes. By default 2,000. */
  readonly maxMegabytes?: number
  /** How many rows are collected at most before they are settled. By default, as many as there is memory for. */
  readonly maxCollected?: number
  /** A search that was left in the folder, for {@link DiskStore.goOn}. By default none. */
  readonly unfinished?: UnfinishedSearch<unknown> | null
}

/** The states of a search in files, which are removed when it is closed. One search after the other can use it. */
export class DiskStore implements Store {
  /** See {@link Store.capacity}. */
  readonly capacity = CAPACITY
  /** How often what was collected was held against all states. */
  settlements = 0
  /** How many rows of states were read for that. */
  rowsRead = 0
  /** How many folders were found, and removed, of processes that were killed before they had saved anything. */
  readonly leftovers: number
  readonly #options: DiskStoreOptions
  readonly #folder: SearchFolder
  #files: StateFiles
  #collected: StateTable
  /** How many rows are collected at most. */
  #room: number
  readonly #sorter = new Sorter()
  #known = new Uint8Array(0)
  /** The bytes of the checkpoint. */
  #checkpoint = 0
  #isClosed = false

  /** @throws DiskError when the folder cannot be used, as all other methods do. */
  constructor(options: DiskStoreOptions) {
    this.#options = options
    const { folder, unfinished = null } = options
    this.leftovers = removeRemains(folder)
    this.#folder =
      unfinished === null
        ? SearchFolder.create(folder)
        : SearchFolder.adopt(unfinished.path, marksIn(unfinished.files))
    this.#files = StateFiles.create(this.#folder, 1)
    this.#collected = new StateTable(1)
    this.#room = this.#roomFor(1)
  }

  /** See {@link Store.size}. */
  get size(): number {
    return this.#files.size
  }

  /** See {@link Store.pending}. */
  get pending(): number {
    return this.#collected.size
  }

  /** See {@link Store.words}. */
  get words(): number {
    return this.#files.words
  }

  /** See {@link Store.bytes}. */
  get bytes(): number {
    return this.#collected.bytes + this.#sorter.bytes + this.#known.byteLength
  }

  /** How many bytes the files have. */
  get stored(): number {
    return this.#files.bytes + this.#folder.discarded + this.#checkpoint
  }

  /** How many sorted files there are, all of which are read where rows are settled. */
  get runs(): number {
    return this.#files.runs
  }

  /** See {@link Store.storedFor}. */
  storedFor(rows: number): number {
    const { pending } = this
    const next = this.#folder.isKept ? (pending + rows) * (this.words + 1) * BYTES : 0
    return this.#files.bytesWith(pending + rows) + this.#folder.discarded + this.#checkpoint + next
  }

  /** See {@link Store.contents}. */
  get contents(): {
    /** The rows, one after the other. */
    readonly rows: Int32Array
  } {
    return { rows: this.#files.rows }
  }

  /** See {@link Store.clear}. */
  clear(words: number): void {
    this.#files.discard()
    this.#files = StateFiles.create(this.#folder, words)
    this.#collected = new StateTable(words)
    this.#room = this.#roomFor(words)
  }

  /** See {@link Store.stage}. */
  stage(row: Row, parent: number): void {
    const collected = this.#collected
    if (collected.size > this.#room - BATCH) this.settle()
    collected.stage(row, parent)
  }

  /** See {@link Store.flush}. */
  flush(): void {
    this.#collected.flush()
  }

  /** See {@link Store.settle}. */
  settle(): void {
    const collected = this.#collected
    collected.flush()
    const { size: count, words } = collected
    if (count === 0) return
    const { rows, parents } = collected.contents
    const sorted = this.#sorter
    sorted.sort(rows, count, words)
    if (this.#known.length < count) this.#known = new Uint8Array(collected.capacity)
    const known = this.#known.fill(0, 0, count)
    const found = { count, rows, parents, sorted, known }
    this.settlements++
    this.rowsRead += this.#files.size
    this.#files.mark(found)
    this.#files.add(found)
    collected.clear()
  }

  /** See {@link Store.read}. */
  read(state: number, row: Row): void {
    this.#files.read(state, row)
  }

  /** See {@link Store.parent}. */
  parent(state: number): number {
    return this.#files.parent(state)
  }

  /** See {@link Store.repack}. */
  repack(words: number, convert: (from: Int32Array, count: number, to: Int32Array) => void): void {
    const before = this.#files
    const files = before.converted(words, convert, Math.min(this.#room, CONVERTED))
    try {
      this.#collected.repack(words, convert)
    } catch (thrown) {
      files.discard()
      throw thrown
    }
    this.#files = files
    this.#room = this.#roomFor(words)
    before.discard()
  }

  /**
   * Saves the search that has this store, between two calls of its `advance`. When this returns, another process can go on from here, whatever happens to
   * this one.
   * @param about whose search it is: plain data.
   */
  save(search: Search, about: unknown): void {
    const how = saved(search, about)
    this.#collected.flush()
    const files = this.#files.sync()
    const { checkpoint } = this.#folder
    writeCheckpoint(checkpoint, { header: { ...how, files }, collected: this.#collected.contents })
    this.#folder.keep(marksIn(files))
    this.#checkpoint = onDisk(checkpoint, 'read', () => statSync(checkpoint).size)
  }

  /**
   * Lets a search that has just been made with this store go on from the unfinished one that the store was given.
   * @throws ChangedMachine when it is a search of something else.
   * @throws DamagedFile when the files are not as they were left.
   */
  goOn(search: Search): void {
    const { unfinished = null } = this.#options
    if (unfinished === null) throw new Error('the store was given no search to go on from')
    goOn(search, unfinished, null)
  }

  /** See {@link Store.restore}. */
  restore(): void {
    const { checkpoint } = this.#folder
    const left = readCheckpoint(checkpoint)
    if (left === null) throw new DamagedFile(checkpoint, 'damaged')
    const { header, collected } = left
    const before = this.#files
    this.#files = StateFiles.reopen(this.#folder, header.files)
    before.discard()
    this.#collected = new StateTable(header.files.words)
    this.#collected.load(collected.rows, collected.parents)
    this.#room = this.#roomFor(header.files.words)
  }

  /**
   * Leaves the search as it was saved last to whoever goes on with it. The store cannot be used any more.
   * @returns the folder in which it lies; null when it was never saved, so that nothing is left.
   */
  leave(): string | null {
    if (this.#isClosed) return null
    this.#isClosed = true
    this.#files.close()
    return this.#folder.leave()
  }

  /** Removes the files. It cannot be used any more. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#files.close()
    this.#folder.remove()
  }

  /** How many rows of so many words there is memory for. */
  #roomFor(words: number): number {
    const { maxMegabytes = 2000, maxCollected = MOST_COLLECTED } = this.#options
    let room = MOST_COLLECTED
    const needed = (): number =>
      StateTable.bytesOf(room, words) + Sorter.bytesFor(room, words) + room
    while (room > FEWEST_COLLECTED && needed() > maxMegabytes * 1e6) room /= 2
    return Math.min(room, Math.max(BATCH, maxCollected))
  }
}
