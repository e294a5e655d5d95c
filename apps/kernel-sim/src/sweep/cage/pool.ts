/** Pool: so many cages at a time, each for the jobs of one file under one set of restrictions. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Files, writeFiles } from '../files.js'
import type { Job, Result } from '../job.js'
import type { JobContext } from '../restrictions.js'
import { type Asked, Cage } from './cage.js'
import { type NetworkWall, networkWall } from './permissions.js'

/** A cage is asked for the next job before it has answered, so that it need not wait for the way there and back. */
const AHEAD = 2

export interface PoolOptions {
  /** How many jobs run at the same time. */
  readonly slots: number
  /** MB that the process of a job may take. */
  readonly megabytes: number
  /** The program of a cage. */
  readonly script: string
}

interface Ticket extends Asked {
  readonly key: string
  readonly context: JobContext
  readonly files: Files | null
  readonly fail: (error: Error) => void
}

interface Slot {
  key: string
  cage: Cage | null
  /** Those that its cage was asked for. */
  readonly tickets: Set<Ticket>
}

export class Pool {
  /** Who keeps the network closed. */
  readonly wall: NetworkWall = networkWall()
  readonly #options: PoolOptions
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'kernel-sim-sweep-')))
  readonly #written = new Set<string>()
  readonly #slots: readonly Slot[]
  readonly #waiting: Ticket[] = []
  readonly #by = `${hostname()}/${process.pid}`

  constructor(options: PoolOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.slots }, () => ({
      key: '',
      cage: null,
      tickets: new Set<Ticket>(),
    }))
  }

  /** How many jobs are taken before one of them has to wait: whoever has more keeps them back. */
  get room(): number {
    return this.#options.slots * AHEAD
  }

  /** Does a job under the restrictions of a context. @param files what it is made of */
  run(job: Job, files: Files | null, context: JobContext): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        job,
        files,
        context,
        key: `${files?.hash ?? ''} ${context.mask}`,
        answer: ({ outcome, seconds }) =>
          resolve({ id: job.id, ...outcome, seconds, by: this.#by }),
        fail: reject,
      })
      this.#hand()
    })
  }

  /** Ends all processes, and removes the copies of files. */
  async end(): Promise<void> {
    this.#waiting.length = 0
    await Promise.all(this.#slots.map(({ cage }) => cage?.end()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Hands out what can be handed out, the oldest first. */
  #hand(): void {
    for (let at = 0; at < this.#waiting.length; ) {
      const ticket = this.#waiting[at] as Ticket
      const slot = this.#slotFor(ticket)
      if (slot === undefined) at++
      else {
        this.#waiting.splice(at, 1)
        this.#ask(slot, ticket)
      }
    }
  }

  /** A slot that works on the same file and has room, or one that has nothing to do. */
  #slotFor({ key }: Ticket): Slot | undefined {
    const idle = this.#slots.find(({ cage }) => cage === null || cage.gone || cage.load === 0)
    const same = this.#slots
      .filter((slot) => slot.key === key && slot.cage !== null && !slot.cage.gone)
      .sort((a, b) => (a.cage?.load ?? 0) - (b.cage?.load ?? 0))
    const [least] = same
    const load = least?.cage?.load ?? AHEAD
    if (load === 0) return least
    return idle ?? (load < AHEAD ? least : undefined)
  }

  #ask(slot: Slot, ticket: Ticket): void {
    if (slot.cage === null || slot.cage.gone || slot.key !== ticket.key) {
      void slot.cage?.end()
      slot.key = ticket.key
      slot.cage = this.#cage(slot, ticket)
    }
    slot.tickets.add(ticket)
    slot.cage.ask({
      job: ticket.job,
      answer: (timed) => {
        slot.tickets.delete(ticket)
        ticket.answer(timed)
      },
    })
  }

  #cage(slot: Slot, { context, files }: Ticket): Cage {
    const { megabytes, script } = this.#options
    return new Cage({
      context,
      folder: this.#folderOf(files),
      megabytes,
      script,
      wall: this.wall,
      onChange: (lost) => {
        const again = [...slot.tickets].filter(({ job }) => lost.some((each) => each.job === job))
        for (const ticket of again) slot.tickets.delete(ticket)
        this.#waiting.unshift(...again)
        this.#hand()
      },
      onBroken: (error) => {
        for (const ticket of slot.tickets) ticket.fail(error)
        slot.tickets.clear()
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
