/**
 * Saved search: what is written of a search beside its states, so that another process can go on with it: whose it is, how far it has come,
 * and what it has learned.
 */
import { createHash } from 'node:crypto'
import { describeMachine } from '../search/knowledge.js'
import type { Search } from '../search/search.js'
import type { Standing } from '../search/snapshot.js'
import { DamagedFile } from './damaged-file.js'
import { DiskError } from './disk-error.js'

/** A search as it was written. */
export interface SavedSearch<About> {
  /** Whose it is, as whoever has saved it says. */
  readonly about: About
  /** How far it had come. */
  readonly standing: Standing
  /** What its machine is, as far as it was unfolded: a hash. */
  readonly machine: string
}

/** The machine is another one than that of the search that was saved. */
export class ChangedMachine extends Error {
  /** @param cause what did not fit, where that was seen at once. */
  constructor(cause?: unknown) {
    super('the model is not the one that was saved', { cause })
    this.name = 'ChangedMachine'
  }
}

/** What is to be written of a search, between two calls of `advance`. */
export function saved<About>(search: Search, about: About): SavedSearch<About> {
  return { about, standing: search.standing(), machine: machineHash(search) }
}

/**
 * Lets a search that has just been made go on.
 * @param states those that were found, where the search keeps them in memory; else its store has to have them.
 * @throws ChangedMachine when it is a search of something else.
 * @throws DamagedFile, DiskError when the files of its store cannot be used.
 */
export function goOn(
  search: Search,
  { standing, machine }: SavedSearch<unknown>,
  states: { readonly rows: Int32Array; readonly parents: Int32Array } | null,
): void {
  try {
    search.resume(states === null ? standing : { ...standing, ...states })
  } catch (thrown) {
    if (thrown instanceof DamagedFile || thrown instanceof DiskError) throw thrown
    // Whatever it was that did not fit, it comes to the same for the user.
    throw new ChangedMachine(thrown)
  }
  if (machineHash(search) !== machine) throw new ChangedMachine()
}

function machineHash({ machine, stepper }: Search): string {
  return createHash('sha256').update(describeMachine(machine, stepper)).digest('hex')
}
