/** What needs Node: threads that search together. */

export { CodeWatch, type CodeWatchOptions } from './node/code-watch.js'
export { Crew, joinCrew, type Link } from './node/crew.js'
