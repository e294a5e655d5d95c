/** Waits: where tasks sleep while they are in a scope, and so keep whatever made them open it. */
import { waitPlaceOn } from '../trace/attribute/wait-functions.js'
import type { SleepEvent } from '../trace/event.js'
import { Rows } from './rows.js'
import { type SampleBudget, Samples, type StackSample } from './samples.js'
import { isRestricted, scopeName } from './scope-name.js'

/** The sleeps at one place in one scope. */
export interface WaitFact {
  /** How: `down`, `wait_for_completion`; `schedule` where the function sleeps by itself. */
  readonly wait: string
  readonly site: string
  readonly caller: string
  readonly scope: string
  readonly count: number
  readonly samples: readonly StackSample[]
}

export class WaitAudit {
  readonly #budget: SampleBudget
  readonly #rows = new Rows(3, (wait: string, site: string, caller: string, scope: string) => ({
    wait,
    site,
    caller,
    scope,
    count: 0,
    samples: new Samples(this.#budget),
  }))

  constructor(budget: SampleBudget) {
    this.#budget = budget
  }

  add({ stack, taskFlags, line }: SleepEvent): void {
    if (stack === undefined || !isRestricted(taskFlags)) return
    const { wait, site, caller } = waitPlaceOn(stack.functions)
    const row = this.#rows.of(wait, site, caller, scopeName(taskFlags))
    row.count++
    row.samples.add(stack, line)
  }

  facts(): WaitFact[] {
    return this.#rows
      .values()
      .map((row) => ({ ...row, samples: row.samples.top(1) }))
      .sort((a, b) => b.count - a.count)
  }
}
