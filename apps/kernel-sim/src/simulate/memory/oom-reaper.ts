/**
 * OOM reaper: the kernel thread that takes the memory of a victim that does not die within two seconds, since it waits for a lock or for the
 * disk (mm/oom_kill.c, queue_oom_reaper, oom_reap_task and oom_reap_task_mm, 6.1.192). It tries for the victim's mmap_lock ten times; then it
 * gives up, and another victim may be chosen. The thread is made when it is first needed.
 */
import { oomReap, PF, type ReapStep } from '@scopemask/allocator'
import { type Clock, type Cpus, type LiveSteps, TaskState, WAIT } from '@scopemask/checker/live'
import { WaitReason } from '../sched/wait-reason.js'
import { Task } from '../task.js'
import { jiffiesFrom } from '../time.js'

/** TASK_COMM_LEN, without the end. */
const COMM = 15

/** A victim, and how far the reaper is with it. */
interface Reaping {
  readonly victim: Task
  readonly steps: Generator<ReapStep, boolean, boolean>
}

export class OomReaper {
  /** How often it has tried for a victim's mmap_lock, and how many victims it has reaped, or given up. */
  attempts = 0
  reaped = 0
  givenUp = 0
  #task: Task | null = null
  #resting = false
  readonly #queue: Reaping[] = []
  readonly #clock: Clock
  readonly #cpus: Cpus
  readonly #log: (text: string) => void
  readonly #pid: (task: Task) => number
  readonly #take: (victim: Task) => LiveSteps

  constructor(parts: {
    readonly clock: Clock
    readonly cpus: Cpus
    readonly log: (text: string) => void
    readonly pid: (task: Task) => number
    /** Takes the pages of a victim. */
    readonly take: (victim: Task) => LiveSteps
  }) {
    this.#clock = parts.clock
    this.#cpus = parts.cpus
    this.#log = parts.log
    this.#pid = parts.pid
    this.#take = parts.take
  }

  /** Somebody is dying: if that takes too long, its memory is taken. */
  queue(victim: Task): void {
    const steps = oomReap()
    const first = steps.next()
    if (first.done === true || first.value.kind !== 'sleep') return
    this.#clock.at(jiffiesFrom(this.#clock.now, first.value.jiffies), () => {
      if (hasExited(victim)) return
      this.#queue.push({ victim, steps })
      this.#wake()
    })
  }

  #wake(): void {
    if (this.#task === null) {
      this.#task = new Task('oom_reaper', PF.mask('KTHREAD'), (task) => this.#run(task))
      this.#cpus.start(this.#task)
    } else if (this.#resting) {
      this.#resting = false
      this.#cpus.wake(this.#task)
    }
  }

  *#run(task: Task): LiveSteps {
    for (;;) {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        yield* this.#reap(task, next)
      }
      this.#resting = true
      yield WAIT
      this.#resting = false
    }
  }

  *#reap(task: Task, { victim, steps }: Reaping): LiveSteps {
    const named = `${this.#pid(victim)} (${victim.name.slice(0, COMM)})`
    let step = steps.next(hasExited(victim))
    while (!step.done) {
      if (step.value.kind === 'sleep') {
        yield* this.#sleep(task, step.value.jiffies)
        step = steps.next(hasExited(victim))
        continue
      }
      this.attempts++
      step = steps.next(yield* this.#attempt(victim, named))
    }
    if (!step.value) {
      this.givenUp++
      this.#log(`oom_reaper: unable to reap pid:${named}`)
    }
    victim.oomSkip = true
  }

  /** oom_reap_task_mm. Returns false if the mmap_lock cannot be had at once. */
  *#attempt(victim: Task, named: string): LiveSteps<boolean> {
    if (hasExited(victim)) return true
    if (victim.mmapLocked) return false
    yield* this.#take(victim)
    this.reaped++
    this.#log(
      `oom_reaper: reaped process ${named}, now anon-rss:${victim.rss * 4}kB, file-rss:0kB, shmem-rss:0kB`,
    )
    return true
  }

  *#sleep(task: Task, jiffies: number): LiveSteps {
    this.#clock.at(jiffiesFrom(this.#clock.now, jiffies), () => this.#cpus.wake(task))
    task.reason = WaitReason.NONE
    yield WAIT
  }
}

/** It has given its memory back by itself. */
function hasExited({ oomSkip, state }: Task): boolean {
  return oomSkip || state === TaskState.DONE
}
