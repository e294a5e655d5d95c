/** Search thread: one of those that search a cell together. See packages/checker/src/node/crew.ts. */
import { workerData } from 'node:worker_threads'
import { joinCrew, type Link } from '@scopemask/checker/node'
import type { Chosen } from '../kernel/parameters.js'
import { policyNamed } from '../kernel/policy.js'
import { subjectOf } from '../matrix/subject.js'
import { loadScenario } from './load-scenario.js'

/** What the thread is given. */
export interface SearchThread {
  /** What {@link loadScenario} finds the scenario by. */
  readonly given: string
  /** Values of its parameters. */
  readonly set: Chosen
  readonly policy: string
  readonly link: Link
}

const { given, set, policy, link } = workerData as SearchThread
const { scenario } = await loadScenario(given, set)
joinCrew(subjectOf(scenario, policyNamed(policy)).machine, link)
// Timers that the scenario has set would keep the thread for ever.
process.exit()
