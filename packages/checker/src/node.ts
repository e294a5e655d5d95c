/**
 * What needs Node: threads that search together, and states on disk.
 * @module node
 */

export { CodeWatch, type CodeWatchOptions } from './node/code-watch.js'
export { Crew, joinCrew, type Link } from './node/crew.js'
export { DiskError } from './node/disk/disk-error.js'
export { DiskStore, type DiskStoreOptions } from './node/disk/disk-store.js'
