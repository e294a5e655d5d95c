/** Build scenario: has a scenario make what it is made of, and says what is wrong with that. */
import { Misuse, placeOf } from '@scopemask/checker/machine'
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
    const what = thrown instanceof Misuse ? thrown.message : `build throws ${String(thrown)}`
    throw new Misuse(placed(what, thrown), { cause: thrown })
  }
  if (built instanceof Promise) {
    // What it comes to is not waited for.
    built.catch(() => {})
    throw new Misuse('build is an async function: it makes everything at once, and awaits nothing')
  }
}

/** A sentence with the place in the scenario where something was thrown, where that is known and not said. */
function placed(what: string, thrown: unknown): string {
  const place = thrown instanceof Error ? placeOf(`${thrown.stack}`, ownCode()) : ''
  return place === '' || what.includes(', at ') ? what : `${what}, at ${place}`
}
