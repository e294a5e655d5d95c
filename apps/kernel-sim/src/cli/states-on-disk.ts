/**
 * States on disk: searches whose states lie in files of a folder. The folder is their checkpoint, from which the same command goes on where one was
 * stopped, even by `kill -9`; it is removed when there is a verdict.
 */
import { dirname, relative } from 'node:path'
import {
  ChangedMachine,
  DamagedFile,
  DiskError,
  DiskStore,
  type UnfinishedSearch,
  unfinishedIn,
} from '@scopemask/checker/node'
import type { Search, SearchResult, Store } from '@scopemask/checker/search'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { plural } from '../report/form/numbers.js'
import { runStoppable } from './run-stoppable.js'
import { assertSame, asUnusable, isSame, type SearchIdentity } from './search-identity.js'
import { Seldom } from './seldom.js'

/** A search that was left in the folder. */
export type Unfinished = UnfinishedSearch<SearchIdentity>

/** What a search is done with whose states are on disk. */
export interface StatesOnDisk {
  /** Keeps the states of the search. */
  readonly store: Store
  /** Runs the search that keeps them there. */
  readonly run: (search: Search) => Promise<SearchResult>
}

export interface StatesOnDiskOptions {
  /** The folder that the user has given. */
  readonly folder: string
  readonly maxMegabytes: number
  readonly identity: SearchIdentity
  /** How many seconds lie between two times that the search is saved; null for as many as make that a fiftieth of the time. */
  readonly every: number | null
  /** The search from which to go on; null to begin one. */
  readonly unfinished: Unfinished | null
}

/**
 * The searches that were left in a folder, the farthest first, all of which this command can go on with.
 * @param wanted what the command is going to search.
 * @throws InputError when one is of something else, or cannot be used.
 */
export function unfinishedSearches(
  folder: string,
  wanted: readonly SearchIdentity[],
): readonly Unfinished[] {
  const found = asInput(folder, () => unfinishedIn<SearchIdentity>(folder))
  const known = ({ about }: Unfinished): boolean => wanted.some((each) => isSame(about, each))
  for (const { path, pathOnceLeft } of found.filter((each) => each.isElsewhere && known(each))) {
    process.stderr.write(
      `kernel-sim: ${path} is this search, begun on another computer: if nobody is at it any more, rename it to ${pathOnceLeft}, and the same command goes on from there\n`,
    )
  }
  const left = found
    .filter(({ isElsewhere }) => !isElsewhere)
    .sort((one, other) => other.standing.state - one.standing.state)
  for (const { about, path } of left) {
    const wantedHere = wanted.find(({ policy }) => policy === about.policy) ?? wanted[0]
    if (wantedHere) assertSame(about, wantedHere, { path, kind: 'folder' })
  }
  return left
}

/**
 * Does something with a search that keeps its states in a folder.
 * @throws InputError when the disk does not bear it, or what was left there cannot be used. What can be gone on from stays.
 */
export async function withStatesOnDisk<T>(
  options: StatesOnDiskOptions,
  act: (states: StatesOnDisk) => Promise<T>,
): Promise<T> {
  const { folder } = options
  const store = asInput(folder, () => new DiskStore(options))
  if (store.leftovers > 0) {
    process.stderr.write(
      `kernel-sim: removed from ${folder} what searches have left there that were killed before they could be saved\n`,
    )
  }
  const searching = new Searching(store, options)
  try {
    const value = await act({ store, run: (search) => searching.run(search) })
    if (searching.isBounded) {
      process.stderr.write(`kernel-sim: with a higher limit it goes on from ${store.leave()}\n`)
    } else discard(store, folder)
    return value
  } catch (thrown) {
    // What is wrong with a scenario has to be mended first: it is another one then.
    if (thrown instanceof InputError) discard(store, folder)
    else throw asMendable(thrown, folder, store.leave())
    throw thrown
  }
}

/** Removes the files. What was found is told all the same where the disk refuses that. */
function discard(store: DiskStore, folder: string): void {
  try {
    store.close()
  } catch (thrown) {
    if (!(thrown instanceof DiskError)) throw thrown
    process.stderr.write(`kernel-sim: ${refusal(thrown, folder)}\n`)
  }
}

/** Runs a search, and saves it now and then. */
class Searching {
  /** Says that a limit has stopped it. */
  isBounded = false
  readonly #store: DiskStore
  readonly #options: StatesOnDiskOptions
  readonly #saving: Seldom

  constructor(store: DiskStore, options: StatesOnDiskOptions) {
    this.#store = store
    this.#options = options
    this.#saving = new Seldom(options.every)
  }

  run(search: Search): Promise<SearchResult> {
    this.#goOn(search)
    return runStoppable(search, (result, isStopping) => {
      this.isBounded = result !== null && result.bound !== null
      // What is known goes with the files; should somebody stop the process before it is shown, it is found again.
      if (result !== null && !this.isBounded) return
      if (result !== null || isStopping || this.#saving.isDue) this.#save(search)
      if (!isStopping || result !== null) return
      const left = this.#store.leave()
      process.stderr.write(`kernel-sim: stopped; the same command goes on from ${left}\n`)
    })
  }

  #goOn(search: Search): void {
    const { unfinished, folder } = this.#options
    if (unfinished === null) return
    this.#store.goOn(search)
    process.stderr.write(
      `kernel-sim: goes on from ${folder}: ${plural(search.table.size, 'state')}, ${plural(unfinished.standing.depth, 'step')} deep\n`,
    )
  }

  #save(search: Search): void {
    this.#saving.do(() => this.#store.save(search, this.#options.identity))
  }
}

/**
 * What the user can mend, so that the search goes on; anything else as it is.
 * @param left where it lies now; null when there is nothing to go on from.
 */
function asMendable(thrown: unknown, folder: string, left: string | null): unknown {
  if (thrown instanceof DamagedFile || thrown instanceof ChangedMachine) {
    return asUnusable(thrown, { path: left ?? folder, kind: 'folder' })
  }
  if (!(thrown instanceof DiskError)) return thrown
  const { cause } = thrown
  const what = refusal(thrown, folder)
  const isFull = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC'
  if (left !== null) {
    return new InputError(
      `${what}; ${isFull ? 'make room there, and ' : ''}the same command goes on from ${left}`,
    )
  }
  return new InputError(
    isFull ? `${what}; give --disk a folder with more room, or a limit: --max-gigabytes` : what,
  )
}

/** What the operating system refuses. */
function refusal({ path, refused, cause }: DiskError, folder: string): string {
  // Files of a search have other names by now, and none that tells anything.
  return `${isWithin(path, folder) ? folder : path} cannot be ${refused}: ${diskReason(cause)}`
}

function isWithin(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith('..')
}

/** Does something with what lies in the folder. @throws InputError when that cannot be used. */
function asInput<T>(folder: string, act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    if (thrown instanceof DamagedFile) {
      throw asUnusable(thrown, { path: dirname(thrown.path), kind: 'folder' })
    }
    throw asMendable(thrown, folder, null)
  }
}
