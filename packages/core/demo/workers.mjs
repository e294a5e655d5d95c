/**
 * Workers with masks of their own. Each serves one job at a time. There may be more of them than jobs at once:
 * p-queue starts the next job as soon as one is cancelled, while that one still runs.
 */
import { Context } from '@scopemask/core'
import { domain } from './jobs.mjs'

export class Workers {
  /** How often a worker did not have its own mask back after a job. */
  left = 0
  #free = []
  #count = 0

  #hire() {
    const own = domain.from(this.#count % 3)
    return { own, context: new Context(domain, { name: `worker ${this.#count++}`, mask: own }) }
  }

  /** Lets a worker that is free do something. */
  async serve(fn) {
    const worker = this.#free.pop() ?? this.#hire()
    try {
      return await fn(worker)
    } finally {
      if (worker.context.mask !== worker.own) this.left++
      this.#free.push(worker)
    }
  }
}
