/** Task: a process or kernel thread of the machine: what it does, its scopes, and its memory. */
import { type MemCgroup, type Mempolicy, PF, type TaskFlags } from '@scopemask/allocator'
import { CpuTask, type LiveSteps } from '@scopemask/checker/live'
import { Task as CoreTask } from '@scopemask/core/task'
import { AllocLatency } from './measure/alloc-latency.js'
import { Delays } from './measure/delays.js'

export class Task extends CpuTask {
  /** Its memalloc scopes: every allocation is filtered by them. */
  readonly context: CoreTask<'PF'>
  /** From which nodes its pages come; null for its own node, and others when that has none. */
  mempolicy: Mempolicy | null = null
  /** The OOM killer has chosen it: it dies where it can. */
  killed = false
  /** The memory cgroup that what it asks for is charged to; null for the root of all, which has no limits. */
  cgroup: MemCgroup | null = null
  /** What it is worth to the OOM killer (oom_score_adj): -1000 to 1000, -1000 for never. */
  oomScoreAdj = 0
  /** Its memory has been given back, or cannot be had: the OOM killer looks for another one (MMF_OOM_SKIP). */
  oomSkip = false
  /** The OOM reaper has taken its memory: it can touch none any more (MMF_UNSTABLE). */
  reaped = false
  /** It holds its mmap_lock for writing: its memory is being mapped. */
  mmapLocked = false
  /** Pages of its own, in the order of their addresses; -1 where there is none yet, and less where it is in swap space. */
  anon: Int32Array = new Int32Array(0)
  /** How many of them there are. */
  rss = 0
  /** How many of its pages are in swap space. */
  swapped = 0
  /** Since when its reclaims have freed nothing, on the clock, and how many in a row; -1 while they free something. */
  vainSince = -1
  vain = 0
  /** It is kept from going on by the lack of memory (task->in_memstall): see Psi. */
  memstall = false
  /** Since when, on the clock, it has been what it is: running, runnable, or asleep. */
  stateSince = 0
  readonly delays = new Delays()
  readonly allocLatency = new AllocLatency()

  constructor(name: string, flags: TaskFlags, steps: (task: Task) => Pick<LiveSteps, 'next'>) {
    super(name, nothing())
    this.context = new CoreTask(PF, { name, mask: flags })
    this.steps = steps(this)
  }
}

function* nothing(): LiveSteps {}
