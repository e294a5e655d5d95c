/** Paths: small files by their paths, for who has names for them and no numbers. Those of one machine are shared by all of its tasks. */
import type { OpenFile } from '../cache/reader.js'

/** A file. */
export interface PathFile {
  readonly path: string
  /** Its name and its inode among the small files, and the directory that it is in. */
  readonly number: number
  readonly directory: number
  /** Bytes. */
  size: number
  /** It has been unlinked. */
  gone: boolean
}

/** The files themselves. */
export interface NumberedFiles {
  existing(): number
  open(file: number, pages: number): OpenFile
}

/** Directories below belong to who counts them. */
const FIRST_DIRECTORY = 1 << 13
const MOST_DIRECTORIES = 1 << 13

export class Paths {
  readonly #files: NumberedFiles
  readonly #byPath = new Map<string, PathFile>()
  readonly #directories = new Map<string, number>()

  constructor(files: NumberedFiles) {
    this.#files = files
  }

  /** The file of a path, if there is one. */
  find(path: string): PathFile | undefined {
    return this.#byPath.get(path)
  }

  /** Makes a file known that has been on the disk since before the run. */
  existing(path: string, size: number): PathFile {
    return this.#add(path, this.#files.existing(), size)
  }

  /** Makes a file known that has just been created. */
  created(path: string, number: number): PathFile {
    return this.#add(path, number, 0)
  }

  /** Opens the data of a file. */
  open(file: PathFile): OpenFile {
    return this.#files.open(file.number, Math.ceil(file.size / 4096))
  }

  /** The path stands for nothing any more. */
  remove(file: PathFile): void {
    file.gone = true
    this.#byPath.delete(file.path)
  }

  /** The directory of a path. Where there are very many, some share a block. */
  directoryOf(path: string): number {
    const name = path.slice(0, path.lastIndexOf('/') + 1)
    const known = this.#directories.get(name)
    if (known !== undefined) return known
    const number = FIRST_DIRECTORY + (this.#directories.size % MOST_DIRECTORIES)
    this.#directories.set(name, number)
    return number
  }

  #add(path: string, number: number, size: number): PathFile {
    const file = { path, number, directory: this.directoryOf(path), size, gone: false }
    this.#byPath.set(path, file)
    return file
  }
}
