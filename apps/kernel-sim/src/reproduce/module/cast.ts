/**
 * Cast: who acts in a module. A task of the model is a thread of the module; a work item is an actor whatever worker of the model runs
 * it; a handler runs in a real interrupt. Workers, rescuers and the timers of delayed items are the kernel's own, and so is kthreadd.
 */
import type { MachineObject, Task } from '@scopemask/checker/machine'
import type { Program, StackFrame } from '@scopemask/checker/search'
import { KernelOperation } from '../../kernel/operation.js'
import { ALLOCATION, RECLAIM, roleOf, ShrinkerScan, WorkFunction } from '../../kernel/role.js'
import type { BuiltSubject } from '../../matrix/subject.js'

/** Who acts: as the lines of the protocol name the kinds. */
export type ActorKind = 'task' | 'kthread' | 'work' | 'interrupt' | 'kthreadd'

export interface Actor {
  readonly number: number
  readonly is: ActorKind
  readonly name: string
  /** The task of the model; null for a work item, which any worker runs. */
  readonly task: Task | null
  /** The work item, or what stands for the interrupt. */
  readonly object: MachineObject | null
}

export class Cast {
  readonly actors: readonly Actor[]
  readonly #programs: readonly Program[]
  readonly #byTask = new Map<number, Actor>()
  readonly #byObject = new Map<MachineObject, Actor>()

  constructor({ machine, kernel }: BuiltSubject, programs: readonly Program[]) {
    this.#programs = programs
    const actors: Actor[] = []
    const add = (is: ActorKind, task: Task | null, object: MachineObject | null): void => {
      const actor = { number: actors.length, is, name: `${object ?? task ?? is}`, task, object }
      actors.push(actor)
      if (task !== null) this.#byTask.set(task.index, actor)
      if (object !== null) this.#byObject.set(object, actor)
    }
    for (const task of machine.tasks) {
      if (task === kernel.kthreadd) continue
      const first = this.first(task)
      if (first?.effect?.kind === 'irq_enter') add('interrupt', task, first.object)
      else if (!isOfTheKernel(first)) add(task.daemon ? 'kthread' : 'task', task, null)
    }
    for (const { object } of kernel.workRegistry.works) add('work', null, object)
    const lacksWorkers = kernel.workRegistry.pools.some(({ options }) => options.workers === 0)
    if (kernel.kthreadd !== null || lacksWorkers) add('kthreadd', kernel.kthreadd, null)
    this.actors = actors
  }

  /** The operation with which a task begins. */
  first(task: Task): KernelOperation | null {
    const program = this.#programs[task.index]
    const operation = program?.operations[program.start]
    return operation instanceof KernelOperation ? operation : null
  }

  /** The actor of a work item, or of an interrupt. */
  of(object: MachineObject): Actor | null {
    return this.#byObject.get(object) ?? null
  }

  /**
   * Who acts for a task at a position; null where the kernel itself does: inside of an allocation, or in what workers do between
   * items.
   * @param from how many of the innermost frames to pass over.
   */
  at(task: number, position: number, from = 0): Actor | null {
    const stack = this.#programs[task]?.stack(position) ?? []
    for (const frame of stack.slice(from)) {
      const role = roleOf(frame)
      if (role === ALLOCATION || role === RECLAIM) return null
      if (role instanceof WorkFunction) return this.of(role.work)
      if (role instanceof ShrinkerScan) return this.#outside(task, stack)
    }
    const own = this.#byTask.get(task) ?? null
    return own?.is === 'kthreadd' ? null : own
  }

  /** Who is in reclaim. */
  #outside(task: number, stack: readonly StackFrame[]): Actor | null {
    for (const frame of stack) {
      const role = roleOf(frame)
      if (role instanceof WorkFunction) return this.of(role.work)
    }
    return this.#byTask.get(task) ?? null
  }
}

/** Threads that every kernel has: what they do first tells. */
function isOfTheKernel(first: KernelOperation | null): boolean {
  const kinds = ['worker_thread', 'rescuer_thread', 'delayed_work_timer_fn']
  return first !== null && kinds.includes(first.kind)
}
