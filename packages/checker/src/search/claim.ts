/**
 * Claim: that the tasks can come to an end from each of some states, as threads show it together. Each takes parts of these states and follows
 * them on its own; what they know they share, see ends.ts. Where one finds a state from which no end can be reached, or does not find any for long, all
 * stop: there is most likely a livelock, and which one is shown is for whoever searches to find.
 */
import { Ends } from './ends.js'
import type { Visited } from './next-states.js'
import type { Stepper } from './stepper.js'

/** How many parts there are at most. */
const PARTS = 1024
/** How many states a part has at least. */
const LEAST = 32

/** What threads share. */
export interface Claim {
  /** The states of which it is claimed. */
  readonly states: Int32Array
  /** What is known of all states of the search: see {@link Ends}. */
  readonly fates: Uint8Array
  /** One number: 1 once the claim was given up. */
  readonly givenUp: Int32Array
}

/** Begins a claim. @param size how many states the search has found. */
export function claimOf(states: readonly number[], size: number): Claim {
  const shared = new Int32Array(new SharedArrayBuffer(states.length * 4))
  shared.set(states)
  return {
    states: shared,
    fates: new Uint8Array(new SharedArrayBuffer(size)),
    givenUp: new Int32Array(new SharedArrayBuffer(4)),
  }
}

/** How many states of a claim make a part; the last one may have fewer. */
function partOf({ states }: Claim): number {
  return Math.max(LEAST, Math.ceil(states.length / PARTS))
}

/** How many parts a claim has. */
export function partsOf(claim: Claim): number {
  return Math.ceil(claim.states.length / partOf(claim))
}

/** One who shows parts of a claim, with a machine of its own. */
export class Prover {
  readonly #claim: Claim
  readonly #stepper: Pick<Stepper, 'seal'>
  readonly #ends: Ends

  constructor(visited: Visited & { readonly stepper: Stepper }, claim: Claim) {
    this.#claim = claim
    this.#stepper = visited.stepper
    this.#ends = new Ends(visited, claim.fates)
  }

  /** Shows what is claimed of the states of a part, as far as it can, the last ones first. Parts with later states have lower numbers. */
  show(part: number): void {
    const { states, givenUp } = this.#claim
    const length = partOf(this.#claim)
    const end = states.length - part * length
    const first = Math.max(0, end - length)
    this.#stepper.seal(true)
    try {
      for (let at = end - 1; at >= first && Atomics.load(givenUp, 0) === 0; at--) {
        if (!this.#ends.show(states[at] as number)) Atomics.store(givenUp, 0, 1)
      }
    } catch {
      // Whatever it was, whoever searches comes to the state.
    } finally {
      this.#stepper.seal(false)
    }
  }
}
