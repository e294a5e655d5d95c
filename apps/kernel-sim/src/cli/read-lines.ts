/** Read lines: from the frames of a report and the binaries of its kernel to lines of source. */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { framesOf, withLines } from '../report/audit/lines.js'
import type { AuditReport } from '../report/audit/report.js'
import { ElfError, type ElfSymbols, elfSymbols } from '../trace/symbolize/elf-symbols.js'
import { frameParts } from '../trace/symbolize/frame.js'
import { type Binary, type Located, locate } from '../trace/symbolize/locate.js'
import type { SourceLine } from '../trace/symbolize/source-line.js'
import { Progress } from './progress.js'
import { symbolize } from './symbolizer.js'

export interface Binaries {
  /** The kernel with debug information. */
  readonly vmlinux: string
  /** A folder with its modules, at any depth. */
  readonly modules: string | undefined
}

/** A module, and what some packages call the file with its debug information alone. */
const MODULE = /\.ko(\.debug)?$/
const COMPRESSED = /\.ko\.(xz|gz|zst)$/

/** More than this share of frames outside of their functions is no accident. */
const TOLERATED = 0.05

/**
 * Adds the lines of source to a report.
 * @throws InputError when a file is not there, is stripped, or is of another build than the recorded kernel, or when there is
 * no program that reads debug information.
 */
export async function readLines(
  report: AuditReport,
  { vmlinux, modules }: Binaries,
  wanted: boolean | undefined,
): Promise<AuditReport> {
  const frames = framesOf(report)
  const functions = new Set(frames.map((frame) => frameParts(frame).fn))
  const binaries: Binary[] = [await binaryAt(vmlinux, functions)]
  if (modules !== undefined) {
    for (const [fn] of binaries[0]?.functions ?? []) functions.delete(fn)
    binaries.push(...(await modulesIn(modules, functions)))
  }
  const { located, contradicting, missing, ambiguous } = locate(frames, binaries)
  if (located.length === 0 && contradicting.length === 0) {
    throw new InputError(`${vmlinux} has none of the functions on the recorded stacks`)
  }
  if (contradicting.length > TOLERATED * (located.length + contradicting.length)) {
    throw new InputError(
      `${vmlinux} is of another build than the recorded kernel: ${contradicting.length} of ` +
        `${located.length + contradicting.length} return addresses are not in the function that they name (${contradicting[0]})`,
    )
  }
  const progress = new Progress(process.stderr, wanted)
  const lines = new Map<string, readonly SourceLine[]>()
  const used: string[] = []
  for (const { path } of binaries) {
    const own = located.filter((each) => each.path === path)
    if (own.length === 0) continue
    used.push(path)
    progress.say(() => `looking up ${own.length} addresses in ${path}`)
    await lookUp(path, own, lines)
  }
  progress.done()
  return withLines(report, {
    binaries: used,
    frames: frames.length,
    missing,
    ambiguous,
    contradicting: contradicting.length,
    lines,
  })
}

/** Asks for each address once: frames can share one. */
async function lookUp(
  path: string,
  own: readonly Located[],
  lines: Map<string, readonly SourceLine[]>,
): Promise<void> {
  const addresses = [...new Set(own.map(({ address }) => address))]
  const answers = await symbolize(path, addresses)
  const found = new Map(addresses.map((address, at) => [address, answers[at] ?? []]))
  for (const { frame, address } of own) {
    const line = found.get(address) ?? []
    if (line.length > 0) lines.set(frame, line)
  }
}

async function binaryAt(path: string, functions: ReadonlySet<string>): Promise<Binary> {
  const { functions: found, hasLines } = await symbolsAt(path, functions)
  if (!hasLines) throw stripped(path)
  return { path, functions: found }
}

/** The modules that have any of these functions. */
async function modulesIn(folder: string, functions: ReadonlySet<string>): Promise<Binary[]> {
  const names = filesIn(folder)
  const modules = names.filter((name) => MODULE.test(name)).sort()
  if (modules.length === 0) {
    const packed = names.find((name) => COMPRESSED.test(name))
    throw new InputError(
      packed === undefined
        ? `${folder} has no modules: there is no .ko file in it`
        : `${folder} has only compressed modules, as ${packed}: give the folder of those with debug information`,
    )
  }
  const found: Binary[] = []
  for (const name of modules) {
    const path = join(folder, name)
    const { functions: own, hasLines } = await symbolsAt(path, functions)
    if (own.size === 0) continue
    if (!hasLines) throw stripped(path)
    found.push({ path, functions: own })
  }
  return found
}

function filesIn(folder: string): string[] {
  try {
    if (!statSync(folder).isDirectory()) throw new InputError(`${folder} is not a directory`)
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (thrown) {
    if (thrown instanceof InputError) throw thrown
    throw unreadable(folder, thrown)
  }
}

function unreadable(path: string, thrown: unknown): InputError {
  return new InputError(`${path} cannot be read: ${diskReason(thrown)}`)
}

function stripped(path: string): InputError {
  return new InputError(
    `${path} has no debug information: it is stripped. Give the file of the debug package of the kernel, or build with CONFIG_DEBUG_INFO`,
  )
}

async function symbolsAt(path: string, functions: ReadonlySet<string>): Promise<ElfSymbols> {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const descriptor = file
    const { size } = fstatSync(file)
    return await elfSymbols(
      {
        size,
        read: (offset, length) => {
          const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)))
          const count = readSync(descriptor, bytes, 0, bytes.length, offset)
          return Promise.resolve(bytes.subarray(0, count))
        },
      },
      functions,
    )
  } catch (thrown) {
    if (thrown instanceof ElfError) throw new InputError(`${path} ${thrown.message}`)
    throw unreadable(path, thrown)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
