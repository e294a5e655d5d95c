/** Run job: what a job comes to. It knows no queue and no process: it is called with what it needs. */
import type { Watch } from '@scopemask/checker/machine'
import { Interrupted, Misuse } from '@scopemask/checker/machine'
import { Search, type SearchResult } from '@scopemask/checker/search'
import { InputError } from '../input-error.js'
import { type PolicyName, policyNamed } from '../kernel/policy.js'
import type { Scenario } from '../kernel/scenario.js'
import { shortResult } from '../matrix/short-search.js'
import {
  type BuiltSubject,
  checkSample,
  explained,
  subjectOf,
  watchedSubject,
} from '../matrix/subject.js'
import { comparedFigures } from '../simulate/compared-figures.js'
import type { MachineFile } from '../simulate/machine-file/machine-file.js'
import { machineSimulation } from '../simulate/machine-file/run-machine.js'
import { machinePolicy } from '../simulate/policy.js'
import { resultOf } from '../simulate/result.js'
import type { CheckJob, Job, Outcome, SampleJob, SimulateJob } from './job.js'

/** What a job is made of. */
export interface Workshop {
  /** A scenario with the values of its parameters. @throws InputError */
  scenario(job: CheckJob | SampleJob): Promise<Scenario>
  /** A machine with values of its fields, and the scenario that it names. @throws InputError */
  machine(
    job: SimulateJob,
  ): Promise<{ readonly machine: MachineFile; readonly scenario: Scenario | null }>
  /** What stops a scenario's code that does not come to its next step; null for code that is known to. */
  watch(scenario: Scenario, seconds: number): Watch | null
  /** True if steps are watched from the beginning; otherwise from when a job says that it takes longer. */
  readonly isWatched: boolean
  /** Is told that a job takes longer. What has not said so is stopped from outside when it does not come back. */
  onLong(): void
  /** Is called now and then while a job runs; whoever calls for a stop throws. */
  onProgress(): void
}

/** Does a job. What is wrong with a scenario or a machine is its outcome. */
export async function runJob(job: Job, workshop: Workshop): Promise<Outcome> {
  try {
    switch (job.kind) {
      case 'check':
        return checked(job, await workshop.scenario(job), workshop)
      case 'sample':
        return sampled(job, await workshop.scenario(job), workshop)
      case 'simulate':
        return simulated(job, await workshop.machine(job), workshop)
    }
  } catch (thrown) {
    if (thrown instanceof InputError || thrown instanceof Misuse || thrown instanceof Interrupted) {
      return { verdict: 'failed', figures: {}, why: thrown.message }
    }
    throw thrown
  }
}

function checked(job: CheckJob, scenario: Scenario, workshop: Workshop): Outcome {
  const { states, seconds, megabytes } = job.limits
  const policy = policyNamed(job.policy)
  const why = scenario.inapplicable?.[policy.name]
  if (why !== undefined) return { verdict: 'inapplicable', figures: {}, why }
  const watch = workshop.watch(scenario, seconds)
  const subject = watchedSubject(workshop.isWatched ? watch : null, () =>
    subjectOf(scenario, policy),
  )
  const search = new Search(subject.machine, {
    maxStates: states,
    maxSeconds: seconds,
    maxMegabytes: megabytes,
    onProgress: () => workshop.onProgress(),
  })
  const found = shortResult(search) ?? finish(search, subject, { watch, workshop })
  const { verdict, search: result, counterexample } = explained(subject, search, found)
  if (verdict === 'safe*') throw new Error('the searches of jobs keep states, not hashes')
  const figures = {
    states: result.states,
    transitions: result.transitions,
    depth: result.depth,
    ...(counterexample === null ? {} : { steps: counterexample.steps.length }),
  }
  if (counterexample === null) {
    if (result.bound === null) return { verdict, figures }
    return { verdict, figures, why: `the limit ${result.bound} stopped the search` }
  }
  return { verdict, figures, why: counterexample.why, token: counterexample.token }
}

/** Goes on with a search that is not a short one. */
function finish(
  search: Search,
  { machine }: BuiltSubject,
  { watch, workshop }: { readonly watch: Watch | null; readonly workshop: Workshop },
): SearchResult {
  workshop.onLong()
  machine.watch = watch
  return search.run()
}

function sampled(job: SampleJob, scenario: Scenario, workshop: Workshop): Outcome {
  const { executions, strategy, seed, limits } = job
  const policy = policyNamed(job.policy)
  const reason = scenario.inapplicable?.[policy.name]
  if (reason !== undefined) return { verdict: 'inapplicable', figures: {}, why: reason }
  workshop.onLong()
  const subject = watchedSubject(workshop.watch(scenario, limits.seconds), () =>
    subjectOf(scenario, policy),
  )
  const found = checkSample(subject, { executions, strategy, seed })
  if (found === null) return { verdict: 'bounded', figures: { executions } }
  const { why, token, steps } = found
  return { verdict: 'deadlock', figures: { executions, steps: steps.length }, why, token }
}

function simulated(
  { seed, seconds, ...job }: SimulateJob,
  { machine, scenario }: { readonly machine: MachineFile; readonly scenario: Scenario | null },
  workshop: Workshop,
): Outcome {
  workshop.onLong()
  const policy = machinePolicy(job.policy)
  // What runs in one scope runs in the scenario's scopes too.
  const beside = policyNamed(policy.everywhere ? 'scope' : (policy.name as PolicyName))
  const simulation = machineSimulation(machine, {
    seed,
    policy,
    seconds: seconds ?? machine.seconds,
    ...(scenario === null ? {} : { scenario: { scenario, policy: beside } }),
  })
  simulation.run(() => workshop.onProgress())
  const result = resultOf(simulation, { machine: machine.spec.name, policy: policy.name, seed })
  const { facts, hang } = result
  const figures = Object.fromEntries(
    comparedFigures(result).flatMap((name) => {
      const value = facts[name]
      return value === undefined || Number.isNaN(value) ? [] : [[name, value]]
    }),
  )
  return hang === null
    ? { verdict: 'ran', figures }
    : { verdict: 'hang', figures, why: hang.why, token: hang.token }
}
