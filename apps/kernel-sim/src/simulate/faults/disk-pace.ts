/** Disk pace: when the disk is done with something, where it is slow or stands still for a while. */
import type { Fault } from './fault.js'

/** A time in which the disk takes so many times as long; Infinity where it stands still. */
interface Trouble {
  readonly from: number
  readonly until: number
  readonly times: number
}

export class DiskPace {
  /** When the pace changes, in order, ns; the first is the beginning of time. */
  readonly #changes: readonly number[]
  /** How many times as long something takes from each of them on. */
  readonly #times: readonly number[]

  /**
   * @param faults of all kinds; those of the disk count, and where two meet they multiply
   * @param began when the run began, on the clock, ns
   * @throws RangeError when the disk would stand still for ever
   */
  constructor(faults: readonly Fault[], began: number) {
    const troubles = faults.flatMap((fault): Trouble[] => {
      if (fault.type === 'memory-taken') return []
      const from = began + fault.at
      const times = fault.type === 'disk-stall' ? Number.POSITIVE_INFINITY : fault.times
      return [{ from, until: from + fault.length, times }]
    })
    const ends = troubles.flatMap(({ from, until }) => [from, until])
    this.#changes = [
      Number.NEGATIVE_INFINITY,
      ...[...new Set(ends)].filter(Number.isFinite).sort((a, b) => a - b),
    ]
    this.#times = this.#changes.map((at) =>
      troubles.reduce(
        (product, { from, until, times }) => (from <= at && at < until ? product * times : product),
        1,
      ),
    )
    if (this.#times.at(-1) === Number.POSITIVE_INFINITY) {
      throw new RangeError('a disk that stands still for ever serves nothing')
    }
  }

  /**
   * @param now when the disk begins, ns
   * @param service what it takes when nothing is wrong, ns, more than 0
   * @returns when it is done, ns
   */
  finish(now: number, service: number): number {
    let at = now
    let left = service
    let i = this.#changes.length - 1
    while ((this.#changes[i] as number) > now) i--
    for (; ; i++) {
      const times = this.#times[i] as number
      const until = this.#changes[i + 1] ?? Number.POSITIVE_INFINITY
      if (left * times <= until - at) return at + left * times
      left -= (until - at) / times
      at = until
    }
  }
}
