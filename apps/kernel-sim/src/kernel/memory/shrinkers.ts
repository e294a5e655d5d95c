/**
 * Shrinkers: what reclaim calls to get memory back (mm/shrinker.c and mm/vmscan.c, Linux 6.12). Reclaim makes passes over them at
 * falling priorities, from DEF_PRIORITY to 0, until one has freed something (do_try_to_free_pages); in a pass a shrinker may be
 * called several times, until it has scanned enough or returns SHRINK_STOP (do_shrink_slab).
 *
 * Thirteen passes would be thirteen times the states of each allocation, and nearly all of them for nothing: a pass that frees nothing
 * leaves its task where it was, so the next one can do what that could and no more. What others do in between they can do before
 * or after as well, and nobody has to move while all thirteen go by. So those count as one that a shrinker cannot tell apart:
 *
 * - The first, at which caches of less than 4096 objects are passed over (`freeable >> priority` is 0).
 * - Those in the middle: reclaim is in trouble and writes (`sc->priority < DEF_PRIORITY - 2`).
 * - The last, which scans all that there is.
 *
 * The second and the third come only when all that were called have said that they freed nothing: by 0 or SHRINK_STOP. A shrinker
 * that returns nothing says nothing of the kind, and is taken to have freed enough.
 */
import type { Machine, Operation, Steps } from '@scopemask/checker/machine'
import { KernelOperation } from '../operation.js'
import { ShrinkerScan } from '../role.js'

/** What a shrinker returns that can make no progress now, such as for fear of a deadlock (include/linux/shrinker.h). */
export const SHRINK_STOP = -1

/** The first priority of reclaim (include/linux/mmzone.h). */
export const DEF_PRIORITY = 12

/** The priorities that stand for all. */
const PRIORITIES = [DEF_PRIORITY, DEF_PRIORITY - 3, 0] as const

/**
 * Frees memory. @param gfp what the request allows. @param priority see above.
 * @returns how many objects it freed, or SHRINK_STOP; or nothing, see above.
 */
export type Scan = (gfp: number, priority: number) => Steps<unknown>

/** What a shrinker may be registered with. */
export interface ShrinkerOptions {
  /** SHRINKER_MEMCG_AWARE: reclaim in a memory cgroup calls it too. By default no. */
  readonly memcgAware?: boolean
}

interface Shrinker {
  /** What a request must allow for it to be called: `__GFP_FS`, `__GFP_IO`, or 0. */
  readonly needs: number
  readonly memcgAware: boolean
  /** True if what it does depends on the request. */
  readonly readsGfp: boolean
  scan(gfp: number, priority: number): Steps<unknown>
  /** Goes on scanning after it has freed something. */
  scanOn(gfp: number, priority: number): Steps<unknown>
}

export class Shrinkers {
  readonly #machine: Machine
  readonly #all: Shrinker[] = []
  /** True if a shrinker that has freed something is called once more in the pass. */
  readonly #batch: Operation = new KernelOperation({
    name: 'do_shrink_slab',
    outcomes: 2,
    results: ['scanned enough', 'scans on'],
    attempt: (_row, _task, outcome) => outcome,
  })

  constructor(machine: Machine) {
    this.#machine = machine
  }

  add(name: string, needs: number, scan: Scan, { memcgAware = false }: ShrinkerOptions): void {
    const procedure = this.#machine.procedure(name, scan, { role: new ShrinkerScan(needs) })
    const readsPriority = scan.length > 1
    const call = (gfp: number, priority: number) =>
      procedure(gfp, readsPriority ? priority : DEF_PRIORITY)
    const batch = this.#batch
    const scanOn = this.#machine.procedure(
      'do_shrink_slab',
      function* (gfp: number, priority: number): Steps<true | undefined> {
        if (!(Number(yield* call(gfp, priority)) > 0)) return true
        return (yield* batch) === 1 ? undefined : true
      },
      { loop: true },
    )
    const readsGfp = scan.length > 0
    this.#all.push({ needs, memcgAware, readsGfp, scan: call, scanOn })
  }

  /** Returns true if every one needs all of these bits of a request. */
  need(bits: number): boolean {
    return this.#all.every(({ needs }) => (needs & bits) === bits)
  }

  /** The bits of a request that decide what they do. @param all the bits that one may look at which is given the request. */
  dependsOn(all: number): number {
    return this.#all.reduce((bits, { needs, readsGfp }) => bits | (readsGfp ? all : needs), 0)
  }

  /**
   * Calls those that a request allows, at falling priorities.
   * @param inMemcg true if memory is reclaimed in a cgroup only.
   * @returns true if something was freed, as far as they say.
   */
  *reclaim(gfp: number, inMemcg: boolean): Steps<boolean> {
    for (const priority of PRIORITIES) {
      const hasFreed = yield* this.#pass(gfp, priority, inMemcg)
      if (hasFreed !== false) return hasFreed === true
    }
    return false
  }

  /** One pass. @returns true if something was freed; null when that is not known, because one called does not say, or none was. */
  *#pass(gfp: number, priority: number, inMemcg: boolean): Steps<boolean | null> {
    let called = 0
    let said = 0
    let freedSome = false
    for (const { needs, memcgAware, scan, scanOn } of this.#all) {
      if ((gfp & needs) !== needs || (inMemcg && !memcgAware)) continue
      const freed = yield* scan(gfp, priority)
      called++
      if (typeof freed !== 'number') continue
      said++
      if (freed <= 0) continue
      freedSome = true
      if ((yield* this.#batch) === 1) yield* scanOn(gfp, priority)
    }
    if (freedSome) return true
    return called > 0 && said === called ? false : null
  }
}
