/**
 * The workbench: what a tool is made of that checks scenarios, shows what was found and lets people walk through it, such as the
 * playground. All results are plain data, which can be posted between threads. It is for the tools of this repository: unlike the
 * faces for programs it may change with any version.
 */
export { POLICIES, type Policy, type PolicyName, policyNamed } from './kernel/policy.js'
export { about, type CaseRow, type Cell, cellOf } from './matrix/cell.js'
export { type Deed, deedsOf } from './matrix/deeds.js'
export { type Exhibit, exhibitsOf } from './matrix/exhibit.js'
export { type Terrain, type Walk, type Way, walkOf } from './matrix/walk.js'
