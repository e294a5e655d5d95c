/** Pool: so many cages at a time, each for the jobs of one file under one set of restrictions. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Batch, BatchEvents } from '../batch.js'
import { type Files, writeFiles } from '../files.js'
import { Cage } from './cage.js'
import { type NetworkWall, networkWall } from './permissions.js'

/** What of a batch has not come to its turn after so long is left to others, in ms. */
const PATIENCE = 1000

export interface PoolOptions {
  /** How many batches of jobs are worked on at the same time. */
  readonly slots: number
  /** MB that the process of a job may take. */
  readonly megabytes: number
  /** The program of a cage. */
  readonly script: string
}

/** A batch that is worked on. */
interface Turn extends Batch, BatchEvents {
  /** How many jobs have no result yet. */
  outstanding: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

interface Slot {
  key: string
  cage: Cage | null
  turn: Turn | null
}

export class Pool {
  /** Who keeps the network closed. */
  readonly wall: NetworkWall = networkWall()
  readonly #options: PoolOptions
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'kernel-sim-sweep-')))
  readonly #written = new Set<string>()
  readonly #slots: readonly Slot[]
  readonly #by = `${hostname()}/${process.pid}`

  constructor(options: PoolOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.slots }, () => ({
      key: '',
      cage: null,
      turn: null,
    }))
  }

  /** How many batches can be worked on at the same time: whoever has more keeps them back. */
  get slots(): number {
    return this.#options.slots
  }

  /**
   * Does the jobs of a batch under the restrictions of its context, and returns when all have a result but those that were left.
   * @throws Error when no process for jobs can be started
   */
  run(batch: Batch, events: BatchEvents): Promise<void> {
    const key = `${batch.files?.hash ?? ''} ${batch.context.mask}`
    const idle = this.#slots.filter(({ turn }) => turn === null)
    const slot = idle.find((each) => each.key === key) ?? idle[0]
    if (slot === undefined) throw new Error('all slots of the pool are taken')
    return new Promise((resolve, reject) => {
      const turn: Turn = {
        ...batch,
        ...events,
        outstanding: batch.jobs.length,
        resolve,
        reject,
        timer: setTimeout(() => this.#share(slot), PATIENCE),
      }
      slot.turn = turn
      if (slot.cage === null || slot.cage.gone || slot.key !== key) {
        void slot.cage?.end()
        slot.key = key
        slot.cage = this.#cage(slot, batch)
      }
      slot.cage.ask(batch.jobs)
    })
  }

  /** Ends all processes, and removes the copies of files. */
  async end(): Promise<void> {
    for (const { turn } of this.#slots) clearTimeout(turn?.timer)
    await Promise.all(this.#slots.map(({ cage }) => cage?.end()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Gives back what a cage has not come to. */
  #share({ cage, turn }: Slot): void {
    const left = cage?.takeBack() ?? []
    if (turn === null || left.length === 0) return
    turn.outstanding -= left.length
    turn.onLeft(left)
  }

  #cage(slot: Slot, { context, files }: Batch): Cage {
    const { megabytes, script } = this.#options
    return new Cage({
      context,
      folder: this.#folderOf(files),
      megabytes,
      script,
      wall: this.wall,
      onAnswer: (job, { outcome, seconds }) => {
        const { turn } = slot
        if (turn === null) return
        turn.onResult({ id: job.id, ...outcome, seconds, by: this.#by })
        turn.outstanding--
        if (turn.outstanding > 0) return
        clearTimeout(turn.timer)
        slot.turn = null
        turn.resolve()
      },
      onEnd: (lost) => {
        if (slot.turn === null || lost.length === 0) return
        slot.cage = this.#cage(slot, slot.turn)
        slot.cage.ask(lost)
      },
      onBroken: (error) => {
        const { turn } = slot
        clearTimeout(turn?.timer)
        slot.turn = null
        turn?.reject(error)
      },
    })
  }

  /** The folder with a copy of files; an empty one for none. */
  #folderOf(files: Files | null): string {
    const folder = join(this.#folder, files?.hash ?? 'bundled')
    if (this.#written.has(folder)) return folder
    mkdirSync(folder)
    if (files !== null) writeFiles(files, folder)
    this.#written.add(folder)
    return folder
  }
}
