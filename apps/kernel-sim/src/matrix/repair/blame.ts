/**
 * Blame: what could have changed a schedule that ends in a deadlock. Every set of interventions that prevents it has one of
 * these parts; with any others alone the same steps lead to the same end.
 *
 * Why that holds. A scope changes what a task does only where an allocation enters reclaim with a flag that the scope takes
 * away; so for each such entry all places are noted whose scope is open there: those around the task, those
 * that came with the item or with a fork, those of who waits under inherit-on-wait. Where nothing comes with the item, conveying is noted itself.
 * A rescuer that has nothing to do waits, and does not stand in the way of others; so it changes only an end in
 * which an item of its queue is pending. A queue of an item's own changes when items become active, what a rescuer takes, and
 * with a rescuer of its own an end in which the item is pending. Under separate-queues a scope decides which queue an item goes to: there the places around whoever queues are noted too.
 */
import { __GFP_FS, __GFP_IO } from '@scopemask/allocator'
import type { Row } from '@scopemask/checker/machine'
import { Execution, type MicroStep, type Program } from '@scopemask/checker/search'
import type { ScopePlace } from '../../kernel/intervention.js'
import { ALLOCATION, pathOf, RECLAIM } from '../../kernel/role.js'
import type { BuiltSubject } from '../subject.js'
import type { Part, PartSet, Place } from './part.js'

/** What was around a task at some moment. */
interface Around {
  readonly places: readonly Place[]
  readonly isRestricted: boolean
}

/**
 * The parts of which one at least is needed to prevent a deadlock.
 * @param subject with the interventions of `set`.
 * @param schedule the way to it.
 */
export function blame(
  subject: BuiltSubject,
  programs: readonly Program[],
  schedule: readonly MicroStep[],
  set: PartSet,
): Part[] {
  const observer = new Observer(subject, programs, set)
  for (const { task, outcome } of schedule) observer.step(task, outcome)
  observer.end()
  return [...observer.parts.values()]
}

class Observer {
  /** What was found, in the order in which it was. */
  readonly parts = new Map<string, Part>()
  readonly #subject: BuiltSubject
  readonly #set: PartSet
  readonly #execution: Execution
  /** What was around whoever queued an item, by the item: of the one that is pending, and of the run that is under way. */
  readonly #queued = new Map<number, Around>()
  readonly #running = new Map<number, Around>()
  /** What a process has from its parent, by task. */
  readonly #inherited = new Map<number, Around>()
  /** The items that were put on a queue, and the queues on which one had to wait for others. */
  readonly #users = new Map<number, Set<number>>()
  readonly #crowded = new Set<number>()

  constructor(subject: BuiltSubject, programs: readonly Program[], set: PartSet) {
    this.#subject = subject
    this.#set = set
    this.#execution = new Execution(subject.machine, programs)
  }

  /** Lets a task do a step, and looks at what it did. */
  step(task: number, outcome: number): void {
    const execution = this.#execution
    const { situations } = this.#subject
    const before = execution.row
    const reclaims = this.#reclaims(task)
    // The step may make fields wider, after which this row cannot be read any more: what held before is read before.
    const around: Around = {
      places: this.#around(before, task),
      isRestricted: situations.isRestricted(before, task),
    }
    const items = situations.items(before)
    const forked = situations.forked(before)
    execution.step(task, outcome)
    const { row } = execution
    for (const child of situations.forked(row)) {
      if (!forked.includes(child)) this.#inherited.set(child, around)
    }
    for (const [at, item] of situations.items(row).entries()) {
      const work = item.work.kin
      const old = items[at]
      if (item.isPending && !old?.isPending) this.#queue(item.queue?.kin ?? -1, work, around)
      if (item.isInactive && item.queue) this.#crowded.add(item.queue.kin)
      if (item.runsFrom && !old?.runsFrom) {
        this.#running.set(work, this.#queued.get(work) ?? around)
        if (situations.isRescuer(task)) this.#add({ kind: 'own-queue', work }, 1)
      }
    }
    const now = this.#reclaims(task)
    const entered = now[0]
    if (now.length > reclaims.length && entered !== undefined) {
      this.#request(row, task, entered)
    }
  }

  /** Looks at where it ended. */
  end(): void {
    for (const item of this.#subject.situations.items(this.#execution.row)) {
      const { work, queue, isPending, lacksRescuer } = item
      if (!isPending || queue === null) continue
      if (lacksRescuer) this.#add({ kind: 'rescuer', queue: queue.kin }, 1)
      this.#add({ kind: 'own-queue', work: work.kin }, 2)
    }
    for (const queue of this.#crowded) {
      for (const work of this.#users.get(queue) ?? []) this.#add({ kind: 'own-queue', work }, 1)
    }
  }

  #queue(queue: number, work: number, around: Around): void {
    this.#queued.set(work, around)
    const users = this.#users.get(queue) ?? new Set()
    this.#users.set(queue, users.add(work))
    if (this.#subject.policy.separateQueues && !around.isRestricted) {
      for (const place of around.places) this.#add(place, 1)
    }
  }

  /** The requests with which a task is in reclaim, the latest first. */
  #reclaims(task: number): { gfp: number; path: ScopePlace | null }[] {
    const frames = this.#execution.stack(task).map(({ node }) => node.automaton)
    return frames.flatMap(({ procedure, args }, depth) => {
      if (procedure.role !== RECLAIM) return []
      const callers = frames.slice(depth + 1).map((frame) => frame.procedure)
      const at = callers.findIndex(({ role }) => role === ALLOCATION)
      const path: ScopePlace | null =
        at < 0 ? null : { kind: 'allocation', path: pathOf(callers.slice(at + 1)) }
      return [{ gfp: Number(args[0]), path }]
    })
  }

  /** Notes whatever could take a flag from a request that has entered reclaim. */
  #request(row: Row, task: number, { gfp, path }: { gfp: number; path: ScopePlace | null }): void {
    const { situations } = this.#subject
    const flags = gfp & situations.memory.dependsOn
    // What a thread that works for everybody, such as kthreadd, allocates for itself is nobody's to restrict.
    const isCommon = situations.serves(task) && situations.of(row, task).work === null
    if (flags === 0 || path === null || isCommon) return
    const strength = (flags & __GFP_FS) !== 0 ? 1 : (flags & __GFP_IO) !== 0 ? 2 : 0
    for (const place of [path, ...this.#around(row, task)]) this.#add(place, strength)
  }

  /** The places whose scopes are open for a task, or would be. */
  #around(row: Row, task: number, seen: readonly number[] = []): Place[] {
    const { situations, policy } = this.#subject
    const { task: kin, work, locks } = situations.of(row, task)
    const places: Place[] = []
    if (work !== null) places.push({ kind: 'work', work })
    else if (!situations.serves(task)) places.push({ kind: 'task', task: kin })
    if (work !== null || !situations.serves(task)) {
      for (const lock of locks) places.push({ kind: 'section', holder: work ?? kin, lock })
    }
    places.push(...(this.#inherited.get(task)?.places ?? []))
    const submitter = work === null ? undefined : this.#running.get(work)
    if (work !== null && submitter !== undefined) {
      const convey: Place = { kind: 'convey', work }
      const conveys = policy.delegation === 'convey-on-queue' || this.#set.strengthAt(convey) > 0
      if (conveys) places.push(...submitter.places)
      else if (submitter.isRestricted || submitter.places.length > 0) places.push(convey)
    }
    for (const waiter of situations.waitersOf(row, task)) {
      if (!seen.includes(waiter)) places.push(...this.#around(row, waiter, [...seen, task]))
    }
    return places
  }

  #add(place: Place, needed: number): void {
    const strength = place.kind === 'convey' ? 1 : needed
    if (this.#set.strengthAt(place) >= strength) return
    const part = { place, strength }
    const key = JSON.stringify(part)
    if (!this.parts.has(key)) this.parts.set(key, part)
  }
}
