/** Build scenario: has a scenario make what it is made of, and says what is wrong with that. */
import { Misuse, misuseOf } from '@scopemask/checker/machine'
import { ownCode } from '../own-code.js'
import type { Kernel } from './kernel.js'
import type { Scenario } from './scenario.js'

/**
 * Builds a scenario.
 * @param kernel what it is built in; it is not sealed after that.
 * @throws Misuse when that fails, with the place in the scenario where it is known.
 */
export function buildScenario(scenario: Scenario, kernel: Kernel): void {
  let built: unknown
  try {
    // Guarded, so that a call without yield* is an error at its line.
    built = scenario.build(kernel.machine.guard.of(kernel)) as unknown
  } catch (thrown) {
    throw misuseOf(thrown, { who: 'build', internals: ownCode() })
  }
  if (built instanceof Promise) {
    // What it comes to is not waited for.
    built.catch(() => {})
    throw new Misuse('build is an async function: it makes everything at once, and awaits nothing')
  }
}
