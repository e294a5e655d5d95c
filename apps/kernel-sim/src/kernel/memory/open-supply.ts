/** Open supply: it is left open at every allocation whether memory is tight, and reclaim always finds enough. */
import { __GFP_NORETRY, __GFP_RETRY_MAYFAIL, gfpflagsAllowBlocking } from '@scopemask/allocator'
import type { Operation, Steps } from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'
import { KernelOperation } from '../operation.js'
import type { OperationKind } from '../operation-kind.js'
import type { Reclaimer, Supply } from './supply.js'

/** The turn in which memory is tight, and that in which reclaim has not found enough. */
const PRESSURE = 1
const TOO_LITTLE = 1

export class OpenSupply implements Supply {
  readonly isCounted = false
  readonly pressure: Pressure
  readonly #reclaimer: Reclaimer
  readonly #memory: Operation
  readonly #reclaimed: Operation

  constructor(reclaimer: Reclaimer) {
    this.#reclaimer = reclaimer
    const open = (name: OperationKind, results: readonly string[]): Operation =>
      new KernelOperation({
        name,
        outcomes: results.length,
        results,
        attempt: (_row, _task, outcome) => outcome,
      })
    this.#memory = open('memory', ['enough', 'pressure'])
    this.#reclaimed = open('reclaimed', ['enough', 'too little'])
    this.pressure = {
      operation: this.#memory,
      result: PRESSURE,
      allows: (outcome, isSpared) => !isSpared || outcome !== PRESSURE,
      sparing: (search) => search(),
    }
  }

  *alloc(gfp: number): Steps<boolean> {
    if ((yield* this.#memory) !== PRESSURE) return true
    yield* this.#reclaimer.wakeKswapd(gfp)
    if (!gfpflagsAllowBlocking(gfp)) return false
    yield* this.#reclaimer.reclaim(gfp)
    const mayFail = (gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL)) !== 0
    const { drain } = this.#reclaimer
    if (drain !== null && (yield* this.#reclaimed) === TOO_LITTLE) yield* drain()
    return !(mayFail && (yield* this.#reclaimed) === TOO_LITTLE)
  }

  /** Nobody counts pages. */
  *free(): Steps<void> {}

  *drain(): Steps<void> {}
}
