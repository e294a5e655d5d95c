/**
 * What needs Node: threads that search together, states on disk, and searches in files that other processes go on with.
 * @module node
 */

export { CodeWatch, type CodeWatchOptions } from './node/code-watch.js'
export { Crew, type CrewOptions, joinCrew, type Link } from './node/crew.js'
export { DamagedFile, type Fault } from './node/damaged-file.js'
export type { CheckpointHeader } from './node/disk/checkpoint.js'
export { DiskStore, type DiskStoreOptions } from './node/disk/disk-store.js'
export type { StateMarks } from './node/disk/state-files.js'
export { type UnfinishedSearch, unfinishedIn } from './node/disk/unfinished-search.js'
export type { FileMark } from './node/disk/words-file.js'
export { DiskError } from './node/disk-error.js'
export { ChangedMachine, type SavedSearch } from './node/saved-search.js'
export type { SealedFormat } from './node/sealed-file.js'
export {
  goOnFrom,
  readSnapshot,
  type SavedSnapshot,
  writeSnapshot,
} from './node/snapshot-file.js'
