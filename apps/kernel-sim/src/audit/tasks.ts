/**
 * Tasks: each task of the recorded machine is a context, as in the kernel, and its recorded flags open and close that
 * context's scopes: what changed between two events of a task is a scope that was opened or closed meanwhile.
 */
import {
  PF,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
  type Task,
  type TaskFlags,
} from '@scopemask/allocator/gfp'
import { Task as CoreTask } from '@scopemask/core/task'
import type { TraceEvent } from '../trace/event.js'
import { Recent } from './recent.js'
import { scopeName } from './scope-name.js'

/** How often scopes of one kind were seen to open. */
export interface ScopeFact {
  readonly scope: string
  readonly opened: number
}

export interface TaskFacts {
  /** Tasks seen; a thread id that was given out again counts once. */
  readonly tasks: number
  readonly scopes: readonly ScopeFact[]
}

/** How many tasks are remembered. One that is forgotten starts anew with its next event. */
const LIMIT = 1 << 16

/** What marks a scope, one flag each. */
const SCOPES = [PF_MEMALLOC, PF_MEMALLOC_NOIO, PF_MEMALLOC_NOFS, PF_MEMALLOC_PIN]

export class Tasks {
  readonly #tasks = new Recent<number, Task>(LIMIT)
  readonly #opened = new Map<TaskFlags, number>()
  /** Those of earlier recordings. */
  #before = 0

  /**
   * The task that an event is about, in the scopes that it is in at that moment.
   * Undefined where the recording does not tell.
   */
  at({ pid, cpu, comm, taskFlags, flagsFrom }: TraceEvent): Task | undefined {
    if (pid < 0) return undefined
    // Every CPU has an idle task of its own, and all of them have pid 0.
    const id = pid === 0 ? -1 - cpu : pid
    let task = this.#tasks.get(id)
    if (task === undefined) {
      task = new CoreTask(PF, { name: `${comm}-${pid}` })
      this.#tasks.set(id, task)
    }
    if (taskFlags === undefined) return undefined
    if (task.mask !== (taskFlags | 0)) {
      this.#change(task, PF.from(taskFlags), flagsFrom === 'recorded')
    }
    return task
  }

  /** Another recording begins: its tasks are others. */
  next(): void {
    this.#before += this.#tasks.size
    this.#tasks.clear()
  }

  facts(): TaskFacts {
    return {
      tasks: this.#before + this.#tasks.size + this.#tasks.forgotten,
      scopes: [...this.#opened].map(([flag, opened]) => ({ scope: scopeName(flag), opened })),
    }
  }

  /** @param counts true if what opens is a scope that was seen to open. */
  #change(task: Task, flags: TaskFlags, counts: boolean): void {
    const opened = PF.from(flags & ~task.mask)
    const closed = PF.from(task.mask & ~flags)
    task.save(opened)
    task.restore(closed, PF.mask())
    if (!counts) return
    for (const flag of SCOPES) {
      if (opened & flag) this.#opened.set(flag, (this.#opened.get(flag) ?? 0) + 1)
    }
  }
}
