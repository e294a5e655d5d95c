/**
 * Run program: starts a program, reads what it prints, and sees to it that nothing of it outlives us: neither it nor what it starts,
 * whether it takes too long, somebody interrupts, or this process ends in any way that it can see.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { InputError } from '../input-error.js'

export interface ProgramRun {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** Variables of its environment that are not as here. */
  readonly env?: NodeJS.ProcessEnv
  /** It is killed after so many seconds. By default never. */
  readonly seconds?: number
  /**
   * Its standard output is this file, which is read meanwhile. For programs that do not wait until a pipe is read, as QEMU: they
   * drop what comes while we are slow.
   */
  readonly through?: string
  /** It is killed when this is aborted. */
  readonly signal: AbortSignal
  /** Is told each line of its standard output. */
  readonly onLine?: (line: string) => void
}

export interface ProgramEnd {
  /** The exit status, or the name of the signal that ended it. */
  readonly status: number | string
  /** What it printed on standard output. */
  readonly output: string
  /** What it printed on standard error: the end of it, where that is long. */
  readonly complaints: string
  /** It was killed because its time was over. */
  readonly timedOut: boolean
}

/** So much of what a program prints is kept, in characters. */
const LONGEST_OUTPUT = 16_000_000
const LONGEST_COMPLAINTS = 64_000
/** How often a file is looked at, in ms. */
const LOOKS = 100

/**
 * Runs a program to its end.
 * @throws InputError when it cannot be started, or was interrupted.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  const { program, args, cwd, seconds, through, signal, onLine } = run
  signal.throwIfAborted()
  const file = through === undefined ? undefined : new GrowingFile(through)
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...run.env },
    stdio: ['ignore', file?.descriptor ?? 'pipe', 'pipe'],
    // A group of its own: Ctrl-C is for this process, which then ends all that the program has started.
    detached: true,
  })
  const kill = (): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch (thrown) {
      // It has ended, and all that it has started.
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
    }
  }
  let timedOut = false
  const limit =
    seconds === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          kill()
        }, seconds * 1000)
  let looks: NodeJS.Timeout | undefined
  process.once('exit', kill)
  signal.addEventListener('abort', kill, { once: true })
  try {
    let output = ''
    let complaints = ''
    const lines = new Lines(onLine ?? (() => {}))
    const take = (chunk: Buffer): void => {
      const text = lines.add(chunk)
      if (output.length < LONGEST_OUTPUT) output += text
      else kill()
    }
    child.stdout?.on('data', take)
    if (file !== undefined) looks = setInterval(() => take(file.grown()), LOOKS)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-LONGEST_COMPLAINTS)
    })
    const status = await new Promise<number | string>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'ENOENT' ? 'there is no such program' : error.message
        reject(new InputError(`${program} cannot be started: ${why}`))
      })
      child.on('close', (code, by) => resolve(code ?? by ?? 'nothing'))
    })
    signal.throwIfAborted()
    if (file !== undefined) take(file.grown())
    return { status, output, complaints, timedOut }
  } finally {
    clearTimeout(limit)
    clearInterval(looks)
    file?.close()
    process.off('exit', kill)
    signal.removeEventListener('abort', kill)
    // What it has started may live on.
    kill()
  }
}

/** Makes lines of chunks. */
class Lines {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** Returns the text of the chunk. */
  add(chunk: Buffer): string {
    const text = this.#decoder.write(chunk)
    const parts = (this.#rest + text).split('\n')
    this.#rest = parts.pop() ?? ''
    for (const line of parts) this.#onLine(line.replace(/\r$/, ''))
    return text
  }
}

/** A file that somebody else appends to. */
class GrowingFile {
  readonly descriptor: number
  readonly #chunk = Buffer.alloc(65_536)
  #length = 0

  constructor(path: string) {
    this.descriptor = openSync(path, 'w+')
  }

  /** Returns what came since the last time. */
  grown(): Buffer {
    const chunks: Buffer[] = []
    for (;;) {
      const read = readSync(this.descriptor, this.#chunk, 0, this.#chunk.length, this.#length)
      if (read === 0) return Buffer.concat(chunks)
      this.#length += read
      chunks.push(Buffer.from(this.#chunk.subarray(0, read)))
    }
  }

  close(): void {
    closeSync(this.descriptor)
  }
}
