/**
 * Results file: the results of a sweep as lines of JSON, the first of which says what it is. Lines are only ever appended, each batch in
 * one write, so whatever ends the process leaves whole lines and perhaps a torn last one, which is cut off when the file is opened again.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { diskReason, unwritable } from '../disk.js'
import { InputError } from '../input-error.js'
import { isResult, type Result } from './job.js'

const FORMAT = 'kernel-sim-sweep-results'
const VERSION = 1

interface Header {
  readonly format: typeof FORMAT
  readonly version: number
  /** Names the sweep where several share a queue. */
  readonly sweep: string
}

/** What a file holds. */
export interface Read {
  /** Undefined when there is no whole header. */
  readonly sweep: string | undefined
  /** By job. What is there twice counts once. */
  readonly results: ReadonlyMap<string, Result>
  /** Bytes of whole lines. */
  readonly length: number
  /** Bytes of a torn line after them. */
  readonly torn: number
}

/** What is in a file; undefined when there is none. @throws InputError when it is something else, or damaged in its midst */
export function readResults(file: string): Read | undefined {
  const bytes = bytesOf(file)
  if (bytes === undefined) return undefined
  const length = bytes.lastIndexOf(10) + 1
  const lines = bytes.toString('utf8', 0, length).split('\n').slice(0, -1)
  const results = new Map<string, Result>()
  let sweep: string | undefined
  for (const [at, line] of lines.entries()) {
    const read = parsed(line)
    if (at === 0) sweep = sweepOf(read, file)
    else if (!isResult(read)) {
      throw new InputError(
        `${file}, line ${at + 1}: this is not a result: remove the line, and its job is done again`,
      )
    } else if (!results.has(read.id)) results.set(read.id, read)
  }
  return { sweep, results, length, torn: bytes.length - length }
}

function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new InputError(`the results file ${file} cannot be read: ${diskReason(thrown)}`)
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function sweepOf(read: unknown, file: string): string {
  const { format, version, sweep } = (read ?? {}) as Partial<Header>
  if (format !== FORMAT || typeof sweep !== 'string') {
    throw new InputError(
      `${file} does not hold results of a sweep: name another file with --results`,
    )
  }
  if (version !== VERSION) {
    throw new InputError(
      `${file} is of version ${version}, and this kernel-sim reads version ${VERSION}: name another file with --results`,
    )
  }
  return sweep
}

export class ResultsFile {
  /** Names the sweep. */
  readonly sweep: string
  /** By job. */
  readonly results: Map<string, Result>
  /** How many bytes of a torn line were cut off. */
  readonly torn: number
  readonly #file: string
  readonly #descriptor: number

  /** Opens a file to go on with, or makes it. @throws InputError when it cannot be used */
  constructor(file: string) {
    this.#file = file
    const found = readResults(file)
    this.#descriptor = this.#asInput(() => openSync(file, 'a'))
    this.torn = found?.torn ?? 0
    if (this.torn > 0) this.#asInput(() => ftruncateSync(this.#descriptor, found?.length))
    this.results = new Map(found?.results)
    this.sweep = found?.sweep ?? randomUUID().slice(0, 13)
    if (found?.sweep === undefined) {
      const header: Header = { format: FORMAT, version: VERSION, sweep: this.sweep }
      this.#write(`${JSON.stringify(header)}\n`)
    }
  }

  /** Keeps results; those that are there already are left out. Returns the new ones. */
  append(results: readonly Result[]): readonly Result[] {
    const fresh = [...new Map(results.map((each) => [each.id, each])).values()].filter(
      ({ id }) => !this.results.has(id),
    )
    if (fresh.length === 0) return fresh
    this.#write(fresh.map((each) => `${JSON.stringify(each)}\n`).join(''))
    for (const each of fresh) this.results.set(each.id, each)
    return fresh
  }

  /** Waits until all of it is on the disk. */
  sync(): void {
    this.#asInput(() => fsyncSync(this.#descriptor))
  }

  close(): void {
    this.sync()
    closeSync(this.#descriptor)
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
    this.#asInput(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at)
    })
  }

  /** What the operating system refuses is the user's to mend. */
  #asInput<T>(act: () => T): T {
    try {
      return act()
    } catch (thrown) {
      throw unwritable(`the results file ${this.#file}`, thrown)
    }
  }
}
