/**
 * Memory cgroup: a group of tasks whose pages are counted against a limit (mm/memcontrol.c, try_charge_memcg; Linux 6.1 and 6.12 do
 * the same). A request with `__GFP_ACCOUNT` is charged to the group of its task. At the limit it reclaims in the group, with its own gfp, by
 * shrinkers that know of cgroups; that is not `fs_reclaim` to lockdep. Then:
 *
 * - it tries again as long as reclaim frees something;
 * - with `__GFP_NORETRY` or `__GFP_RETRY_MAYFAIL` it gives up;
 * - else it asks the OOM killer of the group, which kills for requests without `__GFP_FS` too, unlike that of the machine
 *   (out_of_memory, is_memcg_oom); with nobody to kill it gives up;
 * - a request that gives up fails, but one with `__GFP_NOFAIL` or `__GFP_HIGH` is charged beyond the limit, and so is one of a task
 *   that frees memory itself (PF_MEMALLOC).
 *
 * So a charge never waits for memory for ever, as an allocation does. The sixteen retries are one round, as the priorities of reclaim
 * are few passes (shrinkers.ts): nobody has to move in between.
 */
import {
  __GFP_HIGH,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  gfpflagsAllowBlocking,
} from '@scopemask/allocator'
import type {
  Field,
  Machine,
  MachineObject,
  Operation,
  Steps,
  Task,
} from '@scopemask/checker/machine'
import { Misuse } from '@scopemask/checker/machine'
import type { Pressure } from '../cause.js'
import { KernelOperation } from '../operation.js'
import type { StartKthread } from '../work/kthread.js'
import { OomKiller } from './oom-killer.js'
import { Sparing, TAKEN } from './sparing.js'

/** What a charge came to. */
const CHARGED = 1
const FAILED = 2

/** What a memory cgroup is made with. */
export interface MemcgOptions {
  /** How many pages may be charged to it. */
  readonly limit: number
  /** How many are charged to it at first. By default none. */
  readonly charged?: number
  /** How many of its processes the OOM killer could kill that die at once, for a page each. By default none. */
  readonly oomVictims?: number
}

/** What cgroups are made with. */
interface Parts {
  readonly machine: Machine
  readonly start: StartKthread
  /** Reclaims in a cgroup. @returns true if something was freed, as far as is known. */
  readonly reclaim: (gfp: number) => Steps<boolean>
}

/** A memory cgroup (struct mem_cgroup). */
export class Memcg {
  /** What stands for it in the machine: for tools that show it. */
  readonly object: MachineObject
  /** How charges meet that it is at its limit. For reports. */
  readonly pressure: Pressure
  readonly #cgroups: Memcgs
  readonly #start: StartKthread
  readonly #oomKiller: OomKiller
  readonly #uncharge: Operation
  readonly #force: Operation
  readonly #tryCharge: (gfp: number) => Steps<number>

  constructor(
    { machine, start, reclaim }: Parts,
    cgroups: Memcgs,
    name: string,
    { limit, charged: initial = 0, oomVictims = 0 }: MemcgOptions,
  ) {
    this.#cgroups = cgroups
    this.#start = start
    const object = machine.object(name)
    this.object = object
    const charged = machine.field(object, 'charged', initial)
    const sparing = new Sparing({
      name: 'page_counter_try_charge',
      object,
      results: ['at the limit', 'charged'],
      take(row) {
        const pages = charged.get(row)
        if (pages >= limit) return false
        charged.set(row, pages + 1)
        return true
      },
    })
    this.pressure = sparing.pressure
    this.#force = new KernelOperation({
      name: 'page_counter_charge',
      object,
      attempt: (row) => {
        charged.set(row, charged.get(row) + 1)
        return 0
      },
    })
    this.#uncharge = new KernelOperation({
      name: 'page_counter_uncharge',
      object,
      wakes: true,
      attempt: (row) => {
        // One that was spared in a search for a cause was never counted.
        charged.set(row, Math.max(0, charged.get(row) - 1))
        return 0
      },
    })
    this.#oomKiller = new OomKiller(machine, `OOM killer of ${name}`, () => this.uncharge())
    this.#oomKiller.addEasy(oomVictims)
    const oomKiller = this.#oomKiller
    this.#tryCharge = machine.procedure(
      'try_charge_memcg',
      function* (gfp: number): Steps<number | undefined> {
        if ((yield* sparing.operation) === TAKEN) return CHARGED
        if (!gfpflagsAllowBlocking(gfp)) return FAILED
        const hasFreed = yield* reclaim(gfp)
        if ((yield* sparing.operation) === TAKEN) return CHARGED
        if ((gfp & __GFP_NORETRY) !== 0) return FAILED
        if (hasFreed) return undefined
        if ((gfp & __GFP_RETRY_MAYFAIL) !== 0) return FAILED
        return (yield* oomKiller.outOfMemory()) ? undefined : FAILED
      },
      { loop: true },
    ) as (gfp: number) => Steps<number>
  }

  /** Says that a task belongs to it. Tasks that belong to none are charged to nobody, as kernel threads are. */
  attach(task: Task): void {
    this.#cgroups.attach(task, this)
  }

  /** Runs a section whose requests with `__GFP_ACCOUNT` are charged to it, whoever runs it (set_active_memcg). */
  *active<R>(section: () => Steps<R>): Steps<R> {
    return yield* this.#cgroups.active(this, section)
  }

  /** Adds a process of it that the OOM killer can kill. @param exit what it has to do before it is gone. By default nothing. */
  oomVictim(name: string, exit: () => Steps<unknown> = function* () {}): void {
    this.#oomKiller.add(name, exit, this.#start)
  }

  /** Gives back a page that was charged to it. */
  *uncharge(): Steps<void> {
    yield* this.#uncharge
  }

  /** Charges a page. @param gfp what the scopes of the task have left of the request. @returns true if it was charged. */
  *charge(gfp: number): Steps<boolean> {
    if ((yield* this.#tryCharge(gfp)) === CHARGED) return true
    if ((gfp & (__GFP_NOFAIL | __GFP_HIGH)) === 0) return false
    yield* this.#force
    return true
  }

  /** Charges a page beyond the limit, if need be: a task that frees memory itself must not wait for memory. */
  *force(): Steps<void> {
    yield* this.#force
  }
}

/** All cgroups, and to which of them each task's requests are charged. */
export class Memcgs {
  readonly all: Memcg[] = []
  readonly #parts: Parts
  readonly #attached = new Map<number, Memcg>()
  /** The cgroup that a task charges instead of its own (task_struct.active_memcg). */
  readonly #active: Field[] = []
  readonly #enters = new Map<number, Operation>()
  /** It is a step of the task alone. */
  readonly #current: Operation

  constructor(parts: Parts) {
    this.#parts = parts
    this.#current = new KernelOperation({
      name: 'get_mem_cgroup_from_current',
      refers: true,
      attempt: (row, task) =>
        this.#active[task]?.get(row) || (this.#attached.get(task)?.object.reference ?? 0),
    })
  }

  make(name: string, options: MemcgOptions): Memcg {
    const { limit } = options
    if (!Number.isInteger(limit) || limit < 0) {
      throw new Misuse(`memory cgroup ${name} has the limit ${limit}: give a whole number of pages`)
    }
    const memcg = new Memcg(this.#parts, this, name, options)
    this.all.push(memcg)
    return memcg
  }

  /** The cgroup to which the running task's requests are charged; null for none. */
  *current(): Steps<Memcg | null> {
    const reference = yield* this.#current
    return this.all.find(({ object }) => object.reference === reference) ?? null
  }

  attach(task: Task, memcg: Memcg): void {
    this.#attached.set(task.index, memcg)
  }

  *active<R>(memcg: Memcg, section: () => Steps<R>): Steps<R> {
    const before = yield* this.#setActive(memcg.object.reference)
    const result = yield* section()
    yield* this.#setActive(before)
    return result
  }

  /** Gives each task its field, once all are known. */
  grow(): void {
    if (this.all.length === 0) return
    for (const task of this.#parts.machine.tasks) {
      this.#active.push(this.#parts.machine.reference(task, 'active_memcg'))
    }
  }

  #setActive(reference: number): Operation {
    let operation = this.#enters.get(reference)
    if (operation === undefined) {
      operation = new KernelOperation({
        name: 'set_active_memcg',
        operands: this.all.flatMap(({ object }) =>
          object.reference === reference ? [object] : [],
        ),
        refers: true,
        attempt: (row, task) => {
          const before = this.#active[task]?.get(row) ?? 0
          this.#active[task]?.set(row, reference)
          return before
        },
      })
      this.#enters.set(reference, operation)
    }
    return operation
  }
}
