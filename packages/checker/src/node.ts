/** What needs Node: threads that search together. */
export { Crew, joinCrew, type Link } from './node/crew.js'
