/**
 * Mempool: elements set aside for those who cannot do without (struct mempool_s, mm/mempool.c, 6.1.192). How an allocation goes is
 * in mempool-alloc.ts; this is what it takes from and gives back to.
 */
import { GFP_KERNEL } from '../gfp/flags.js'
import { type MempoolStep, mempoolAlloc } from './mempool-alloc.js'

/** No element. */
export const NO_ELEMENT = -1

/** Where elements come from: a slab cache, kmalloc, pages. */
export interface MempoolSource<Step, Answer> {
  /** Makes an element, at once or in steps. {@link NO_ELEMENT} when there is no memory. */
  alloc(gfp: number): number | Generator<Step, number, Answer>
  /** Gives an element back. */
  free(element: number): void
  /** Is told of a request that the pool cannot keep its promise to: `__GFP_ZERO`, as what was set aside is not zeroed. */
  warn?(gfp: number): void
}

/** Sleeps until an element comes back, or for so many jiffies: whichever is first. */
export type MempoolSleep = Extract<MempoolStep, Readonly<Record<'kind', 'sleep'>>>

/**
 * Elements that are set aside, so that an allocation that may sleep never fails. `Step` and `Answer` are those of the
 * source, where it makes elements in steps.
 */
export class Mempool<Step = never, Answer = unknown> {
  readonly #source: MempoolSource<Step, Answer>
  readonly #elements: number[] = []
  /** How many elements it sets aside (min_nr). */
  readonly min: number

  private constructor(min: number, source: MempoolSource<Step, Answer>) {
    this.min = min
    this.#source = source
  }

  /**
   * A pool with all its elements (mempool_create). They are allocated with GFP_KERNEL.
   * @returns null when there is no memory for them; nothing is kept then
   * @throws RangeError when it would have no elements: it could promise nothing.
   */
  static *create<Step, Answer>(
    min: number,
    source: MempoolSource<Step, Answer>,
  ): Generator<Step, Mempool<Step, Answer> | null, Answer> {
    if (!Number.isInteger(min) || min < 1) {
      throw new RangeError(`a mempool has 1 element or more, not ${min}`)
    }
    const pool = new Mempool(min, source)
    while (pool.#elements.length < min) {
      const element = yield* make(source, GFP_KERNEL)
      if (element === NO_ELEMENT) {
        pool.destroy()
        return null
      }
      pool.#elements.push(element)
    }
    return pool
  }

  /** How many elements are set aside now (curr_nr). */
  get reserved(): number {
    return this.#elements.length
  }

  /**
   * Allocates an element. With `__GFP_DIRECT_RECLAIM` it sleeps until there is one, and never fails.
   * @returns {@link NO_ELEMENT} when it may not sleep and there is none
   */
  *alloc(gfp: number, hz = 250): Generator<Step | MempoolSleep, number, Answer> {
    const steps = mempoolAlloc(gfp, hz)
    let element = NO_ELEMENT
    let next = steps.next()
    while (!next.done) {
      const step = next.value
      if (step.kind === 'sleep') yield step
      else if (step.kind === 'warn') this.#source.warn?.(gfp)
      else if (step.kind === 'alloc') element = yield* make(this.#source, step.gfp)
      else element = this.#elements.pop() ?? NO_ELEMENT
      next = steps.next(element !== NO_ELEMENT)
    }
    return element
  }

  /**
   * Gives an element back: to the pool while some are missing there, otherwise to where it came from (mempool_free).
   * @returns true if the pool took it: then somebody who sleeps has to be woken
   */
  free(element: number): boolean {
    if (this.#elements.length < this.min) {
      this.#elements.push(element)
      return true
    }
    this.#source.free(element)
    return false
  }

  /** Gives back what is set aside (mempool_destroy). Elements in use are their users'. */
  destroy(): void {
    for (const element of this.#elements.splice(0)) this.#source.free(element)
  }

  /** What is set aside: a copy. */
  save(): readonly number[] {
    return [...this.#elements]
  }

  /** Puts it back. */
  load(elements: readonly number[]): void {
    this.#elements.splice(0, this.#elements.length, ...elements)
  }
}

function* make<Step, Answer>(
  source: MempoolSource<Step, Answer>,
  gfp: number,
): Generator<Step, number, Answer> {
  const made = source.alloc(gfp)
  return typeof made === 'number' ? made : yield* made
}
