/**
 * Search folder: where the files of one search lie, in a folder that the user has given. It is named after the computer and the process, so
 * that what a process has left that was killed is known, and removed by the next.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { onDisk } from './disk-error.js'

const PREFIX = 'search-on-disk'

export class SearchFolder {
  /** Where it lies. */
  readonly path: string
  /** How many folders of processes that are gone were removed. */
  readonly leftovers: number
  #files = 0

  /**
   * Makes a folder in one that is there.
   * @throws DiskError when that cannot be done.
   */
  constructor(parent: string) {
    onDisk(parent, 'used', () => {
      if (!statSync(parent).isDirectory()) throw new Error('it is not a folder')
    })
    const gone = onDisk(parent, 'read', () => readdirSync(parent)).filter(isLeft)
    for (const name of gone) {
      const path = join(parent, name)
      onDisk(path, 'removed', () => rmSync(path, { recursive: true, force: true }))
    }
    this.leftovers = gone.length
    const name = join(parent, `${PREFIX}.${hostname()}.${process.pid}.`)
    this.path = onDisk(parent, 'written to', () => mkdtempSync(name))
  }

  /** The path of a file that is not there yet. */
  next(): string {
    return join(this.path, `${this.#files++}`)
  }

  /** Removes the folder and all in it. */
  remove(): void {
    onDisk(this.path, 'removed', () => rmSync(this.path, { recursive: true, force: true }))
  }
}

/** Returns true if a folder is one of a process of this computer that is there no more. */
function isLeft(name: string): boolean {
  const rest = name.startsWith(`${PREFIX}.${hostname()}.`)
    ? name.slice(`${PREFIX}.${hostname()}.`.length)
    : ''
  const process = /^(\d+)\.\w+$/.exec(rest)?.[1]
  return process !== undefined && !isAlive(Number(process))
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (thrown) {
    // Somebody else's process may not be asked, but it is there.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
