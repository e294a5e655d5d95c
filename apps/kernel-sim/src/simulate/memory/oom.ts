/**
 * OOM: the killer (mm/oom_kill.c, out_of_memory, oom_kill_process and __oom_kill_process, 6.1.192): of the machine, and of a memory cgroup
 * at its limit. It kills the task whose death frees most memory, as far as oom_score_adj lets it, or all of its group (memory.oom.group).
 */
import {
  __GFP_FS,
  type MemCgroup,
  memInfo,
  numberList,
  OOM_SCORE_ADJ_MIN,
  type OomDomain,
  oomDomain,
  oomKilledLine,
  oomReport,
  outOfMemory,
  type PageAllocator,
  type VmCounters,
} from '@scopemask/allocator'
import { type Clock, TaskState } from '@scopemask/checker/live'
import type { Task } from '../task.js'
import { cgroupOomInfo } from './cgroup-stat.js'
import type { OomTask, OomTasks } from './oom-tasks.js'
import { Ratelimit } from './ratelimit.js'
import type { ZramSwap } from './zram-swap.js'

/** TASK_COMM_LEN, without the end. */
const COMM = 15

/** A kill. */
export interface Kill {
  /** ns. */
  readonly at: number
  readonly victim: string
  /** Pages of its own. */
  readonly rss: number
  /** The memory cgroup whose limit it was for; it is not there when all memory was short. */
  readonly cgroup?: string
}

/** A request that gets no memory. */
interface Short {
  /** Who asks. */
  readonly invoker: Task | null
  readonly gfp: number
  readonly order: number
  /** The group whose limit is in the way; null when all memory is short. */
  readonly group: MemCgroup | null
  /** A bit for each node that the request is restricted to; by default it is to none. */
  readonly nodemask?: number | undefined
}

export class Oom {
  readonly kills: Kill[] = []
  /** Times that it was not asked, since the request may not enter the filesystem (out_of_memory). */
  refused = 0
  /** What its report tells of memory. */
  counters: () => VmCounters = () => this.#memory.counters()
  /** Somebody is dying: the reaper takes its memory if that takes long. */
  onVictim: ((victim: Task) => void) | null = null
  readonly tasks: OomTasks
  /** When the kernel panicked, since nobody could be killed any more; null as long as it has not. */
  panicked: number | null = null
  /** The programs of the machine, those included that have no memory of their own: as long as one of them could be killed nothing is lost. */
  programs: readonly Task[] = []
  /** Who needs memory, and on which nodes. */
  #invoker: Task | null = null
  #nodemask: number | undefined
  readonly #memory: PageAllocator
  readonly #clock: Clock
  readonly #log: (text: string) => void
  readonly #swap: ZramSwap | null
  /** Kills beyond ten in five seconds have a line each (oom_rs of oom_kill_process). */
  readonly #reports: Ratelimit

  constructor(parts: {
    readonly memory: PageAllocator
    readonly tasks: OomTasks
    readonly clock: Clock
    readonly log: (text: string) => void
    readonly swap: ZramSwap | null
  }) {
    this.#swap = parts.swap
    this.#memory = parts.memory
    this.tasks = parts.tasks
    this.#clock = parts.clock
    this.#log = parts.log
    const { clock, log } = parts
    this.#reports = new Ratelimit({ clock, name: 'oom_kill_process', seconds: 5, burst: 10, log })
  }

  /**
   * A task can get no memory: it is about to be decided whether somebody is killed for it.
   * @param gfp as its scopes leave it
   * @param nodemask the nodes that the request is restricted to, a bit each; by default it is to none
   */
  asked(task: Task, gfp: number, nodemask?: number): void {
    if ((gfp & __GFP_FS) === 0) this.refused++
    this.#invoker = task
    this.#nodemask = nodemask
  }

  /** All memory is short. Returns true if somebody is dying now. */
  kill(gfp: number, order: number): boolean {
    return this.#outOfMemory({
      invoker: this.#invoker,
      gfp,
      order,
      group: null,
      nodemask: this.#nodemask,
    })
  }

  /**
   * A group is at its limit (mem_cgroup_out_of_memory). Unlike all memory's, its killer comes for requests that keep out of the filesystem too.
   * Returns true if somebody is dying now.
   */
  killInGroup(
    invoker: Task,
    group: MemCgroup,
    request: { readonly gfp: number; readonly order: number },
  ): boolean {
    return this.#outOfMemory({ invoker, group, ...request })
  }

  #outOfMemory(short: Short): boolean {
    const { invoker, gfp, group } = short
    const domain = this.#domain(short)
    const candidates = this.tasks.candidates(group, policyMask(short, domain))
    const memcg = group !== null
    const currentDies = memcg && invoker?.killed === true
    const verdict = outOfMemory({
      gfp,
      memcg,
      currentDies,
      tasks: candidates,
      totalPages: domain.totalPages,
    })
    switch (verdict.kind) {
      case 'victim':
        this.#kill(short, { victim: verdict.task, candidates, domain })
        return true
      case 'none':
        if (memcg) this.#nobody(short, { candidates, domain })
        else if (this.#isLost()) this.#panic(short, { candidates, domain })
        // Nobody comes back from a panic: the request goes on until the machine stops.
        return this.panicked !== null
      case 'refused':
      case 'pending':
      case 'self':
        return true
    }
  }

  /** There is nobody to kill: whoever asks gets no memory. */
  #nobody(short: Short, of: { candidates: readonly OomTask[]; domain: OomDomain }): void {
    this.#log(`${this.#report(short, of)}\nOut of memory and no killable processes...`)
  }

  /** Returns true if the machine has programs, none of which may be killed. While it boots there are none. */
  #isLost(): boolean {
    return this.programs.length > 0 && !this.programs.some(isKillable)
  }

  /** Nobody may be killed, now or later: the allocator would try for ever (out_of_memory). A machine ends with that. */
  #panic(short: Short, of: { candidates: readonly OomTask[]; domain: OomDomain }): void {
    if (this.panicked !== null) return
    this.#nobody(short, of)
    this.#log('Kernel panic - not syncing: System is deadlocked on memory')
    this.panicked = this.#clock.now
  }

  /** What the request could have had at best: mem_cgroup_get_max for a group, whose pages can go to swap too. */
  #domain({ gfp, group, nodemask }: Short): OomDomain {
    const { zones } = this.#memory
    const swap = this.#swap?.space.pages ?? 0
    const pages = new Array<number>(zones.nodes).fill(0)
    for (const { node, managed } of zones.all) pages[node] = (pages[node] ?? 0) + managed
    if (group === null) return oomDomain({ gfp, pages, swap, nodemask })
    const swappable = group.swappiness > 0 ? Math.min(group.swap.max, swap) : 0
    return oomDomain({ gfp, pages, swap, memcgMax: group.memory.max + swappable })
  }

  #kill(
    short: Short,
    {
      victim,
      candidates,
      domain,
    }: {
      readonly victim: OomTask
      readonly candidates: readonly OomTask[]
      readonly domain: OomDomain
    },
  ): void {
    if (this.#reports.allows()) this.#log(this.#report(short, { victim, candidates, domain }))
    else this.#log(oomKilledLine(reported(victim, true), short.group?.path))
    this.#dies(short, victim)
    const all = oomGroup(victim.task.cgroup, short.group)
    if (all === null) return
    all.raise('oom_group_kill')
    this.#log(`Tasks in ${all.path} are going to be killed due to memory.oom.group set`)
    for (const member of this.tasks.candidates(all)) {
      if (member.scoreAdj === OOM_SCORE_ADJ_MIN || member.skipped === true) continue
      // The one that has been chosen is still there, and is counted again, as the kernel does.
      this.#log(oomKilledLine(reported(member, true), short.group?.path))
      this.#dies(short, member)
    }
  }

  /** __oom_kill_process, without its line in the log. */
  #dies({ group }: Short, { task }: OomTask): void {
    task.cgroup?.raise('oom_kill')
    if (task.killed) return
    const { name, rss } = task
    const at = this.#clock.now
    this.kills.push({ at, victim: name, rss, ...(group === null ? {} : { cgroup: group.path }) })
    task.killed = true
    this.onVictim?.(task)
  }

  #report(
    short: Short,
    {
      victim,
      candidates,
      domain,
    }: {
      readonly victim?: OomTask
      readonly candidates: readonly OomTask[]
      readonly domain: OomDomain
    },
  ): string {
    const { gfp, order, group } = short
    const invoker = short.invoker ?? victim?.task
    if (invoker === undefined) return ''
    const { name, cpu, oomScoreAdj: scoreAdj } = invoker
    const mask = policyMask(short, domain)
    const memory = this.#memory.zones.all.reduce((nodes, { node }) => nodes | (1 << node), 0)
    return oomReport({
      invoker: { name, scoreAdj },
      stack: [
        `CPU: ${cpu} PID: ${this.tasks.pid(invoker)} Comm: ${name.slice(0, COMM)} Not tainted 6.1.192 #1`,
        'Hardware name: kernel-sim',
      ],
      gfp,
      order,
      tasks: candidates.map((each) => reported(each, each === victim)),
      constraint: domain.constraint,
      memsAllowed: nodesOf(memory),
      ...(mask === undefined ? {} : { nodemask: nodesOf(mask) }),
      ...(group === null
        ? { memInfo: memInfo(this.#memory.zones, this.counters(), cpu) }
        : { memInfo: cgroupOomInfo(group, this.#memory), memcg: group.path }),
      ...(victim?.task.cgroup == null ? {} : { taskMemcg: victim.task.cgroup.path }),
    })
  }
}

/** The nodes that a kill has to free memory on, where the policy of the request has restricted it to some; else undefined. */
function policyMask({ nodemask }: Short, { constraint }: OomDomain): number | undefined {
  return constraint === 'CONSTRAINT_MEMORY_POLICY' ? nodemask : undefined
}

/** Returns true if a program could be killed, now or later. What has ended, or has been reaped in vain, could not. */
function isKillable({ oomScoreAdj, oomSkip, state }: Task): boolean {
  return oomScoreAdj !== OOM_SCORE_ADJ_MIN && !oomSkip && state !== TaskState.DONE
}

/** A set of nodes as the kernel prints it: `0-1`. */
function nodesOf(mask: number): string {
  return numberList(
    Array.from({ length: 32 }, (_, node) => node).filter((node) => (mask & (1 << node)) !== 0),
  )
}

/** A task as the report shows it. */
function reported({ task, ...of }: OomTask, isVictim: boolean) {
  const { name, anon } = task
  return { ...of, name, pages: anon.length, isVictim }
}

/** The group that is killed as a whole: the highest one with memory.oom.group that the victim is in, up to the one at its limit (mem_cgroup_get_oom_group). */
function oomGroup(group: MemCgroup | null, limited: MemCgroup | null): MemCgroup | null {
  let all: MemCgroup | null = null
  for (let each = group; each !== null && each.parent !== null; each = each.parent) {
    if (each.oomGroup) all = each
    if (each === limited) break
  }
  return all
}
