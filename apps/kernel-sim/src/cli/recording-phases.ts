/**
 * Recording phases: what a recording that runs is at, and how long each phase took. Most of the time is not the workload's: bpftrace compiles
 * and attaches its programs first, and prints what is in its buffers when the workload is over.
 */

/** How long each phase took, in seconds. */
export interface PhaseTimes {
  /** Until the first line of the script: bpftrace compiled, and attached its programs. */
  readonly begin: number
  /** Until somebody ended it. */
  readonly record: number
  /** Until bpftrace had printed what it had. */
  readonly print: number
  /** Until it had ended: it detached its programs. */
  readonly end: number
}

const PHASES = ['begin', 'record', 'print', 'end'] as const

type Phase = (typeof PHASES)[number]

/** What is said while a phase lasts. */
const SAID: Readonly<Record<Phase, string>> = {
  begin: 'bpftrace compiles and attaches its programs',
  record: 'recording',
  print: 'the recording is over, bpftrace prints what it has',
  end: 'bpftrace detaches its programs',
}

export class RecordingPhases {
  readonly #now: () => number
  readonly #began: number[]

  /** @param now in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#began = [now()]
  }

  /** The next phase begins, if this one is still that. */
  leave(phase: Phase): void {
    if (this.#phase === phase) this.#began.push(this.#now())
  }

  /** What the phase is, and for how long it has lasted: `recording, 1.2 s`. */
  get text(): string {
    const seconds = (this.#now() - (this.#began.at(-1) ?? 0)) / 1000
    return `${SAID[this.#phase ?? 'end']}, ${seconds.toFixed(1)} s`
  }

  /** The times of all phases: what was not reached took none. */
  get times(): PhaseTimes {
    const of = (phase: Phase): number => {
      const at = PHASES.indexOf(phase)
      const from = this.#began[at]
      return from === undefined ? 0 : ((this.#began[at + 1] ?? this.#now()) - from) / 1000
    }
    return { begin: of('begin'), record: of('record'), print: of('print'), end: of('end') }
  }

  get #phase(): Phase | undefined {
    return PHASES[this.#began.length - 1]
  }
}

/** `2.1 s until bpftrace recorded, 1.3 s recorded, ...` */
export function phasesText({ begin, record, print, end }: PhaseTimes): string {
  const [a, b, c, d] = [begin, record, print, end].map((seconds) => `${seconds.toFixed(1)} s`)
  return `It took ${a} until bpftrace recorded, ${b} to record, ${c} until it had printed what it had, ${d} to end.`
}
