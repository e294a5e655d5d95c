/** Cases: the bundled scenarios, with the numbers that reports give them. For the tools of this repository, as the workbench. */
export { CASES, type Case } from './scenarios/catalogue.js'
