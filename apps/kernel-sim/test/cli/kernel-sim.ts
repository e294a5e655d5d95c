/**
 * kernel-sim: runs the built command. In this process, where what it is made of is loaded and compiled once for all tests, unless a test
 * is about the process: its signals, its environment, a pipe that closes, code that takes its thread away.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

export const BIN = fileURLToPath(new URL('../../bin/kernel-sim.js', import.meta.url))

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What is written to standard input comes in pieces, as from a pipe. */
const PIECE = 65_536

/** So many frames of a stack are kept when a process begins. */
const FRAMES = 10

/** The end of the run before: one at a time has the streams and arguments of this process. */
let before: Promise<unknown> = Promise.resolve()

/**
 * Runs `kernel-sim` with these arguments, in this process.
 * @param input is what it reads from its standard input.
 */
export function kernelSim(
  args: readonly string[],
  input: Uint8Array | string = '',
): Promise<Outcome> {
  const outcome = before.then(() => run(args, Buffer.from(input)))
  before = outcome.catch(() => {})
  return outcome
}

async function run(args: readonly string[], input: Buffer): Promise<Outcome> {
  const { main } = (await import(new URL('../../dist/cli.js', import.meta.url).href)) as {
    main(args: readonly string[]): Promise<void>
  }
  const stdout = new Collected()
  const stderr = new Collected()
  const pieces = Array.from({ length: Math.ceil(input.length / PIECE) }, (_, at) =>
    input.subarray(at * PIECE, (at + 1) * PIECE),
  )
  const stdin = Readable.from(pieces, { objectMode: false })
  const { exitCode } = process
  const { stackTraceLimit, prepareStackTrace } = Error
  const { console } = globalThis
  const restore = replaced({ stdin, stdout, stderr, argv: [process.execPath, BIN, ...args] })
  try {
    process.exitCode = undefined
    Error.stackTraceLimit = FRAMES
    // On a stack of its own: a line of a test is not a place in a scenario.
    await new Promise<void>((resolve, reject) => {
      setImmediate(() => main(args).then(() => resolve(), reject))
    })
    return { status: Number(process.exitCode ?? 0), stdout: stdout.text, stderr: stderr.text }
  } finally {
    restore()
    process.exitCode = exitCode
    // What loads a user's files changes them.
    globalThis.console = console
    Object.assign(Error, { stackTraceLimit, prepareStackTrace })
    forgetUserModules()
  }
}

/** A stream that keeps what is written to it. */
class Collected extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}

/** Replaces properties of this process. @returns what puts them back */
function replaced(properties: Readonly<Record<string, unknown>>): () => void {
  const own = Object.keys(properties).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const,
  )
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(process, name, { value, configurable: true })
  }
  return () => {
    for (const [name, descriptor] of own) Object.defineProperty(process, name, descriptor ?? {})
  }
}

/** The next run loads a user's files anew, as a process does: a test may have written others in their place. */
function forgetUserModules(): void {
  const { cache } = createRequire(import.meta.url)
  for (const file of Object.keys(cache)) {
    if (!/\/(node_modules|dist)\//.test(file)) delete cache[file]
  }
}

/** How a process of its own differs from what is usual. */
export interface ProcessOptions {
  /** Is written to its standard input. */
  readonly input?: Uint8Array | string
  /** How many bytes of its output to read before closing the pipe, as `head` does. By default all. */
  readonly read?: number
  /** Variables of its environment that are not as here. */
  readonly env?: NodeJS.ProcessEnv
}

/** Runs `kernel-sim` with these arguments, in a process of its own, as users do. */
export function kernelSimProcess(
  args: readonly string[],
  { input = '', read = Number.POSITIVE_INFINITY, env = {} }: ProcessOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (stdout.length >= read) child.stdout.destroy()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      // The command has ended without reading all of its input, which is its right.
      if (error.code !== 'EPIPE') reject(error)
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.end(input)
  })
}
