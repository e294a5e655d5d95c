/** OOM: the killer (mm/oom_kill.c, 6.1): the task with the most pages dies, and frees them. */
import { memInfo, type PageAllocator } from '@scopemask/allocator'
import type { Clock } from '@scopemask/checker/live'
import type { Task } from '../task.js'
import type { Owners, PageOwner } from './owners.js'

/** A kill. */
export interface Kill {
  /** ns. */
  readonly at: number
  readonly victim: string
  /** Pages of its own. */
  readonly rss: number
}

export class Oom {
  readonly kills: Kill[] = []
  readonly #memory: PageAllocator
  readonly #owners: Owners
  readonly #clock: Clock
  readonly #log: (text: string) => void
  /** Those with memory of their own, by their owner numbers. */
  readonly #tasks = new Map<Task, number>()

  constructor(parts: {
    readonly memory: PageAllocator
    readonly owners: Owners
    readonly clock: Clock
    readonly log: (text: string) => void
  }) {
    this.#memory = parts.memory
    this.#owners = parts.owners
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /** The number of a task among the owners of pages. From now on it can be killed. */
  owner(task: Task): number {
    const known = this.#tasks.get(task)
    if (known !== undefined) return known
    const number = this.#owners.add(new Program(task))
    this.#tasks.set(task, number)
    return number
  }

  /** Kills the task with the most pages (oom_badness: rss; there is no swap). Returns whether there was one. */
  kill(gfp: number, order: number): boolean {
    let victim: Task | null = null
    for (const task of this.#tasks.keys()) {
      // One that is dying frees memory soon: nobody else is killed meanwhile.
      if (task.killed && task.rss > 0) return true
      if (task.rss > 0 && (victim === null || task.rss > victim.rss)) victim = task
    }
    if (victim === null) return false
    const memory = this.#memory
    this.kills.push({ at: this.#clock.now, victim: victim.name, rss: victim.rss })
    this.#log(
      `${victim.name} invoked oom-killer: gfp_mask=0x${gfp.toString(16)}, order=${order}\n` +
        `${memInfo(memory.zones, memory.counters(), 0)}\n` +
        `Out of memory: Killed process (${victim.name}) anon-rss:${victim.rss * 4}kB`,
    )
    victim.killed = true
    return true
  }
}

/** The pages of a program. Without swap reclaim never takes any. */
class Program implements PageOwner {
  readonly #task: Task

  constructor(task: Task) {
    this.#task = task
  }

  lose(_page: number, index: number): void {
    this.#task.anon[index] = -1
    this.#task.rss--
  }

  locked(): boolean {
    return false
  }

  release(): boolean {
    return true
  }
}
