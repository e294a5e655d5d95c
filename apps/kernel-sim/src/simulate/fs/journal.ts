/**
 * Journal: metadata in transactions (fs/jbd2, 6.1, data=ordered). Handles join the running transaction; every 5 s, or for an fsync, a
 * thread commits it: it waits for the handles under way and for data that the transaction refers to, writes the changed blocks to the
 * log, and then the record that makes them valid. Afterwards the blocks are dirty, and the flusher writes them to their places.
 */
import { PF } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, WAIT } from '@scopemask/checker/live'
import type { FileCache } from '../cache/page-cache.js'
import type { Writeback } from '../cache/writeback.js'
import type { BlockDevice } from '../disk/block-device.js'
import { WaitReason } from '../sched/wait-reason.js'
import { Task } from '../task.js'
import { SECOND } from '../time.js'

/** j_commit_interval. */
const COMMIT_INTERVAL = 5 * SECOND
const BLOCK = 4096

interface Transaction {
  /** Who has a handle under way. */
  readonly holders: Task[]
  /** The metadata blocks that it has changed, by place on the disk. */
  readonly blocks: Set<number>
  /** Those of the handle that ended last. */
  last: readonly number[]
  /** Files whose data has to be there before it is valid. */
  readonly files: Set<FileCache>
  /** Tasks that wait for it to be committed. */
  readonly waiters: Task[]
}

/** What commits wrote. */
export interface JournalCounts {
  commits: number
  /** Blocks of the log, with descriptors and commit records. */
  blocks: number
  handles: number
}

export class Journal {
  readonly task: Task
  readonly counts: JournalCounts = { commits: 0, blocks: 0, handles: 0 }
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #disk: BlockDevice
  readonly #writeback: Writeback
  #running: Transaction | null = null
  /** The transaction that waits for its handles: new ones have to wait (T_LOCKED). */
  #locked = false
  readonly #blocked: Task[] = []
  #resting = false
  /** The blocks that are being written to the log (BH_Shadow), and who waits for them. */
  #logging: ReadonlySet<number> = new Set()
  readonly #loggingWaiters: Task[] = []
  /** The log is empty: the next commit writes the journal's superblock too (JBD2_FLUSHED). */
  #flushed = true
  /** Is told of the metadata blocks that have been committed: they are dirty now. */
  onCommitted: ((blocks: Iterable<number>) => void) | null = null

  constructor(parts: {
    readonly clock: Clock
    readonly cpus: Cpus
    readonly disk: BlockDevice
    readonly writeback: Writeback
  }) {
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#disk = parts.disk
    this.#writeback = parts.writeback
    this.task = new Task('jbd2', PF.mask('KTHREAD'), () => this.#run())
    parts.cpus.start(this.task)
  }

  /** Starts a handle, if it need not wait; returns false if it does. */
  tryStart(task: Task): boolean {
    if (this.#locked) return false
    this.#join().holders.push(task)
    this.counts.handles++
    return true
  }

  /** Starts a handle (jbd2_journal_start): it waits while the running transaction is being locked. */
  *start(task: Task): LiveSteps {
    while (!this.tryStart(task)) {
      this.#blocked.push(task)
      task.reason = WaitReason.JOURNAL
      yield WAIT
    }
  }

  /** Who has handles that the next commit has to wait for. */
  get holders(): readonly Task[] {
    return this.#running?.holders ?? []
  }

  /**
   * Ends a handle (jbd2_journal_stop).
   * @param file whose data the transaction waits for
   * @param blocks the metadata blocks that it has changed
   */
  stop(task: Task, file: FileCache | null, blocks: readonly number[]): void {
    const transaction = this.#running
    if (transaction === null) return
    const { holders } = transaction
    const last = holders.pop()
    if (last !== undefined && last !== task) holders[holders.indexOf(task)] = last
    if (file !== null) transaction.files.add(file)
    // The same blocks again and again, as when a file grows.
    if (transaction.last !== blocks) {
      for (const block of blocks) transaction.blocks.add(block)
      transaction.last = blocks
    }
    if (holders.length === 0 && this.#locked) this.#cpus.wake(this.task)
  }

  /** A handle that takes no time: a block is changed. */
  note(block: number): void {
    const transaction = this.#join()
    this.counts.handles++
    transaction.blocks.add(block)
  }

  /** Returns true while a block is being written to the log. */
  isLogging(block: number): boolean {
    return this.#logging.has(block)
  }

  /** Waits as long as a block is being written to the log. */
  *logged(task: Task, block: number): LiveSteps {
    while (this.#logging.has(block)) {
      this.#loggingWaiters.push(task)
      task.reason = WaitReason.WRITE
      yield WAIT
    }
  }

  /** Commits what is running, and waits for it (jbd2_log_wait_commit). */
  *commit(task: Task): LiveSteps {
    const transaction = this.#running
    if (transaction === null) return
    transaction.waiters.push(task)
    this.#wake()
    while (transaction.waiters.includes(task)) {
      task.reason = WaitReason.JOURNAL
      yield WAIT
    }
  }

  #join(): Transaction {
    if (this.#running !== null) return this.#running
    const transaction: Transaction = {
      holders: [],
      blocks: new Set(),
      last: [],
      files: new Set(),
      waiters: [],
    }
    this.#running = transaction
    this.#clock.at(this.#clock.now + COMMIT_INTERVAL, () => {
      if (this.#running === transaction) this.#wake()
    })
    return transaction
  }

  #wake(): void {
    if (!this.#resting) return
    this.#resting = false
    this.#cpus.wake(this.task)
  }

  *#run(): LiveSteps {
    for (;;) {
      this.#resting = true
      yield WAIT
      this.#resting = false
      if (this.#running !== null) yield* this.#commit(this.#running)
    }
  }

  *#commit(transaction: Transaction): LiveSteps {
    const { task } = this
    this.#locked = true
    while (transaction.holders.length > 0) {
      task.reason = WaitReason.JOURNAL
      yield WAIT
    }
    this.#locked = false
    this.#running = null
    for (const blocked of this.#blocked.splice(0)) this.#cpus.wake(blocked)
    if (this.#flushed) yield* this.#write(1)
    this.#flushed = false
    // data=ordered: what is in writing has to be there first.
    for (const file of transaction.files) yield* this.#writeback.settled(task, file)
    // A descriptor block names the blocks that follow it.
    const blocks = Math.max(1, transaction.blocks.size)
    this.#logging = transaction.blocks
    yield* this.#write(blocks + 1)
    this.#logging = new Set()
    for (const waiter of this.#loggingWaiters.splice(0)) this.#cpus.wake(waiter)
    yield* this.#write(1)
    this.counts.commits++
    this.counts.blocks += blocks + 2
    this.onCommitted?.(transaction.blocks)
    for (const waiter of transaction.waiters.splice(0)) this.#cpus.wake(waiter)
  }

  /** Writes so many blocks of the log, and waits for them. */
  *#write(blocks: number): LiveSteps {
    const { task } = this
    const most = this.#disk.maxPages
    let left = Math.ceil(blocks / most)
    const done = (): void => {
      if (--left === 0) this.#cpus.wake(task)
    }
    for (let from = 0; from < blocks; from += most) {
      const bytes = Math.min(most, blocks - from) * BLOCK
      yield* this.#disk.submit(task, { write: true, bytes, done })
    }
    while (left > 0) {
      task.reason = WaitReason.WRITE
      yield WAIT
    }
  }
}
