/** Watch: what stops a scenario's code that does not come to its next step, so that no command hangs in it. */
import type { Watch } from '@scopemask/checker/machine'
import { CodeWatch } from '@scopemask/checker/node'
import type { Scenario } from '../kernel/scenario.js'
import { CASES } from '../scenarios/catalogue.js'

interface WatchOptions {
  /** How long the search of a cell may take; by default as long as it takes. */
  readonly maxSeconds?: number
}

/**
 * Keeps a limit of time for each cell; a cell may have a limit of its own. Without a limit code is stopped that takes seconds for one step: it loops
 * without `yield*`, and is named. Bundled scenarios are known to come to their next steps (the tests walk through all of them), so they
 * go without: watched, the whole matrix takes a sixth more processor time.
 */
export function watchOf({
  maxSeconds = Number.POSITIVE_INFINITY,
}: WatchOptions = {}): (scenario: Scenario, seconds?: number) => Watch | null {
  const watch = new CodeWatch()
  return (scenario, seconds = maxSeconds) =>
    CASES.some((bundled) => bundled.scenario === scenario)
      ? null
      : watch.until(performance.now() + seconds * 1000)
}
