/** Checkpoint: a search in a file, so that the same command goes on where it was stopped, even by `kill -9`. */
import { rmSync } from 'node:fs'
import { DiskError, goOnFrom, readSnapshot, writeSnapshot } from '@scopemask/checker/node'
import type { Search, SearchResult } from '@scopemask/checker/search'
import { diskReason } from '../disk.js'
import { InputError } from '../input-error.js'
import { plural } from '../report/form/numbers.js'
import { runStoppable } from './run-stoppable.js'
import { assertSame, asUnusable, type SearchIdentity } from './search-identity.js'
import { Seldom } from './seldom.js'

const FORMAT = { magic: 'KSIMCKPT', version: 2 }

export interface CheckpointOptions {
  readonly file: string
  /** How many seconds lie between two checkpoints. */
  readonly every: number
  readonly identity: SearchIdentity
}

/**
 * Runs a search with a checkpoint. It goes on from the file if there is one, writes it now and then and where a limit
 * or a signal stops the search, and removes it when there is a verdict.
 * @throws InputError when the file cannot be used: it is damaged, or of another search.
 */
export async function runWithCheckpoint(
  search: Search,
  { file, every, identity }: CheckpointOptions,
): Promise<SearchResult> {
  asInput(file, () => goOn(search, file, identity))
  const saving = new Seldom(every)
  return runStoppable(search, (result, isStopping) => {
    if (result !== null && result.bound === null) {
      rmSync(file, { force: true })
      return
    }
    // The first at once: then it is known early whether the file can be written.
    if (result !== null || isStopping || saving.isDue) {
      saving.do(() => asInput(file, () => writeSnapshot(file, FORMAT, search, identity)))
    }
    if (result !== null) {
      process.stderr.write(`kernel-sim: with a higher limit it goes on from ${file}\n`)
    } else if (isStopping) {
      process.stderr.write(`kernel-sim: stopped; the same command goes on from ${file}\n`)
    }
  })
}

/** Lets a search go on from a file, if there is one. */
function goOn(search: Search, file: string, identity: SearchIdentity): void {
  const found = readSnapshot<SearchIdentity>(file, FORMAT)
  if (found === null) return
  assertSame(found.about, identity, { path: file, kind: 'file' })
  goOnFrom(search, found)
  process.stderr.write(
    `kernel-sim: goes on from ${file}: ${plural(found.states, 'state')}, ${plural(found.standing.depth, 'step')} deep\n`,
  )
}

/** What cannot be used, and what the operating system refuses, is the user's to mend. */
function asInput(file: string, act: () => void): void {
  try {
    act()
  } catch (thrown) {
    if (!(thrown instanceof DiskError)) throw asUnusable(thrown, { path: file, kind: 'file' })
    const { refused, cause } = thrown
    throw new InputError(`the checkpoint ${file} cannot be ${refused}: ${diskReason(cause)}`)
  }
}
