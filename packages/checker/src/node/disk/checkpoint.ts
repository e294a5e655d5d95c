/** Checkpoint: the file in the folder of a search that says how far the other files are. What was collected and is not settled yet is in it. */
import type { Snapshot } from '../../search/snapshot.js'
import { DamagedFile } from '../damaged-file.js'
import type { SavedSearch } from '../saved-search.js'
import { readSealed, type SealedFormat, writeSealed } from '../sealed-file.js'
import type { StateMarks } from './state-files.js'

const FORMAT: SealedFormat = { magic: 'DISKSRCH', version: 1 }

/** What is said of a search. */
export interface CheckpointHeader<About = unknown> extends SavedSearch<About> {
  /** How far its files were. */
  readonly files: StateMarks
}

/** A search that keeps its states on disk, as it was saved. */
export interface Checkpoint<About = unknown> {
  readonly header: CheckpointHeader<About>
  /** Rows that may be states already, and the states that they were found from. */
  readonly collected: Pick<Snapshot, 'rows' | 'parents'>
}

/** Writes a checkpoint in the place of the one that is there. @throws DiskError when it cannot be written; then that one stays. */
export function writeCheckpoint(path: string, { header, collected }: Checkpoint): void {
  writeSealed(path, FORMAT, { header, arrays: [collected.rows, collected.parents] })
}

/**
 * Reads a checkpoint; null when there is none.
 * @throws DamagedFile when it is not as it was written.
 * @throws DiskError when it cannot be read.
 */
export function readCheckpoint<About>(path: string): Checkpoint<About> | null {
  const sealed = readSealed<CheckpointHeader<About>>(path, FORMAT)
  if (sealed === null) return null
  const [rows, parents] = sealed.arrays
  if (rows === undefined || parents === undefined) throw new DamagedFile(path, 'damaged')
  return { header: sealed.header, collected: { rows, parents } }
}
