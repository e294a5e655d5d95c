/**
 * Stages: what a task does, one thing after the other, each made when the one before is over. A generator that does others by `yield*`
 * passes each of their steps on; this takes them from whoever is at work.
 */
import type { LiveSteps } from '@scopemask/checker/live'

export class Stages implements Pick<LiveSteps, 'next'> {
  readonly #stages: readonly (() => LiveSteps)[]
  #at = 0
  #current: LiveSteps | null = null

  constructor(stages: readonly (() => LiveSteps)[]) {
    this.#stages = stages
  }

  next(answer = 0): IteratorResult<number, void> {
    let given = answer
    for (;;) {
      this.#current ??= this.#stages[this.#at]?.() ?? null
      if (this.#current === null) return { done: true, value: undefined }
      const step = this.#current.next(given)
      if (step.done !== true) return step
      this.#current = null
      this.#at++
      given = 0
    }
  }
}
