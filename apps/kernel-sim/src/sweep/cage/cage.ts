/**
 * Cage: a process of its own in which the code of one scenario file runs, restricted as its context is and with limits of time and memory.
 * A process and no thread, since Node's permissions are those of a process, and since one that runs out of memory takes its whole
 * process along. What a job does to its process is seen by no job of another file.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { wrap } from '@scopemask/core/message-port'
import type { Job, Outcome } from '../job.js'
import type { JobContext } from '../restrictions.js'
import type { Answer, Asked, Forget, Long, Ready } from './message.js'
import { type Command, restricted } from './permissions.js'

/** A job may take so much longer than its limit before it is ended: most stop by themselves. In seconds. */
const GRACE = 10
/** What a job may take that has not said that it takes longer, in seconds. Nobody watches its steps until then. */
const SHORT = 1
/** Between two looks at the memory of a process, in ms. */
const LOOK = 250
/** How much of what a process complains of is kept. */
const MOST_SAID = 4096

/** An outcome with how long it took. */
export interface Timed {
  readonly outcome: Outcome
  readonly seconds: number
}

export interface CageOptions {
  readonly context: JobContext
  /** The folder that it works in. */
  readonly folder: string
  /** MB that the process may take. */
  readonly megabytes: number
  readonly script: string
  readonly wall: 'namespace' | 'node' | 'doors'
  /** Is told what became of a job. */
  readonly onAnswer: (job: Job, timed: Timed) => void
  /** Is told that it has ended, with the jobs that another one has to do. */
  readonly onEnd: (lost: readonly Job[]) => void
  /** Is told when it could not even start. */
  readonly onBroken: (error: Error) => void
}

export class Cage {
  readonly #options: CageOptions
  readonly #process: ChildProcess
  /** What it has to answer, in this order. It works on the first one. */
  #asked: readonly Job[] = []
  /** How many of them are watched step by step in the process itself. */
  #watched = 0
  #isFirst = true
  #ready = false
  #said = ''
  /** Why it was ended. */
  #ended: string | null = null
  /** Says that what it works on did not come back, and has to be done where its steps are watched. */
  #isSilent = false
  #timer: NodeJS.Timeout | undefined
  readonly #look: NodeJS.Timeout | undefined
  #gone = false
  /** When it began with what it works on. */
  #began = performance.now()

  constructor(options: CageOptions) {
    this.#options = options
    const { context, folder, megabytes, script, wall } = options
    const { command, args }: Command = restricted(context, {
      script,
      folder,
      heap: megabytes,
      wall,
    })
    // Nothing of the environment: it may hold what is nobody's business.
    this.#process = spawn(command, args, {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk}`.slice(-MOST_SAID)
    })
    this.#process.on('message', (message: Ready | Long | Answer) => this.#hears(message))
    this.#process.on('error', (error) => this.#over(error.message))
    this.#process.on('exit', (code, signal) => this.#over(`${signal ?? `exit status ${code}`}`))
    if (process.platform === 'linux') {
      this.#look = setInterval(() => this.#lookAtMemory(), LOOK)
      this.#look.unref()
    }
  }

  /** Returns true if it cannot be asked any more. */
  get gone(): boolean {
    return this.#gone
  }

  /** Asks for jobs; it does one after the other. */
  ask(jobs: readonly Job[]): void {
    const isIdle = this.#asked.length === 0
    this.#asked = [...this.#asked, ...jobs]
    // First of all it loads a file. And what one did not come back from is the first that the next one is asked for.
    const isWatched = this.#isFirst
    this.#isFirst = false
    if (isWatched) this.#watched = jobs.length
    const asked: Asked = { jobs, isWatched }
    this.#process.send(wrap(this.#options.context, 'convey-on-queue', asked), ignore)
    if (isIdle && this.#ready) this.#startClock()
  }

  /** Takes back all jobs but the one that it works on. */
  takeBack(): readonly Job[] {
    const [job, ...back] = this.#asked
    if (job === undefined || back.length === 0) return []
    this.#asked = [job]
    const forget: Forget = { forgetAfter: job.id }
    // It hears this before its next job. If that has begun just now, its answer counts for nothing.
    this.#process.send(forget, ignore)
    return back
  }

  async end(): Promise<void> {
    if (this.#gone) return
    this.#gone = true
    clearTimeout(this.#timer)
    clearInterval(this.#look)
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }

  #hears(message: Ready | Long | Answer): void {
    if ('ready' in message) {
      this.#ready = true
      if (this.#asked.length > 0) this.#startClock()
      return
    }
    // It answers in the order in which it is asked.
    const [job, ...rest] = this.#asked
    if (job === undefined || job.id !== message.id) return
    if (!('outcome' in message)) {
      this.#setClock(job)
      return
    }
    this.#asked = rest
    this.#watched--
    clearTimeout(this.#timer)
    if (rest.length > 0) this.#startClock()
    const { seconds } = message
    this.#options.onAnswer(job, { outcome: this.#withoutFolder(message.outcome), seconds })
  }

  /** Paths as the user knows them: below the folder of the files. */
  #withoutFolder(outcome: Outcome): Outcome {
    const { why } = outcome
    if (why === undefined) return outcome
    return { ...outcome, why: why.replaceAll(`${this.#options.folder}/`, '') }
  }

  #startClock(): void {
    const [job] = this.#asked
    if (job === undefined) return
    this.#began = performance.now()
    if (this.#watched > 0) {
      this.#setClock(job)
      return
    }
    this.#timer = setTimeout(() => {
      this.#isSilent = true
      this.#process.kill('SIGKILL')
    }, SHORT * 1000)
  }

  /** Gives a job all the time that it has. */
  #setClock({ limits: { seconds } }: Job): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#stop(`it did not stop at its limit of ${seconds} seconds`),
      Math.min((seconds + GRACE) * 1000, 2 ** 31 - 1),
    )
  }

  #lookAtMemory(): void {
    const { megabytes } = this.#options
    try {
      const [, resident = '0'] = readFileSync(`/proc/${this.#process.pid}/statm`, 'latin1').split(
        ' ',
      )
      if ((Number(resident) * 4096) / 1e6 > megabytes) {
        this.#stop(`it took more than ${megabytes} MB`)
      }
    } catch {
      // It has just ended, and its exit is about to be heard of.
    }
  }

  #stop(why: string): void {
    this.#ended ??= why
    this.#process.kill('SIGKILL')
  }

  /** The process has ended: the job that it worked on is what ended it, the others it did not come to. */
  #over(how: string): void {
    if (this.#gone) return
    this.#gone = true
    clearTimeout(this.#timer)
    clearInterval(this.#look)
    if (!this.#ready && this.#ended === null) {
      this.#options.onBroken(
        new Error(`no process for jobs could be started: ${this.#said.trim() || how}`),
      )
      return
    }
    const asked = this.#asked
    this.#asked = []
    if (this.#isSilent && this.#ended === null) {
      this.#options.onEnd(asked)
      return
    }
    const [job, ...lost] = asked
    if (job !== undefined) {
      this.#options.onAnswer(job, {
        outcome: { verdict: 'failed', figures: {}, why: this.#ended ?? this.#reason(how) },
        seconds: (performance.now() - this.#began) / 1000,
      })
    }
    this.#options.onEnd(lost)
  }

  #reason(how: string): string {
    if (this.#said.includes('heap out of memory')) {
      return `it took more than ${this.#options.megabytes} MB`
    }
    const [line = ''] = this.#said.split('\n').filter((each) => /\bError\b/.test(each))
    return `it ended its process (${how})${line === '' ? '' : `: ${line.trim()}`}`
  }
}

/** What cannot be sent is lost with the process, whose exit is heard of. */
function ignore(): void {}
