/** Scenario: a kernel path as a model: what there is, who does what, under any policy. */

import type { Kernel } from './kernel.js'
import {
  assertParameters,
  type Chosen,
  defaultsOf,
  type Parameters,
  type ParameterValues,
  type ValuesOf,
  valuesOf,
} from './parameters.js'
import { type PolicyName, policyNamed } from './policy.js'

/** What happened, and how far the model of it goes. */
export interface History {
  /** Who met what, in a few sentences. */
  readonly told: string
  /** What the model leaves out. */
  readonly leavesOut: string
  /** What those who keep the code came to. */
  readonly upstream: {
    /** The commit, the thread or the document, in a sentence. */
    readonly says: string
    /** The policy that is the code as it was, or became. */
    readonly under: PolicyName
    /** What the search has to find under it. */
    readonly verdict: 'safe' | 'deadlock' | 'livelock'
  }
}

/** One way that it can go, to be replayed. */
export interface Schedule {
  /** The policy that it is of. */
  readonly policy: PolicyName
  /** Its steps, as `kernel-sim check` prints them. */
  readonly token: string
}

/** What is said of a kernel path, whatever it is built with. */
export interface Description {
  /** A short name: lower case, digits and dashes. */
  readonly name: string
  /** What happens, in one sentence. */
  readonly summary: string
  /** Where it was reported or fixed. */
  readonly source?: string
  /** What happened, for the bundled cases. */
  readonly history?: History
  /** Policies that make no sense here, and why. */
  readonly inapplicable?: Partial<Record<PolicyName, string>>
  /** A schedule that comes with it: `kernel-sim replay` takes it when it is given none. It is of the default values. */
  readonly schedule?: Schedule
}

/**
 * What a scenario is defined with.
 * @typeParam P its parameters.
 */
export interface ScenarioSpec<P extends Parameters = Parameters> extends Description {
  /** What it can be built with: the values of each parameter, of one type, the default first. `--set` chooses others. */
  readonly parameters?: P
  /** Makes locks, queues, shrinkers and tasks. Called anew for each policy. */
  readonly build: (kernel: Kernel, values: ValuesOf<P>) => void
}

/** A kernel path as a model, with a value for each of its parameters. */
export interface Scenario extends Description {
  /** Makes locks, queues, shrinkers and tasks. Called anew for each policy. */
  readonly build: (kernel: Kernel) => void
  /** What it can be built with; undefined where it takes nothing. */
  readonly parameters?: Parameters
  /** What it is built with. */
  readonly values?: ParameterValues
  /**
   * The same path with other values; what is not chosen is as by default. A value may be given as text.
   * @throws RangeError for a parameter or a value that there is not.
   */
  readonly at?: (chosen: Chosen) => Scenario
}

/**
 * Defines a scenario; a file that is given to `kernel-sim check` has one as its default export.
 *
 * ```ts
 * import { scenario } from '@scopemask/kernel-sim'
 *
 * export default scenario({
 *   name: 'writers',
 *   summary: 'so many writers take one lock',
 *   parameters: { writers: [2, 1, 4] },
 *   build(kernel, { writers }) {
 *     const lock = kernel.mutex('lock')
 *     for (let i = 0; i < writers; i++) {
 *       kernel.task(`writer ${i}`, function* () {
 *         yield* lock.lock()
 *         yield* lock.unlock()
 *       })
 *     }
 *   },
 * })
 * ```
 * @typeParam P its parameters.
 * @throws TypeError when a part is missing or malformed, RangeError for a policy that there is not.
 */
export function scenario<const P extends Parameters = Record<never, never>>(
  spec: ScenarioSpec<P>,
): Scenario
/** Takes a scenario as it is. */
export function scenario(defined: Scenario): Scenario
export function scenario(spec: ScenarioSpec | Scenario): Scenario {
  const name: unknown = spec?.name
  if (name === undefined) {
    throw new TypeError('the scenario has no name: lower case, digits and dashes')
  }
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new TypeError(`"${name}" is not a name of a scenario: use lower case, digits and dashes`)
  }
  if (typeof spec.summary !== 'string') {
    throw new TypeError(`scenario ${spec.name} has no summary: one sentence that says what happens`)
  }
  if (typeof spec.build !== 'function') {
    throw new TypeError(`scenario ${spec.name} has no build(kernel)`)
  }
  for (const policy of Object.keys(spec.inapplicable ?? {})) policyNamed(policy)
  assertSchedule(spec)
  const { parameters } = spec
  if (parameters === undefined || isDefined(spec)) return spec as Scenario
  try {
    assertParameters(parameters)
  } catch (thrown) {
    throw new TypeError(`scenario ${name}: ${(thrown as TypeError).message}`)
  }
  return builtWith({ ...spec, parameters }, defaultsOf(parameters))
}

function assertSchedule({ name, schedule }: Description): void {
  if (schedule === undefined) return
  if (typeof schedule?.token !== 'string' || typeof schedule.policy !== 'string') {
    throw new TypeError(`scenario ${name}: its schedule is a policy and a token`)
  }
  policyNamed(schedule.policy)
}

/** Returns true if a value was chosen for each parameter already. */
function isDefined(spec: ScenarioSpec | Scenario): spec is Scenario {
  return 'at' in spec
}

function builtWith(
  spec: ScenarioSpec & { readonly parameters: Parameters },
  values: ParameterValues,
): Scenario {
  return {
    ...spec,
    build: (kernel) => spec.build(kernel, values),
    values,
    at: (chosen) => builtWith(spec, valuesOf(spec.parameters, chosen)),
  }
}

/**
 * A scenario with these values. @param chosen what is not as by default; texts are taken as on a command line
 * @throws RangeError in one sentence for a parameter or a value that there is not
 */
export function withValues(scenario: Scenario, chosen: Chosen): Scenario {
  if (scenario.at !== undefined) return scenario.at(chosen)
  valuesOf({}, chosen)
  return scenario
}
