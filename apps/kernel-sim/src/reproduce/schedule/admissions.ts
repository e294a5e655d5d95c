/** Admissions: in which order workers take items. A real worker takes the next one at once, so the director lets each in when the model does. */
import type { MachineObject, Row } from '@scopemask/checker/machine'
import type { Execution, MicroStep } from '@scopemask/checker/search'
import { KernelOperation } from '../../kernel/operation.js'
import type { Work } from '../../kernel/work/work.js'
import type { Workqueue } from '../../kernel/work/workqueue.js'
import type { BuiltSubject } from '../../matrix/subject.js'

/**
 * Which items workers may take, and when: one at a time, in the order of the model. A worker that has to create another before it works
 * wakes up for an item that it does not take yet, and a rescuer may take all that are pending at once.
 */
export class Admissions {
  readonly #subject: BuiltSubject
  readonly #admitted = new Set<Work>()

  constructor(subject: BuiltSubject) {
    this.#subject = subject
  }

  /** The items that a step lets workers take. @param execution stands before the step. */
  before(execution: Execution, { operation, result }: MicroStep): MachineObject[] {
    if (!(operation instanceof KernelOperation)) return []
    const { row } = execution
    const { workRegistry: registry } = this.#subject.kernel
    if (operation.effect?.kind === 'finish_work') {
      this.#admitted.delete(registry.workAt(operation.effect.lock.reference))
      return []
    }
    if (operation.effect?.kind === 'begin_work') {
      if (result === 0) return []
      const taken = registry.workAt(result)
      const queue = registry.queueOf(row, taken)
      const others =
        queue?.scheduled?.isEmpty(row) === true
          ? registry.works.filter((work) => isListed(row, queue, work))
          : []
      return this.#admit(operation.kind === 'rescuer_thread' ? [taken, ...others] : [taken])
    }
    const pool = registry.pools.find(
      ({ object, options }) => object === operation.object && options.creates,
    )
    if (operation.kind !== 'worker_thread' || pool === undefined) return []
    const next = registry.next(row, pool)
    return next === 0 ? [] : this.#admit([registry.workAt(next)])
  }

  #admit(works: readonly Work[]): MachineObject[] {
    const fresh = works.filter((work) => !this.#admitted.has(work))
    for (const work of fresh) this.#admitted.add(work)
    return fresh.map(({ object }) => object)
  }
}

/** Returns true if an item waits for a worker on a queue. */
function isListed(row: Row, queue: Workqueue, work: Work): boolean {
  return (
    work.worker.get(row) === 0 &&
    work.queue.get(row) === queue.object.reference &&
    queue.pool.list.includes(row, work.object.reference)
  )
}
