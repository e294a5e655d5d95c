/** States on disk: searches whose states lie in files of a folder, which are removed when they end, however they end. */
import { DiskError, DiskStore } from '@scopemask/checker/node'
import type { Search, SearchResult, Store } from '@scopemask/checker/search'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { runStoppable } from './run-stoppable.js'

/** What searches are done with whose states are on disk. */
export interface StatesOnDisk {
  /** Keeps the states of a search. */
  readonly store: Store
  /** Runs a search that keeps them there. */
  readonly run: (search: Search) => Promise<SearchResult>
}

/**
 * Does something with searches that keep their states in a folder.
 * @throws InputError when the disk does not bear it.
 */
export async function withStatesOnDisk<T>(
  folder: string,
  maxMegabytes: number,
  act: (states: StatesOnDisk) => Promise<T>,
): Promise<T> {
  try {
    const store = new DiskStore({ folder, maxMegabytes })
    if (store.leftovers > 0) {
      process.stderr.write(
        `kernel-sim: removed from ${folder} what searches have left there that were killed\n`,
      )
    }
    const run = (search: Search): Promise<SearchResult> =>
      runStoppable(search, (result, isStopping) => {
        if (result !== null || !isStopping) return
        store.close()
        process.stderr.write(`kernel-sim: stopped; nothing is left in ${folder}\n`)
      })
    try {
      return await act({ store, run })
    } finally {
      store.close()
    }
  } catch (thrown) {
    if (thrown instanceof DiskError) throw asInput(thrown)
    throw thrown
  }
}

function asInput({ path, refused, cause }: DiskError): InputError {
  const what = `${path} cannot be ${refused}: ${diskReason(cause)}`
  const isFull = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC'
  return new InputError(
    isFull ? `${what}; give --disk a folder with more room, or a limit: --max-gigabytes` : what,
  )
}
