/**
 * Metadata: blocks of the filesystem in the page cache of its device (fs/buffer.c, fs/ext4/inode.c, 6.1). A handle that changes one has to
 * wait as long as the block is being written: to the log by the transaction that is committed (its buffer is a shadow), or by the
 * flusher to its place (its buffer is locked). That is fs/jbd2/transaction.c, do_get_write_access.
 */
import type { Cpus, LiveSteps } from '@scopemask/checker/live'
import type { FileCache, PageCache } from '../cache/page-cache.js'
import type { OpenFile, Reader } from '../cache/reader.js'
import type { Writeback } from '../cache/writeback.js'
import type { Costs } from '../costs.js'
import type { Task } from '../task.js'
import type { Journal } from './journal.js'

/** Inodes of 256 bytes in a block. */
const INODES_PER_BLOCK = 16
/** Blocks of the inode table that are read together (inode_readahead_blks). */
const INODE_READAHEAD = 32
/** Where on the device things begin, in blocks: the places of its page cache. A directory of some hundred files has one block. */
export const BITMAP = 32
export const DESCRIPTORS = 33
const ROOT_INODES = 48
const INODE_TABLE = 64
const DIRECTORIES = 1 << 17
/** Blocks of the device that are named here. */
const DEVICE = DIRECTORIES + (1 << 14)

export class Metadata {
  readonly #cache: PageCache
  readonly #reader: Reader
  readonly #writeback: Writeback
  readonly #journal: Journal
  readonly #cpus: Cpus
  readonly #costs: Costs
  readonly #device: OpenFile

  constructor(parts: {
    readonly cache: PageCache
    readonly reader: Reader
    readonly writeback: Writeback
    readonly journal: Journal
    readonly cpus: Cpus
    readonly costs: Costs
  }) {
    this.#cache = parts.cache
    this.#reader = parts.reader
    this.#writeback = parts.writeback
    this.#journal = parts.journal
    this.#cpus = parts.cpus
    this.#costs = parts.costs
    this.#device = parts.reader.open(parts.cache.open('device', 0, true), DEVICE)
    this.#device.ra.random = true
    parts.journal.onCommitted = (blocks) => this.#checkpoint(blocks)
  }

  /** The page cache of the device. */
  get device(): FileCache {
    return this.#device.file
  }

  /** A block of the inode table: with it those around it are read (ext4_get_inode_loc). */
  *readInode(task: Task, block: number): LiveSteps {
    if (!this.#reader.isCached(this.#device, block)) {
      const first = block - (block % INODE_READAHEAD)
      yield* this.#reader.readBuffers(task, this.#device, first, INODE_READAHEAD)
    }
    yield* this.read(task, block)
  }

  /** A block of the device (sb_bread); it is used, each time (touch_buffer). */
  *read(task: Task, block: number): LiveSteps {
    const time = this.#costs.readHit - this.#costs.copy
    if (!this.#cpus.passes(time)) yield time
    this.#device.ra.previous = -1
    if (!this.#reader.isCached(this.#device, block)) {
      yield* this.#reader.readBuffers(task, this.#device, block, 1)
    }
    yield* this.#reader.read(task, this.#device, block, 1)
  }

  /** Returns true if a block has been read and is still there. */
  isCached(block: number): boolean {
    return this.#reader.isCached(this.#device, block)
  }

  /** Returns true if a handle would have to wait before it changes a block. */
  isBusy(block: number): boolean {
    return this.#journal.isLogging(block) || this.#isWritten(block)
  }

  /** Waits, in a handle, until a block may be changed. */
  *access(task: Task, block: number): LiveSteps {
    while (this.isBusy(block)) {
      yield* this.#journal.logged(task, block)
      if (this.#isWritten(block)) yield* this.#writeback.settled(task, this.device)
    }
  }

  #isWritten(block: number): boolean {
    const page = this.#cache.at(this.device, block)
    return page >= 0 && this.#writeback.isWritten(page)
  }

  /** Committed blocks are dirty now: the flusher writes them to their places. */
  #checkpoint(blocks: Iterable<number>): void {
    for (const block of blocks) {
      const page = this.#cache.at(this.device, block)
      if (page >= 0) this.#writeback.markDirty(this.device, block, page)
    }
  }
}

/** The block with the inode of a small file. */
export function inodeBlock(inode: number): number {
  return INODE_TABLE + Math.floor(inode / INODES_PER_BLOCK)
}

/** The block with the inode of a file in the root directory. */
export function rootInodeBlock(file: FileCache): number {
  return ROOT_INODES + (Math.floor(file.owner / INODES_PER_BLOCK) % (INODE_TABLE - ROOT_INODES))
}

/** The block of a directory. */
export function directoryBlock(directory: number): number {
  return DIRECTORIES + directory
}
