/** Run watched: runs a simulation whose workloads are a user's own code, and stops code that does not come to its next `yield*`. */
import { Interrupted } from '@scopemask/checker/machine'
import { CodeWatch } from '@scopemask/checker/node'
import { InputError } from '../input-error.js'
import type { Simulation } from '../simulate/simulation.js'

/**
 * @param own some of the workloads are a user's own; without them nothing is watched, since that has its cost
 * @throws InputError that names the workload, and the call after which it did not come back
 */
export function runWatched(
  simulation: Simulation,
  own: boolean,
  {
    onProgress,
    limit,
    ...watched
  }: {
    readonly onProgress?: (now: number) => void
    readonly limit?: number
    /** How long code may take for its next step, in ms. */
    readonly patience?: number
  } = {},
): void {
  if (!own) {
    simulation.run(onProgress, limit)
    return
  }
  const watch = new CodeWatch(watched)
  try {
    simulation.run(onProgress, limit, (stretch) => watch.runOnce(stretch))
  } catch (thrown) {
    const { place } = simulation.userCode
    if (!(thrown instanceof Interrupted) || place === null) throw thrown
    throw new InputError(`${place}: it does not come to its next yield*: does it loop without one?`)
  }
}
