/**
 * Stuck: workloads that get nowhere: they have waited for very long, or reclaim again and again and free nothing. Each is explained by
 * what it waits for, and by what that waits for; when that leads back to where it began, nobody in the circle will ever go on.
 */
import { __GFP_FS, currentGfpContext, GFP_KERNEL } from '@scopemask/allocator'
import { TaskState } from '@scopemask/checker/live'
import { WaitReason } from '../sched/wait-reason.js'
import type { Task } from '../task.js'
import { SECOND } from '../time.js'

/** A workload that gets nowhere. */
export interface Stuck {
  readonly task: string
  /** ns since the run began. */
  readonly since: number
  /** What it waits for, and what that waits for: a sentence each. */
  readonly chain: readonly string[]
  /** The names of those who wait for each other; empty when that is not so. */
  readonly circle: readonly string[]
  /** It reclaims in vain, and the OOM killer is refused to it: its scopes keep it out of the filesystem. */
  readonly refused: boolean
}

/** Of what is looked at: a machine. */
export interface Stopped {
  readonly clock: { readonly now: number }
  readonly began: number
  readonly tasks: readonly Task[]
  readonly vm: {
    readonly kswapd: readonly { readonly task: Task }[]
    readonly oom: { readonly refused: number }
  }
  readonly writeback: { readonly task: Task }
  readonly journal: { readonly task: Task; readonly holders: readonly Task[] }
  readonly disk: { readonly inFlight: number; readonly lastDone: number }
}

/** Who waits in a circle, or reclaims in vain, for so long gets nowhere: a vain reclaim takes less than a millisecond. */
const SURE = SECOND
/** So does who waits for so long for a disk that has finished nothing meanwhile. */
const STILL = 5 * SECOND
/** Others may get on one day: what the kernel itself takes to be hung (sysctl_hung_task_timeout_secs). */
const HUNG = 120 * SECOND

/** Who of the workloads gets nowhere. */
export function stuckOf(machine: Stopped): Stuck[] {
  return machine.tasks.flatMap((task) => {
    if (task.state === TaskState.DONE) return []
    return vain(machine, task) ?? waiting(machine, task) ?? []
  })
}

function vain({ clock, began, vm }: Stopped, task: Task): Stuck | null {
  const { vainSince, name } = task
  if (vainSince < 0 || clock.now - vainSince < SURE) return null
  const isLimited = isAtLimit(task)
  const isRefused =
    !isLimited && (currentGfpContext(task.context.mask, GFP_KERNEL) & __GFP_FS) === 0
  const why = isRefused
    ? 'the OOM killer is refused to requests that must keep out of the filesystem, and its scope makes all of its requests so'
    : isLimited
      ? 'its memory cgroup is at its limit, and none of its tasks may be killed'
      : 'nobody is killed for it'
  const refused = isRefused && vm.oom.refused > 0
  return {
    task: name,
    since: vainSince - began,
    chain: [
      `it has reclaimed ${task.vain} times and freed nothing`,
      refused || !isRefused ? why : 'there is nothing that could be reclaimed',
    ],
    circle: [],
    refused,
  }
}

/** A memory cgroup that the task is in, or one above, has no room left. */
function isAtLimit({ cgroup }: Task): boolean {
  for (let each = cgroup; each !== null; each = each.parent) {
    if (each.memory.margin === 0) return true
  }
  return false
}

function waiting(machine: Stopped, task: Task): Stuck | null {
  const { clock, began, disk } = machine
  if (task.state !== TaskState.WAITING || task.reason === WaitReason.NONE) return null
  const chain: string[] = []
  let circle: string[] = []
  const met: Task[] = []
  for (let at: Task | null = task; at !== null; ) {
    met.push(at)
    const { what, who } = waitsFor(machine, at)
    chain.push(`${at.name} waits for ${what}`)
    const again: number = who === null ? -1 : met.indexOf(who)
    if (again >= 0) circle = names(met.slice(again))
    at = again >= 0 ? null : who
  }
  const still = Math.min(clock.now - disk.lastDone, clock.now - task.stateSince)
  const patience = circle.length > 0 ? SURE : still >= STILL ? STILL : HUNG
  if (clock.now - task.stateSince < patience) return null
  return { task: task.name, since: task.stateSince - began, chain, circle, refused: false }
}

function names(tasks: readonly Task[]): string[] {
  return tasks.map(({ name }) => name)
}

/** What a task waits for, and who would have to go on for that; null for nobody. */
function waitsFor(
  { journal, writeback, vm, disk, began }: Stopped,
  task: Task,
): { readonly what: string; readonly who: Task | null } {
  switch (task.reason as WaitReason) {
    case WaitReason.JOURNAL: {
      if (task !== journal.task)
        return { what: `${journal.task.name} to commit`, who: journal.task }
      const [holder] = journal.holders
      if (holder === undefined) return { what: 'work', who: null }
      return { what: `the handle of ${holder.name}`, who: holder }
    }
    case WaitReason.DIRTY:
      return { what: `${writeback.task.name} to write what is dirty`, who: writeback.task }
    case WaitReason.THROTTLE: {
      const kswapd = vm.kswapd[0]?.task ?? null
      return { what: `${kswapd?.name ?? 'reclaim'} to free memory`, who: kswapd }
    }
    case WaitReason.LOCK:
      return { what: 'a lock', who: null }
    case WaitReason.NONE:
      return { what: 'nothing: it sleeps', who: null }
    default: {
      if (disk.inFlight === 0) return { what: 'a disk that has nothing to do', who: null }
      const last = ((disk.lastDone - began) / SECOND).toFixed(2)
      return {
        what: `the disk, which has ${disk.inFlight} requests and has finished none since ${last} s`,
        who: null,
      }
    }
  }
}
