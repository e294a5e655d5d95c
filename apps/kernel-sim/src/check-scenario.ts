/** Check scenario: one scenario under one policy in all interleavings, for programs. */
import { DEFAULT_LIMITS } from '@scopemask/checker/search'
import { InputError } from './input-error.js'
import type { Chosen } from './kernel/parameters.js'
import { POLICIES, type Policy, type PolicyName } from './kernel/policy.js'
import { type Scenario, scenario as scenarioOf, withValues } from './kernel/scenario.js'
import { lockdepOf } from './lockdep/lockdep-watch.js'
import { printSplat } from './lockdep/print-splat.js'
import { checkCell } from './matrix/cell.js'
import { type CheckResult, type Counterexample, subjectOf } from './matrix/subject.js'

/** Under which policy a scenario is checked, and when to stop. */
export interface CheckOptions {
  /** By default `scope`: scopes and GFP_KERNEL, nothing conveyed. */
  readonly policy?: PolicyName
  /** Values of its parameters that are not as by default. */
  readonly parameters?: Chosen
  /** How many states may be kept; by default 20 million. */
  readonly maxStates?: number
  /** How many steps deep; by default unlimited. */
  readonly maxDepth?: number
  /** How many seconds; by default unlimited, since a verdict should not depend on how busy a machine is. */
  readonly maxSeconds?: number
  /** How many megabytes, of 1,000,000 bytes each, the states may take; by default 2000. */
  readonly maxMegabytes?: number
}

/** What was found out about a scenario under a policy. */
export interface ScenarioResult {
  /** The policy that it was checked under. */
  readonly policy: PolicyName
  /**
   * `safe` holds for all interleavings; `deadlock` and `livelock` come with a counterexample; `bounded` means that a limit
   * stopped the search, and claims nothing.
   */
  readonly verdict: CheckResult['verdict']
  /** Which limit stopped the search; null when none did. */
  readonly bound: keyof typeof DEFAULT_LIMITS | null
  /** How many states were visited. */
  readonly states: number
  /** How many steps were taken from one state to another. */
  readonly transitions: number
  /** How many steps the shortest way to the farthest state has. */
  readonly depth: number
  /** A shortest one; null unless the verdict is `deadlock` or `livelock`. */
  readonly counterexample: Counterexample | null
  /** What lockdep prints, having seen some executions; empty when it is silent. */
  readonly lockdep: readonly string[]
}

/**
 * Checks a scenario under one policy in all interleavings, with and without memory pressure at each allocation. The same
 * input gives the same result each time.
 *
 * @example
 * ```ts
 * import { checkScenario, scenario } from '@scopemask/kernel-sim'
 *
 * const abba = scenario({
 *   name: 'abba',
 *   summary: 'two tasks take two locks in opposite order',
 *   build(kernel) {
 *     const [a, b] = [kernel.mutex('a'), kernel.mutex('b')]
 *     for (const [name, first, second] of [['one', a, b], ['two', b, a]] as const) {
 *       kernel.task(name, function* () {
 *         yield* first.lock()
 *         yield* second.lock()
 *         yield* second.unlock()
 *         yield* first.unlock()
 *       })
 *     }
 *   },
 * })
 *
 * const { verdict, counterexample } = checkScenario(abba)
 * console.log(verdict) // → deadlock
 * console.log(counterexample?.cycle.join(' waits for ')) // → one waits for two
 * ```
 *
 * @throws InputError when the scenario is malformed or breaks a rule of the kernel, when the policy does not apply to it,
 * or when a limit is not a number above 0.
 */
export function checkScenario(given: Scenario, options: CheckOptions = {}): ScenarioResult {
  const { policy: name = 'scope', parameters = {}, ...limits } = options
  const policy = applied(given, name)
  const scenario = built(given, parameters)
  for (const [limit, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, limit)) {
      throw new InputError(
        `${limit} is not a limit: choose from ${Object.keys(DEFAULT_LIMITS).join(', ')}`,
      )
    }
    if (value !== undefined && !(value > 0))
      throw new InputError(`${limit} is ${value}: it takes a number above 0`)
  }
  const { verdict, search, counterexample } = checkCell(scenario, policy, limits)
  const { bound, states, transitions, depth } = search
  const lockdep = lockdepOf(subjectOf(scenario, policy).machine).splats.map(printSplat)
  return { policy: name, verdict, bound, states, transitions, depth, counterexample, lockdep }
}

/** The scenario with these values. */
function built(scenario: Scenario, chosen: Chosen): Scenario {
  try {
    return withValues(scenario, chosen)
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new InputError(`${scenario.name}: ${thrown.message}`)
    throw thrown
  }
}

/** The policy of this name, for a scenario to which it applies. */
function applied(scenario: Scenario, name: string): Policy {
  try {
    scenarioOf(scenario)
  } catch (thrown) {
    throw new InputError(thrown instanceof Error ? thrown.message : String(thrown))
  }
  const policy = POLICIES.find((known) => known.name === name)
  if (policy === undefined) {
    const names = POLICIES.map((known) => known.name).join(', ')
    throw new InputError(`${name} is not a policy: choose one of ${names}`)
  }
  const reason = scenario.inapplicable?.[policy.name]
  if (reason !== undefined) {
    throw new InputError(`${name} does not apply to ${scenario.name}: ${reason}`)
  }
  return policy
}
