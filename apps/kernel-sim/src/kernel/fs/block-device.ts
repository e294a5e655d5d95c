/**
 * Block device: serves requests one after the other, on a thread of its own. A disk just completes them; a device that is
 * itself software (loop, dm) has a function that does what a request takes.
 */
import type { TaskFlags } from '@scopemask/allocator'
import type { Machine, Steps } from '@scopemask/checker/machine'
import { Variable } from '../data/variable.js'
import { Mutex } from '../lock/mutex.js'
import { Completion } from '../task/completion.js'
import type { TaskStates } from '../task/task-state.js'
import type { StartKthread } from '../work/kthread.js'

/** A device that serves requests in order, on a kernel thread of its own. */
export class BlockDevice {
  readonly #tag: Mutex
  readonly #requests: Variable
  readonly #done: Completion

  constructor(
    machine: Machine,
    tasks: TaskStates,
    kthread: StartKthread,
    name: string,
    serve?: () => Steps<unknown>,
    flags?: TaskFlags,
  ) {
    this.#tag = new Mutex(machine, tasks, `${name} (request)`)
    this.#requests = new Variable(machine, tasks, `${name} (queue)`, 0)
    this.#done = new Completion(machine, tasks, `I/O on ${name}`)
    const device = this
    kthread(
      name,
      function* () {
        yield* device.#requests.exchange(1, 0)
        if (serve) yield* serve()
        yield* device.#done.complete()
      },
      flags,
    )
  }

  /** Submits a request and waits until it is complete (submit_bio_wait). */
  *submitBioWait(): Steps<void> {
    yield* this.#tag.lock()
    yield* this.#requests.set(1)
    yield* this.#done.wait()
    yield* this.#tag.unlock()
  }
}
