/**
 * What needs Node: threads that search together.
 * @module node
 */

export { CodeWatch, type CodeWatchOptions } from './node/code-watch.js'
export { Crew, joinCrew, type Link } from './node/crew.js'
