/**
 * Faulty disk: what Node writes with fails at a certain change. As a process that is killed: nothing is done from then on. As a computer that stops: what
 * nobody has waited for to be on the disk is lost too. As a disk that is full: what needs room fails, everything else goes on. As one that is only read
 * from then on, which systems make of disks that do not work: all changes fail.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname } from 'node:path'

export type FaultKind = 'killed' | 'stopped' | 'full' | 'read only'

/** What a process that was killed does not come to. */
export class Killed extends Error {}

/** What changes a disk; true of what needs room. */
const CHANGES: Readonly<Record<string, boolean>> = {
  openSync: true,
  writeSync: true,
  mkdtempSync: true,
  fsyncSync: false,
  fdatasyncSync: false,
  renameSync: false,
  rmSync: false,
  truncateSync: false,
}

type Call = (...args: unknown[]) => unknown
const functions = fs as unknown as Record<string, Call>
const real: Readonly<Record<string, Call>> = Object.fromEntries(
  [...Object.keys(CHANGES), 'closeSync'].map((name) => [name, functions[name] as Call]),
)

export class FaultyDisk {
  /** How many changes there were. */
  changes = 0
  readonly #kind: FaultKind
  readonly #at: number
  /** Files that are open, by number. */
  readonly #open = new Map<number, string>()
  /** By path, what is on the disk for sure of files that were written. */
  readonly #synced = new Map<string, Buffer>()
  /** What renames have replaced, by path, while nobody has waited for these; null where nothing was. */
  readonly #replaced = new Map<string, Buffer | null>()

  readonly #changed: () => void

  /**
   * @param at which change is the first that fails, from 1.
   * @param changed is called after each change.
   */
  constructor(kind: FaultKind, at: number, changed: () => void = () => {}) {
    this.#kind = kind
    this.#at = at
    this.#changed = changed
  }

  /** Does something on this disk. @throws Killed where the process was killed. */
  run<T>(act: () => T): T {
    for (const name of Object.keys(CHANGES)) {
      functions[name] = (...args) => this.#change(name, args)
    }
    functions.closeSync = (file) => {
      this.#open.delete(file as number)
      real.closeSync?.(file)
    }
    syncBuiltinESMExports()
    try {
      return act()
    } finally {
      Object.assign(functions, real)
      syncBuiltinESMExports()
      for (const file of this.#open.keys()) fs.closeSync(file)
      if (this.#kind === 'stopped') this.#lose()
    }
  }

  #change(name: string, args: unknown[]): unknown {
    const act = real[name] as Call
    const isReading = name === 'openSync' && args[1] === 'r'
    if (!isReading) this.changes++
    if (this.changes >= this.#at && !isReading) {
      const needsRoom = CHANGES[name] === true && !(name === 'openSync' && args[1] === 'r+')
      if (this.#kind === 'full' && needsRoom) throw refusal('ENOSPC')
      if (this.#kind === 'read only') throw refusal('EROFS')
      if (this.#kind !== 'full') {
        if (name === 'writeSync') writeHalf(args)
        throw new Killed()
      }
    }
    if (name === 'renameSync') this.#rename(String(args[0]), String(args[1]))
    const result = act(...args)
    if (name === 'openSync') this.#open.set(result as number, String(args[0]))
    // What is there before is on the disk, wherever it is from.
    if (name === 'openSync' && !isReading && !this.#synced.has(String(args[0]))) {
      this.#synced.set(String(args[0]), fs.readFileSync(String(args[0])))
    }
    if (name === 'fsyncSync' || name === 'fdatasyncSync') this.#sync(args[0] as number)
    if (!isReading) this.#changed()
    return result
  }

  #sync(file: number): void {
    const path = this.#open.get(file) ?? ''
    if (!fs.fstatSync(file).isDirectory()) this.#synced.set(path, fs.readFileSync(path))
    else
      for (const each of this.#replaced.keys())
        if (dirname(each) === path) this.#replaced.delete(each)
  }

  #rename(from: string, to: string): void {
    if (fs.statSync(from).isDirectory()) return
    this.#replaced.set(to, fs.existsSync(to) ? fs.readFileSync(to) : null)
    this.#synced.set(to, this.#synced.get(from) ?? Buffer.of())
  }

  /** Of files that were written stays what is on the disk for sure, and of the rest of them the length. */
  #lose(): void {
    for (const [path, synced] of this.#synced) {
      if (!fs.existsSync(path)) continue
      const { size } = fs.statSync(path)
      fs.writeFileSync(
        path,
        Buffer.concat([synced, Buffer.alloc(Math.max(0, size - synced.length))]),
      )
    }
    for (const [path, before] of this.#replaced) {
      if (before === null) fs.rmSync(path, { force: true })
      else if (fs.existsSync(path)) fs.writeFileSync(path, before)
    }
  }
}

/** What the operating system says. */
function refusal(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** What fails may have been done in part. */
function writeHalf([file, bytes, from = 0, length, position = null]: unknown[]): void {
  const whole = (length ?? (bytes as Uint8Array).length) as number
  real.writeSync?.(file, bytes, from, whole >> 1, position)
}
