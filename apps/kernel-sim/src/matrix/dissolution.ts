/**
 * Dissolution: whether a deadlock lasts only as long as something else does. From where it stands the search goes on, with what may
 * come from outside (kernel/relief.ts): if the tasks can then always come to an end, it dissolves. It is what is tried on a real
 * kernel that hangs: memory is given back, the other workers are let go, and whoever still hangs hangs for good.
 */
import { type Allows, Search, scheduleTo } from '@scopemask/checker/search'
import { sparing } from '../kernel/cause.js'
import type { Relief } from '../kernel/relief.js'
import type { BuiltSubject } from './subject.js'
import type { Turn } from './turn.js'

/**
 * What becomes of a deadlock. `stays`: no end can be reached. `dissolves`: an end can be reached, whatever happens. `may stay`: an
 * end can be reached, and so can another deadlock. `unknown`: the search is too long.
 */
export type Fate = 'stays' | 'dissolves' | 'may stay' | 'unknown'

/** What becomes of a deadlock when memory comes back, when other work is done, and when both come together. */
export interface Dissolution {
  readonly memory: Fate
  readonly otherWork: Fate
  readonly both: Fate
}

/** What becomes of the deadlocks of a cell. */
export interface Fates {
  /** Of the one that is shown. */
  readonly shown: Dissolution
  /** Of all that there are, together; `may stay` where some stay and others dissolve. */
  readonly all: Dissolution
}

/** How many states a search may visit. */
const MAX_STATES = 20_000
/** How many deadlocks are looked at. With more, all that is said of all of them is that it is unknown. */
const MAX_DEADLOCKS = 200

const UNKNOWN: Dissolution = { memory: 'unknown', otherWork: 'unknown', both: 'unknown' }

/** Builds a scenario under a policy anew. */
type Build = (relief: Relief | null) => BuiltSubject

/**
 * Finds what becomes of the deadlocks, or of the livelock, of a scenario.
 * @param turns the schedule to the one that is shown.
 */
export function fatesOf(build: Build, turns: readonly Turn[]): Fates {
  const cell = new Cell(build)
  const shown = cell.dissolution(turns)
  // Where no worker comes, nothing that is blocked can go on.
  if (!cell.hasSpareWorkers) return { shown, all: shown }
  const search = new Search(build(null).machine, {
    maxStates: MAX_STATES,
    allDeadlocks: true,
    livelocks: false,
  })
  const { deadlocks, bound } = search.run()
  if (bound !== null || deadlocks.length > MAX_DEADLOCKS) return { shown, all: UNKNOWN }
  const others = deadlocks.map((state) => cell.dissolution(scheduleTo(search, state)))
  const together = (relief: keyof Dissolution): Fate =>
    joined([shown, ...others].map((each) => each[relief]))
  return {
    shown,
    all: {
      memory: together('memory'),
      otherWork: together('otherWork'),
      both: together('both'),
    },
  }
}

/** What becomes of several, taken together. */
function joined(fates: readonly Fate[]): Fate {
  if (fates.includes('unknown')) return 'unknown'
  const [first = 'unknown'] = fates
  return fates.every((fate) => fate === first) ? first : 'may stay'
}

/** A scenario under a policy, to which relief may come. */
class Cell {
  readonly #memory: BuiltSubject
  readonly #otherWork: BuiltSubject

  constructor(build: Build) {
    this.#memory = build('memory')
    this.#otherWork = build('other-work')
  }

  get hasSpareWorkers(): boolean {
    return this.#otherWork.kernel.hasSpareWorkers
  }

  /** What becomes of the state that a schedule leads to. */
  dissolution(turns: readonly Turn[]): Dissolution {
    return {
      memory: spared(this.#memory, turns),
      otherWork: fateAfter(this.#otherWork, turns, () => true),
      both: spared(this.#otherWork, turns),
    }
  }
}

/** What becomes of a state when no allocation meets pressure from then on. */
function spared(subject: BuiltSubject, turns: readonly Turn[]): Fate {
  const { pressures } = subject.kernel
  return sparing(pressures, () =>
    fateAfter(
      subject,
      turns,
      ({ operation, outcome }) =>
        pressures.find((each) => each.operation === operation)?.allows(outcome, true) ?? true,
    ),
  )
}

/** What becomes of a state when relief comes: the step of the thread that was made last. */
function fateAfter({ machine }: BuiltSubject, turns: readonly Turn[], allows: Allows): Fate {
  const search = new Search(machine, {
    from: [...turns, { task: machine.tasks.length - 1, outcome: 0 }],
    maxStates: MAX_STATES,
    allDeadlocks: true,
    allows,
  })
  const { verdict, states, misuse } = search.run()
  if (misuse !== null || verdict === 'bounded') return 'unknown'
  if (verdict === 'safe') return 'dissolves'
  for (let state = 0; state < states; state++) {
    if (search.stepper.settled(search.row(state))) return 'may stay'
  }
  return 'stays'
}
