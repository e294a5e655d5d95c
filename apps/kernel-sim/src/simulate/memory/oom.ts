/** OOM: the killer (mm/oom_kill.c, 6.1): the task with the most pages dies, and frees them. */
import {
  __GFP_FS,
  memInfo,
  type OomReportTask,
  oomReport,
  type PageAllocator,
  type VmCounters,
} from '@scopemask/allocator'
import type { Clock } from '@scopemask/checker/live'
import type { Task } from '../task.js'
import type { Owners, PageOwner } from './owners.js'
import type { ZramSwap } from './zram-swap.js'

/** Where the numbers of programs begin: below are kernel threads. */
const FIRST_PID = 100

/** TASK_COMM_LEN, without the end. */
const COMM = 15

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
  /** Times that it was not asked, since the request may not enter the filesystem (out_of_memory). */
  refused = 0
  /** What its report tells of memory. */
  counters: () => VmCounters = () => this.#memory.counters()
  /** Who needs memory. */
  #invoker: Task | null = null
  readonly #memory: PageAllocator
  readonly #owners: Owners
  readonly #clock: Clock
  readonly #log: (text: string) => void
  readonly #swap: ZramSwap | null
  /** Those with memory of their own, by their owner numbers. */
  readonly #tasks = new Map<Task, number>()

  constructor(parts: {
    readonly memory: PageAllocator
    readonly owners: Owners
    readonly clock: Clock
    readonly log: (text: string) => void
    readonly swap: ZramSwap | null
  }) {
    this.#swap = parts.swap
    this.#memory = parts.memory
    this.#owners = parts.owners
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /** The number of a task among the owners of pages. From now on it can be killed. */
  owner(task: Task): number {
    const known = this.#tasks.get(task)
    if (known !== undefined) return known
    const number = this.#owners.add(new Program(task, this.#swap))
    this.#tasks.set(task, number)
    return number
  }

  /** A task can get no memory: it is about to be decided whether somebody is killed for it. @param gfp as its scopes leave it */
  asked(task: Task, gfp: number): void {
    if ((gfp & __GFP_FS) === 0) this.refused++
    this.#invoker = task
  }

  /** Kills the task with the most pages (oom_badness: in memory and in swap space). Returns true if there was one. */
  kill(gfp: number, order: number): boolean {
    let victim: Task | null = null
    const mask = this.#invoker?.mempolicy?.nodemask(gfp, this.#memory.zones)
    for (const task of this.#tasks.keys()) {
      if (!mayHaveMemoryOn(task, mask)) continue
      // One that is dying frees memory soon: nobody else is killed meanwhile.
      if (task.killed && task.rss > 0) return true
      if (task.rss > 0 && (victim === null || points(task) > points(victim))) victim = task
    }
    if (victim === null) return false
    this.kills.push({ at: this.#clock.now, victim: victim.name, rss: victim.rss })
    const programs = [...this.#tasks.keys()].map((task, index): OomReportTask => {
      const { name, anon, rss } = task
      const pid = FIRST_PID + index
      const isVictim = task === victim
      return { pid, name, pages: anon.length, rss, swapEntries: task.swapped, isVictim }
    })
    const invoker = this.#invoker ?? victim
    const pid = programs.find(({ name }) => name === invoker.name)?.pid ?? 0
    this.#log(
      oomReport({
        invoker,
        stack: [
          `CPU: ${invoker.cpu} PID: ${pid} Comm: ${invoker.name.slice(0, COMM)} Not tainted 6.1.192 #1`,
          'Hardware name: kernel-sim',
        ],
        gfp,
        order,
        tasks: programs.filter(({ isVictim, rss }) => isVictim || rss > 0),
        memInfo: memInfo(this.#memory.zones, this.counters(), invoker.cpu),
      }),
    )
    victim.killed = true
    return true
  }
}

/** Returns false if the policy of a task has bound it to other nodes than those that memory is needed on (mempolicy_in_oom_domain). */
function mayHaveMemoryOn({ mempolicy }: Task, mask: number | undefined): boolean {
  return mask === undefined || mempolicy?.mode !== 'bind' || (mempolicy.nodes & mask) !== 0
}

/** What a task's death would free. */
function points({ rss, swapped }: Task): number {
  return rss + swapped
}

/** The pages of a program. Without swap reclaim never takes any. */
class Program implements PageOwner {
  readonly #task: Task
  readonly #swap: ZramSwap | null

  constructor(task: Task, swap: ZramSwap | null) {
    this.#task = task
    this.#swap = swap
  }

  lose(page: number, index: number, shadow: number): void {
    this.#task.anon[index] = this.#swap?.lost(page, shadow) ?? -1
    this.#task.rss--
    if (this.#swap !== null) this.#task.swapped++
  }

  move(_from: number, to: number, index: number): boolean {
    this.#task.anon[index] = to
    return true
  }

  locked(): boolean {
    return false
  }

  release(): boolean {
    return true
  }
}
