/** Unfinished search: one whose folder was left, by a process that was stopped or killed, with a checkpoint to go on from. */
import { DamagedFile } from '../damaged-file.js'
import type { SavedSearch } from '../saved-search.js'
import { type CheckpointHeader, readCheckpoint } from './checkpoint.js'
import { foldersIn } from './search-folder.js'

/** A search that was left in a folder. */
export interface UnfinishedSearch<About> extends SavedSearch<About> {
  /** Its own folder. */
  readonly path: string
  /** True if a process of another computer has begun it, which may still be at it. */
  readonly isElsewhere: boolean
  /** What its folder has to be called to count as left. */
  readonly pathOnceLeft: string
  /** How far its files were. */
  readonly files: CheckpointHeader['files']
}

/**
 * The searches that were left in a folder, and those of other computers. What processes of this one are at is not among them.
 * @throws DamagedFile when a checkpoint of this computer is not as it was written. Other files are looked at where they are gone on from.
 * @throws DiskError when the folder cannot be used.
 */
export function unfinishedIn<About>(folder: string): UnfinishedSearch<About>[] {
  const found: UnfinishedSearch<About>[] = []
  for (const { path, pathOnceLeft, checkpoint, isElsewhere } of foldersIn(folder)) {
    // What was collected may be large: it is read again by whoever goes on.
    const header = headerOf<About>(checkpoint, isElsewhere)
    if (header !== null) found.push({ ...header, path, pathOnceLeft, isElsewhere })
  }
  return found
}

/** The header of a checkpoint; null when there is none, or one of another computer that is of no use here. */
function headerOf<About>(checkpoint: string, isElsewhere: boolean): CheckpointHeader<About> | null {
  try {
    return readCheckpoint<About>(checkpoint)?.header ?? null
  } catch (thrown) {
    if (isElsewhere && thrown instanceof DamagedFile) return null
    throw thrown
  }
}
