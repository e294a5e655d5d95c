/**
 * Search folder: where the files of one search lie, in a folder that the user has given. It may have a checkpoint, a file that names others and says how
 * far they are: what it names stays until the next one is there, so that whoever finds the folder can go on from it, whenever the process was killed.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DiskError, onDisk } from '../disk-error.js'
import { heldName, heldPrefix, holderOf, leftName } from './folder-name.js'
import type { FileMark, WordsFile } from './words-file.js'

const BYTES = Int32Array.BYTES_PER_ELEMENT
const CHECKPOINT = 'checkpoint'

/** A folder of a search that no process of this computer has. */
export interface FoundFolder {
  readonly path: string
  /** Where it lies once it was left. */
  readonly pathOnceLeft: string
  /** Where its checkpoint lies, if it has one. */
  readonly checkpoint: string
  /** True if it is named after another computer, on which a process may have it. */
  readonly isElsewhere: boolean
}

/** The folders of searches, in one that is there, that no process of this computer has. @throws DiskError when it cannot be used. */
export function foldersIn(parent: string): readonly FoundFolder[] {
  onDisk(parent, 'used', () => {
    if (!statSync(parent).isDirectory()) throw new Error('it is not a folder')
  })
  const found: FoundFolder[] = []
  for (const name of onDisk(parent, 'read', () => readdirSync(parent))) {
    const holder = holderOf(name)
    if (holder === null || holder === 'ours') continue
    const path = join(parent, name)
    found.push({
      path,
      pathOnceLeft: join(parent, leftName(name)),
      checkpoint: join(path, CHECKPOINT),
      isElsewhere: holder === 'theirs',
    })
  }
  return found
}

/**
 * Removes folders of processes of this computer that were killed before they had a checkpoint: nobody can go on from these.
 * @returns how many.
 */
export function removeRemains(parent: string): number {
  const remains = foldersIn(parent).filter(
    ({ isElsewhere, checkpoint }) => !isElsewhere && !existsSync(checkpoint),
  )
  for (const { path } of remains) {
    onDisk(path, 'removed', () => rmSync(path, { recursive: true, force: true }))
  }
  return remains.length
}

export class SearchFolder {
  #path: string
  #files = 0
  /** The files that the checkpoint names, as it says; null while there is no checkpoint. */
  #kept: ReadonlyMap<string, FileMark> | null = null
  /** How many bytes those of them have that are needed for nothing else. */
  #discarded = 0

  private constructor(path: string) {
    this.#path = path
  }

  /** Makes a folder in one that is there. @throws DiskError when that cannot be done, as all methods do. */
  static create(parent: string): SearchFolder {
    const prefix = join(parent, heldPrefix())
    return new SearchFolder(onDisk(parent, 'written to', () => mkdtempSync(prefix)))
  }

  /**
   * Takes over a folder that somebody has left.
   * @param kept the files that its checkpoint names. All others are removed.
   */
  static adopt(path: string, kept: readonly FileMark[]): SearchFolder {
    const held = join(dirname(path), heldName(basename(path)))
    onDisk(path, 'taken over', () => {
      if (!existsSync(path)) throw new Error('another process goes on with it')
      renameSync(path, held)
    })
    const folder = new SearchFolder(held)
    folder.#kept = byName(kept)
    folder.#files = 1 + Math.max(-1, ...kept.map(({ name }) => Number(name)))
    folder.#tidy()
    return folder
  }

  /** Where it lies. */
  get path(): string {
    return this.#path
  }

  /** Where its checkpoint lies. */
  get checkpoint(): string {
    return join(this.#path, CHECKPOINT)
  }

  /** True if it has a checkpoint. */
  get isKept(): boolean {
    return this.#kept !== null
  }

  /** How many bytes there are that only the checkpoint needs. */
  get discarded(): number {
    return this.#discarded
  }

  /** The path of a file that is not there yet. */
  next(): string {
    return join(this.#path, `${this.#files++}`)
  }

  /** Where a file lies. */
  pathOf({ name }: FileMark): string {
    return join(this.#path, name)
  }

  /** Closes a file. Unless the checkpoint needs it, it is removed. */
  discard(file: WordsFile): void {
    if (this.#kept?.has(basename(file.path)) === true) {
      file.close()
      this.#discarded += file.length * BYTES
    } else file.remove()
  }

  /** There is another checkpoint, which names these files. What only the one before has named is removed. */
  keep(files: readonly FileMark[]): void {
    const named = byName(files)
    for (const name of this.#kept?.keys() ?? []) {
      if (named.has(name)) continue
      const path = join(this.#path, name)
      onDisk(path, 'removed', () => rmSync(path, { force: true }))
    }
    this.#discarded = 0
    this.#kept = named
  }

  /**
   * Leaves the folder, all of whose files are closed, to whoever goes on with it; nothing stays in it but what its checkpoint names. Where it has
   * none, it is removed. Where the disk refuses that, it stays as it is, and counts as left once the process is gone: the next one tidies up.
   * @returns where it lies now; null when there is nothing to go on from.
   */
  leave(): string | null {
    try {
      if (this.#kept === null) this.remove()
      else this.#free()
    } catch (thrown) {
      if (!(thrown instanceof DiskError)) throw thrown
    }
    return this.#kept === null ? null : this.#path
  }

  /** Removes the folder and all in it. */
  remove(): void {
    onDisk(this.#path, 'removed', () => rmSync(this.#path, { recursive: true, force: true }))
  }

  /** Tidies the folder, and gives it a name that is nobody's. */
  #free(): void {
    this.#tidy()
    const left = join(dirname(this.#path), leftName(basename(this.#path)))
    onDisk(this.#path, 'renamed', () => renameSync(this.#path, left))
    this.#path = left
  }

  /** Removes what the checkpoint does not name, and cuts what was added to the files since. */
  #tidy(): void {
    for (const name of onDisk(this.#path, 'read', () => readdirSync(this.#path))) {
      if (name === CHECKPOINT) continue
      const path = join(this.#path, name)
      const mark = this.#kept?.get(name)
      if (mark === undefined) {
        onDisk(path, 'removed', () => rmSync(path, { recursive: true, force: true }))
        continue
      }
      const bytes = mark.length * BYTES
      onDisk(path, 'written', () => {
        // What is shorter is damaged, which is found where it is read.
        if (statSync(path).size > bytes) truncateSync(path, bytes)
      })
    }
  }
}

function byName(files: readonly FileMark[]): ReadonlyMap<string, FileMark> {
  return new Map(files.map((mark) => [mark.name, mark]))
}
