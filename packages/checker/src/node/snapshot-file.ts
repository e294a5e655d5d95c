/** Snapshot file: a search whose states are in memory, in one file. */
import type { Search } from '../search/search.js'
import type { Snapshot } from '../search/snapshot.js'
import { DamagedFile } from './damaged-file.js'
import { goOn, type SavedSearch, saved } from './saved-search.js'
import { readSealed, type SealedFormat, writeSealed } from './sealed-file.js'

/** A search as it was written, with its states. */
export interface SavedSnapshot<About> extends SavedSearch<About> {
  /** How many states there are. */
  readonly states: number
  /** Their rows, and the states that they were reached from. */
  readonly contents: Pick<Snapshot, 'rows' | 'parents'>
}

/**
 * Writes a search to a file, between two calls of `advance`. A file that is there is replaced at once or stays as it is.
 * @param about whose it is: plain data.
 * @throws DiskError when it cannot be written.
 */
export function writeSnapshot(
  path: string,
  format: SealedFormat,
  search: Search,
  about: unknown,
): void {
  const how = saved(search, about)
  const { rows, parents } = search.exact.contents
  const header = { states: parents.length, ...how }
  writeSealed(path, format, { header, arrays: [rows, parents] })
}

/**
 * Reads a search from a file.
 * @returns null when there is none.
 * @throws DamagedFile when it is not as it was written, or is something else.
 * @throws DiskError when it cannot be read.
 */
export function readSnapshot<About>(
  path: string,
  format: SealedFormat,
): SavedSnapshot<About> | null {
  const sealed = readSealed<Omit<SavedSnapshot<About>, 'contents'>>(path, format)
  if (sealed === null) return null
  const [rows, parents] = sealed.arrays
  if (rows === undefined || parents === undefined) throw new DamagedFile(path, 'damaged')
  return { ...sealed.header, contents: { rows, parents } }
}

/**
 * Lets a search that has just been made go on from what was read.
 * @throws ChangedMachine when it is a search of something else.
 */
export function goOnFrom(search: Search, snapshot: SavedSnapshot<unknown>): void {
  goOn(search, snapshot, snapshot.contents)
}
