/** Search thread: one of those that search a cell together. See check/crew.ts. */
import { workerData } from 'node:worker_threads'
import { joinCrew, type Link } from '../check/crew.js'
import { policyNamed } from '../kernel/kernel.js'
import { loadScenario } from './load-scenario.js'
import { subjectOf } from './run-check.js'

/** What the thread is given. */
export interface SearchThread {
  /** What {@link loadScenario} finds the scenario by. */
  readonly given: string
  readonly policy: string
  readonly link: Link
}

const { given, policy, link } = workerData as SearchThread
const { scenario } = await loadScenario(given)
joinCrew(subjectOf(scenario, policyNamed(policy)).machine, link)
