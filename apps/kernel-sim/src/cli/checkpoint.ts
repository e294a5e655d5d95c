/**
 * Checkpoint: a search in a file, so that the same command goes on where it was stopped, even by `kill -9`. The file
 * is written beside and renamed, so there is always a complete one.
 *
 * Format: `KSIMCKPT`, the version and the length of the header as 32-bit numbers, the header as JSON, the rows and the
 * parents of all states as 32-bit numbers, and the SHA-256 of all that. Numbers are little-endian.
 */
import { createHash, type Hash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { endianness } from 'node:os'
import type { Search, SearchResult, Snapshot } from '@scopemask/checker/search'
import { describeMachine } from '@scopemask/checker/search'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { runStoppable } from './run-stoppable.js'

const MAGIC = 'KSIMCKPT'
const VERSION = 1
const PREFIX = MAGIC.length + 8
const DIGEST = 32
/** The longest header that is believed; those of the bundled scenarios have some kilobytes. */
const MAX_HEADER = 1 << 28
/** How much is read or written at once, in bytes. */
const CHUNK = 1 << 26

/** What a search is of: the same for all runs that may go on with each other's work. */
export interface Identity {
  readonly scenario: string
  readonly policy: string
  readonly partialOrder: boolean
  readonly symmetry: boolean
  /** What the scenario's text comes to: a hash of its file, or the version of this package. */
  readonly source: string
}

interface Header extends Identity, Omit<Snapshot, 'rows' | 'parents'> {
  /** What the machine's description comes to. */
  readonly machine: string
  /** How many states there are, and how many words a row has. */
  readonly states: number
  readonly words: number
}

export interface CheckpointOptions {
  readonly file: string
  /** How many seconds lie between two checkpoints. */
  readonly every: number
  readonly identity: Identity
}

/**
 * Runs a search with a checkpoint. It goes on from the file if there is one, writes it now and then and where a limit
 * or a signal stops the search, and removes it when there is a verdict.
 * @throws InputError when the file cannot be used: it is damaged, or of another search.
 */
export async function runWithCheckpoint(
  search: Search,
  { file, every, identity }: CheckpointOptions,
): Promise<SearchResult> {
  const found = load(file, identity)
  if (found) {
    resume(search, found, file)
    process.stderr.write(
      `kernel-sim: goes on from ${file}: ${found.header.states} states, ${found.header.depth} steps deep\n`,
    )
  }
  let saved = Number.NEGATIVE_INFINITY
  return runStoppable(search, (result, isStopping) => {
    if (result !== null && result.bound === null) {
      rmSync(file, { force: true })
      return
    }
    const now = performance.now()
    // The first at once: then it is known early whether the file can be written.
    if (result !== null || isStopping || now - saved > every * 1000) {
      save(search, file, identity)
      saved = performance.now()
    }
    if (result !== null) {
      process.stderr.write(`kernel-sim: with a higher limit it goes on from ${file}\n`)
    } else if (isStopping) {
      process.stderr.write(`kernel-sim: stopped; the same command goes on from ${file}\n`)
    }
  })
}

function save(search: Search, file: string, identity: Identity): void {
  const { rows, parents, ...rest } = search.snapshot()
  const header: Header = {
    ...identity,
    ...rest,
    machine: machineHash(search),
    states: parents.length,
    words: search.table.words,
  }
  const text = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(PREFIX)
  prefix.write(MAGIC)
  prefix.writeUInt32LE(VERSION, MAGIC.length)
  prefix.writeUInt32LE(text.length, MAGIC.length + 4)
  const hash = createHash('sha256')
  const beside = `${file}.tmp`
  asInput(file, 'written', () => {
    const target = openSync(beside, 'w')
    try {
      for (const part of [prefix, text, bytesOf(rows), bytesOf(parents)]) {
        for (let from = 0; from < part.length; from += CHUNK) {
          const chunk = part.subarray(from, from + CHUNK)
          hash.update(chunk)
          writeAll(target, chunk)
        }
      }
      writeAll(target, hash.digest())
      fsyncSync(target)
    } finally {
      closeSync(target)
    }
    renameSync(beside, file)
  })
}

interface Checkpoint {
  readonly header: Header
  readonly rows: Int32Array
  readonly parents: Int32Array
}

/** What is in the file; null when there is none. */
function load(file: string, identity: Identity): Checkpoint | null {
  if (endianness() !== 'LE') {
    throw new InputError('--checkpoint needs a little-endian machine')
  }
  const source = asInput(file, 'read', () => openIfThere(file))
  if (source === null) return null
  try {
    const hash = createHash('sha256')
    const prefix = read(source, PREFIX, hash, file)
    if (prefix.toString('latin1', 0, MAGIC.length) !== MAGIC) {
      throw new InputError(
        `${file} is not a checkpoint of kernel-sim: name another file, or one that does not exist yet`,
      )
    }
    const version = prefix.readUInt32LE(MAGIC.length)
    if (version !== VERSION) {
      throw new InputError(
        `${file} is a checkpoint of version ${version}, and this kernel-sim reads version ${VERSION}: remove it to start over`,
      )
    }
    const length = prefix.readUInt32LE(MAGIC.length + 4)
    if (length > MAX_HEADER) throw damaged(file)
    const text = read(source, length, hash, file).toString()
    const header = parse(text, file)
    assertSame(header, identity, file)
    const rows = new Int32Array(header.states * header.words)
    const parents = new Int32Array(header.states)
    for (const array of [rows, parents]) fill(source, bytesOf(array), hash, file)
    const digest = Buffer.alloc(DIGEST)
    fill(source, digest, null, file)
    if (!digest.equals(hash.digest())) throw damaged(file)
    return { header, rows, parents }
  } finally {
    closeSync(source)
  }
}

function resume(search: Search, { header, rows, parents }: Checkpoint, file: string): void {
  try {
    search.resume({ ...header, rows, parents })
  } catch {
    // Whatever it was that did not fit, it comes to the same for the user.
    throw changed(file)
  }
  if (machineHash(search) !== header.machine) throw changed(file)
}

function parse(text: string, file: string): Header {
  try {
    const header = JSON.parse(text) as Header
    // The digest comes last: until it was checked, sizes are only believed when they make sense.
    const { states, words } = header
    const sensible = (number: number, limit: number): boolean =>
      Number.isInteger(number) && number > 0 && number <= limit
    if (sensible(states, 2 ** 27) && sensible(words, 2 ** 12)) return header
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
  }
  throw damaged(file)
}

/** @throws InputError that says what another search it is of. */
function assertSame(found: Identity, wanted: Identity, file: string): void {
  const cell = ({ scenario, policy }: Identity): string => `${scenario} under ${policy}`
  const reductions = ({ partialOrder, symmetry }: Identity): string =>
    `${partialOrder ? 'with' : 'without'} partial order and ${symmetry ? 'with' : 'without'} symmetry`
  for (const say of [cell, reductions]) {
    if (say(found) !== say(wanted)) {
      throw new InputError(
        `${file} is of ${say(found)}, not ${say(wanted)}: name another file, or remove it to start over`,
      )
    }
  }
  if (found.source !== wanted.source) throw changed(file)
}

function changed(file: string): InputError {
  return new InputError(
    `${file} is of this scenario before it was changed, or of another version of kernel-sim: remove it to start over`,
  )
}

function damaged(file: string): InputError {
  return new InputError(`${file} is damaged: remove it to start over`)
}

/** A hash of a file's contents. */
export function fileHash(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

function machineHash({ machine, stepper }: Search): string {
  return createHash('sha256').update(describeMachine(machine, stepper)).digest('hex')
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}

/** What the operating system refuses is the user's to mend. */
function asInput<T>(file: string, done: string, act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    throw new InputError(`the checkpoint ${file} cannot be ${done}: ${diskReason(thrown)}`)
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function writeAll(target: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(target, bytes, at)
}

function read(source: number, length: number, hash: Hash, file: string): Buffer {
  const bytes = Buffer.alloc(length)
  fill(source, bytes, hash, file)
  return bytes
}

function fill(source: number, bytes: Uint8Array, hash: Hash | null, file: string): void {
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + CHUNK)
    const count = asInput(file, 'read', () => readSync(source, chunk))
    if (count === 0) throw damaged(file)
    hash?.update(chunk.subarray(0, count))
    at += count
  }
}
