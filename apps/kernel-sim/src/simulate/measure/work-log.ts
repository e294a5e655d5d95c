/** Work log: what a workload has done, phase by phase. */
import { Histogram } from './histogram.js'

export class Phase {
  readonly latency = new Histogram()
  ops = 0
  bytes = 0
  misses = 0
  /** ns: when it began and ended, and the CPU time meanwhile. */
  began = 0
  ended = 0
  cpu = 0
}

export class WorkLog {
  readonly name: string
  readonly phases: Phase[] = []
  /** ns that each burst took. */
  readonly bursts: number[] = []
  /** Pages of its own that it could touch, and when it last could, ns. */
  lastOk = { pages: 0, at: 0 }
  #cpuBefore = 0

  constructor(name: string) {
    this.name = name
  }

  /** Begins a phase; the one before ends. */
  begin(now: number, cpuTime: number): Phase {
    this.end(now, cpuTime)
    const phase = new Phase()
    phase.began = now
    phase.ended = now
    this.#cpuBefore = cpuTime
    this.phases.push(phase)
    return phase
  }

  /** Ends the phase. */
  end(now: number, cpuTime: number): void {
    const phase = this.phases.at(-1)
    if (phase === undefined || phase.ended > phase.began) return
    phase.ended = now
    phase.cpu = cpuTime - this.#cpuBefore
  }
}
