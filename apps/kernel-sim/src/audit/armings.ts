/**
 * Armings: how often the timers of delayed work were armed, by the function of the item and the scope. The event of the timer does not tell
 * the function: it is known when the item is queued or executed, before or after.
 */
import type { Stack } from '../trace/stack.js'
import { Recent } from './recent.js'
import { Rows } from './rows.js'
import { type SampleBudget, Samples } from './samples.js'
import type { ArmFact } from './work-facts.js'

/** How often an item's timer was armed from inside one scope, and where first. */
export interface Arming {
  readonly scope: string
  readonly stack: Stack | undefined
  readonly line: number
  count: number
}

interface ArmRow {
  readonly fn: string
  readonly scope: string
  armed: number
  readonly samples: Samples
}

/** Stands for the function of an item that only its timer was seen of. */
const NEVER_RAN = '(never ran)'

/** How many items are followed at the same time. */
const LIMIT = 1 << 16

export class Armings {
  /** The function of each item. */
  readonly #functionOf = new Recent<string, string>(LIMIT)
  /** Armings of items whose function is not known yet. */
  readonly #unnamed = new Recent<string, Arming[]>(LIMIT)
  readonly #rows: Rows<[fn: string, scope: string], ArmRow>

  constructor(budget: SampleBudget) {
    this.#rows = new Rows(1, (fn: string, scope: string) => armRow(fn, scope, budget))
  }

  /** The function of an item; undefined where no event told it so far. */
  functionOf(work: string): string | undefined {
    return this.#functionOf.get(work)
  }

  /** The timer of an item was armed. */
  add(work: string, arming: Arming): void {
    const fn = this.#functionOf.get(work)
    if (fn !== undefined) {
      this.#count(fn, arming)
      return
    }
    const unnamed = this.#unnamed.get(work)
    const known = unnamed?.find(({ scope }) => scope === arming.scope)
    if (unnamed === undefined) this.#unnamed.set(work, [arming])
    else if (known === undefined) unnamed.push(arming)
    else known.count++
  }

  /** Now the function of this item is known. */
  name(work: string, fn: string): void {
    if (this.#functionOf.get(work) === fn) return
    this.#functionOf.set(work, fn)
    for (const arming of this.#unnamed.take(work) ?? []) this.#count(fn, arming)
  }

  /** A new recording begins: its items are others. */
  restart(): void {
    this.#functionOf.clear()
  }

  /** What was found. To be called once, at the end. */
  facts(): ArmFact[] {
    for (const armings of this.#unnamed.values()) {
      for (const arming of armings) this.#count(NEVER_RAN, arming)
    }
    this.#unnamed.clear()
    return this.#rows
      .values()
      .map(({ fn, scope, armed, samples }) => ({ fn, scope, armed, samples: samples.top() }))
      .sort((a, b) => b.armed - a.armed)
  }

  #count(fn: string, { scope, stack, line, count }: Arming): void {
    const row = this.#rows.of(fn, scope)
    row.armed += count
    row.samples.add(stack, line, count)
  }
}

function armRow(fn: string, scope: string, budget: SampleBudget): ArmRow {
  return { fn, scope, armed: 0, samples: new Samples(budget) }
}
