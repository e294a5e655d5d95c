/**
 * OOM killer: kills a process to get its memory (mm/oom_kill.c, Linux 6.12). It kills one at a time: while a victim is on its way
 * out, others wait for that. A victim dies when it can; one that waits for a lock in the kernel cannot.
 */
import type { Field, Machine, MachineObject, Steps } from '@scopemask/checker/machine'
import { BLOCKED, type Operation } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import type { StartKthread } from '../work/kthread.js'

export class OomKiller {
  readonly object: MachineObject
  readonly #machine: Machine
  readonly #freePages: () => Steps<void>
  /** How many processes there are that die at once; null for none. */
  #easy: Field | null = null
  /** For each victim that has to come out of the kernel: 0 alive, 1 killed, 2 gone. */
  readonly #victims: Field[] = []
  readonly #outOfMemory: Operation

  /** @param freePages gives a page back. */
  constructor(machine: Machine, name: string, freePages: () => Steps<void>) {
    this.#machine = machine
    this.#freePages = freePages
    const object = machine.object(name)
    this.object = object
    this.#outOfMemory = new KernelOperation({
      name: 'out_of_memory',
      object,
      wakes: true,
      results: ['nobody to kill', 'killed', 'a victim is dying'],
      attempt: (row) => {
        if (this.#victims.some((each) => each.get(row) === 1)) return 2
        const easy = this.#easy?.get(row) ?? 0
        if (easy > 0) {
          this.#easy?.set(row, easy - 1)
          return 1
        }
        const next = this.#victims.find((each) => each.get(row) === 0)
        next?.set(row, 1)
        return next === undefined ? 0 : 2
      },
    })
  }

  /**
   * Kills a process, if there is one left to kill and no other victim is dying.
   * @returns true if one was killed or is dying, so that there is something to wait for.
   */
  *outOfMemory(): Steps<boolean> {
    const result = yield* this.#outOfMemory
    if (result === 1) yield* this.#freePages()
    return result !== 0
  }

  /** Adds processes that die at once, for a page each. */
  addEasy(count: number): void {
    this.#easy = this.#machine.field(this.object, 'victims', count)
  }

  /** Adds a process that frees a page once it has come out of the kernel. @param exit what it has to do until then. */
  add(name: string, exit: () => Steps<unknown>, kthread: StartKthread): void {
    const { object } = this
    const state = this.#machine.field(object, `state of ${name}`)
    this.#victims.push(state)
    const killed = new KernelOperation({
      name: 'get_signal',
      object,
      operands: [this.#victims.length],
      attempt: (row) => (state.get(row) === 1 ? 0 : BLOCKED),
    })
    const gone = new KernelOperation({
      name: 'exit_mm',
      object,
      operands: [this.#victims.length],
      wakes: true,
      attempt: (row) => {
        state.set(row, 2)
        return 0
      },
    })
    const free = this.#freePages
    kthread(name, function* () {
      yield* killed
      yield* exit()
      yield* free()
      yield* gone
    })
  }
}
