/** Cell thread: checks scenarios under policies, one after the other, as cells.ts asks. */
import { parentPort } from 'node:worker_threads'
import { InputError } from '../input-error.js'
import { policyNamed } from '../kernel/policy.js'
import { cellOf } from '../matrix/cell.js'
import type { CellAnswer, CellRequest } from './cells.js'
import { loadScenario } from './load-scenario.js'
import { watchOf } from './watch.js'

async function answer({
  given,
  set,
  policy,
  search,
  reductions,
  repair,
  fair,
}: CellRequest): Promise<CellAnswer> {
  const started = performance.now()
  try {
    const found = await loadScenario(given, set)
    const { maxSeconds = Number.POSITIVE_INFINITY } = search
    const watch = watchOf({ maxSeconds })
    const options = { search, reductions, repair, fair, watch, onProgress: () => {} }
    const cell = await cellOf(found, policyNamed(policy), options)
    return { cell, seconds: (performance.now() - started) / 1000 }
  } catch (thrown) {
    if (thrown instanceof InputError) return { wrong: thrown.message }
    throw thrown
  }
}

parentPort?.on('message', async (request: CellRequest) => {
  parentPort?.postMessage(await answer(request))
})
