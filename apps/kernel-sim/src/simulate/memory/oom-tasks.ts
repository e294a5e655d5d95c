/** OOM tasks: the programs of a machine as the OOM killer sees them, and their pages as reclaim does. */
import type { MemCgroup, OomCandidate } from '@scopemask/allocator'
import type { Task } from '../task.js'
import type { Owners, PageOwner } from './owners.js'
import type { ZramSwap } from './zram-swap.js'

/** Where the numbers of programs begin: below are kernel threads. */
const FIRST_PID = 100
/** A page table of the lowest level maps so many pages; those above it are four pages. */
const PAGES_PER_TABLE = 512
const UPPER_TABLES = 4

/** A program that may be killed. */
export interface OomTask extends OomCandidate {
  readonly task: Task
  readonly pid: number
  readonly rss: number
  readonly swapEntries: number
  readonly pageTableBytes: number
  readonly scoreAdj: number
}

export class OomTasks {
  readonly #owners: Owners
  readonly #swap: ZramSwap | null
  /** In the order in which they became known: their numbers among the owners of pages, -1 as long as they have had none. */
  readonly #tasks = new Map<Task, number>()
  readonly #pids = new Map<Task, number>()

  constructor(owners: Owners, swap: ZramSwap | null) {
    this.#owners = owners
    this.#swap = swap
  }

  /** From now on a task can be killed. */
  add(task: Task): void {
    if (this.#tasks.has(task)) return
    this.#pids.set(task, FIRST_PID + this.#tasks.size)
    this.#tasks.set(task, -1)
  }

  /** The number of a task among the owners of pages. */
  owner(task: Task): number {
    this.add(task)
    const known = this.#tasks.get(task) ?? -1
    if (known >= 0) return known
    const number = this.#owners.add(new Program(task, this.#swap))
    this.#tasks.set(task, number)
    return number
  }

  /** The number of a process, 0 for one that is no program. */
  pid(task: Task): number {
    return this.#pids.get(task) ?? 0
  }

  /**
   * Those that a kill could help: the tasks of a group and below it; or, for all memory, those that have some. What a program has beside
   * memory of its own, its code and its stack, is not simulated.
   * @param mask the nodes that memory is needed on, a bit each; by default any
   */
  candidates(group: MemCgroup | null, mask?: number): OomTask[] {
    return [...this.#tasks.keys()]
      .filter((task) => isEligible(task, group) && mayHaveMemoryOn(task, mask))
      .map((task) => this.of(task))
  }

  /** A task, as it is now. */
  of(task: Task): OomTask {
    const { rss, swapped, anon } = task
    return {
      task,
      pid: this.pid(task),
      rss,
      swapEntries: swapped,
      pageTableBytes: (Math.ceil(anon.length / PAGES_PER_TABLE) + UPPER_TABLES) * 4096,
      scoreAdj: task.oomScoreAdj,
      isVictim: task.killed,
      skipped: task.oomSkip,
    }
  }
}

function isEligible({ cgroup, rss, swapped }: Task, group: MemCgroup | null): boolean {
  return group === null ? rss + swapped > 0 : cgroup?.isBelow(group) === true
}

/** Returns false if the policy of a task has bound it to other nodes than those that memory is needed on (mempolicy_in_oom_domain). */
function mayHaveMemoryOn({ mempolicy }: Task, mask: number | undefined): boolean {
  return mask === undefined || mempolicy?.mode !== 'bind' || (mempolicy.nodes & mask) !== 0
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
