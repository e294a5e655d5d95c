/**
 * Awaited: whether the task that delegated an item waits for it, as far as a recording shows. It shows the sleeps of tasks
 * inside a scope. A task that sleeps before the item is done, in the same call of the function that queued it, waits
 * for it. A task that sleeps elsewhere before that may wait for it, or for something else.
 */
import { delegatorOn } from '../trace/attribute/queue-functions.js'
import type { SleepEvent } from '../trace/event.js'
import type { Stack } from '../trace/stack.js'
import { Recent } from './recent.js'

/** Where the delegations of one kind are counted. */
export interface AwaitedCounts {
  /** Delegations after which the task slept in its scope before the item was done. */
  slept: number
  /** Of these: in the same call of the function that queued it. */
  waited: number
  /** The tasks that waited so, as far as they are kept. */
  readonly waiters: Set<number>
}

/** How many tasks that wait for items of one kind are told apart. */
const WAITERS = 1 << 10

/** A delegation that its task may wait for. */
export interface Awaited {
  /** To be set when the item is done. */
  done: boolean
  /** When the task began to wait for it, in ns; undefined where it was not seen to. */
  readonly waitedAt: number | undefined
}

interface Entry extends Awaited {
  readonly stack: Stack
  readonly counts: AwaitedCounts
  slept: boolean
  waited: boolean
  waitedAt: number | undefined
}

/** How many tasks, and how many items of each, are followed at the same time. */
const TASKS = 1 << 14
const ITEMS = 64

export class AwaitedAudit {
  readonly #byTask = new Recent<number, Entry[]>(TASKS)

  /** A task delegates an item. */
  delegated(pid: number, stack: Stack, counts: AwaitedCounts): Awaited {
    const entry: Entry = {
      stack,
      counts,
      done: false,
      slept: false,
      waited: false,
      waitedAt: undefined,
    }
    const entries = (this.#byTask.get(pid) ?? []).filter(({ done }) => !done)
    if (entries.length === ITEMS) entries.shift()
    entries.push(entry)
    this.#byTask.set(pid, entries)
    return entry
  }

  /** A task goes to sleep. */
  sleep({ pid, stack, time }: SleepEvent): void {
    const entries = this.#byTask.get(pid)
    if (entries === undefined || stack === undefined) return
    for (const entry of entries) {
      if (entry.done) continue
      if (!entry.slept) entry.counts.slept++
      entry.slept = true
      if (entry.waited || !stack.isInside(entry.stack, delegatorOn(entry.stack.functions))) continue
      entry.waited = true
      entry.waitedAt = time
      entry.counts.waited++
      if (entry.counts.waiters.size < WAITERS) entry.counts.waiters.add(pid)
    }
  }

  /** A new recording begins. */
  restart(): void {
    this.#byTask.clear()
  }
}
