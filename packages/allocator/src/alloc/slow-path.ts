/**
 * Slow path: what a request does when the free lists have nothing for it (mm/page_alloc.c, __alloc_pages_slowpath, 6.1.192): it wakes
 * kswapd, reclaims, compacts, lets somebody be killed, and tries again as long as there is hope.
 */

import {
  COMPACT_DEFERRED,
  COMPACT_PRIO_ASYNC,
  COMPACT_PRIO_SYNC_LIGHT,
  COMPACT_SKIPPED,
} from '../compaction/compact-result.js'
import {
  ALLOC_CPUSET,
  ALLOC_KSWAPD,
  ALLOC_MIN_RESERVE,
  ALLOC_NO_WATERMARKS,
  ALLOC_NOFRAGMENT,
  ALLOC_OOM,
  ALLOC_WMARK_HIGH,
  gfpPfmemallocFlags,
  gfpToAllocFlags,
  gfpToAllocFlagsCma,
} from '../gfp/alloc-flags.js'
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_HARDWALL,
  __GFP_IO,
  __GFP_NOFAIL,
  __GFP_NOMEMALLOC,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RETRY_MAYFAIL,
  __GFP_THISNODE,
} from '../gfp/flags.js'
import { linux6_1 } from '../gfp/kernels.js'
import { MIGRATE_MOVABLE } from '../gfp/migratetype.js'
import { gfpCompactionAllowed } from '../gfp/predicates.js'
import type { AllocContext } from '../gfp/prepare.js'
import { ZONE_NORMAL } from '../gfp/zone.js'
import { type AllocatorRules, RULES_6_1 } from '../pages/allocator-rules.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { PAGE_ALLOC_COSTLY_ORDER } from '../pages/per-cpu-pages.js'
import { PF, PF_MEMALLOC } from '../task/flags.js'
import { memallocNoreclaimRestore, memallocNoreclaimSave, type Task } from '../task/memalloc.js'
import { preferredZone } from './preferred-zone.js'
import type { AllocRequest } from './request.js'
import { type AllocAnswer, type AllocStep, COMPACT_RETRY_HARDER } from './steps.js'

/** Gone since 6.3. */
const { __GFP_ATOMIC } = linux6_1.flags
/** All flags are allowed. */
const ALL = 0xffffffff

/** What is known along the slow path of one request. */
export class SlowPath {
  readonly #request: AllocRequest
  readonly #ac: AllocContext
  readonly #rules: AllocatorRules
  readonly #order: number
  readonly #gfp: number
  readonly #reclaims: boolean
  readonly #compacts: boolean
  readonly #costly: boolean
  readonly #atomicMisused: boolean
  /** Some zone that the request may use has pages. */
  readonly #hasZone: boolean
  #nodemask: AllocContext['nodemask']
  #allocFlags = 0
  #compactResult = COMPACT_SKIPPED
  /** How hard compaction tries: lower is harder. */
  #compactPriority = COMPACT_PRIO_SYNC_LIGHT
  #progress = 0
  /** Another round makes sense. */
  #again = false

  constructor(
    request: AllocRequest,
    ac: AllocContext,
    gfp: number,
    nodemask: AllocContext['nodemask'],
  ) {
    this.#request = request
    this.#ac = ac
    this.#rules = request.rules ?? RULES_6_1
    this.#order = request.order
    this.#nodemask = nodemask
    this.#reclaims = (gfp & __GFP_DIRECT_RECLAIM) !== 0
    this.#atomicMisused = this.#reclaims && (gfp & __GFP_ATOMIC) !== 0
    this.#gfp = this.#atomicMisused ? (gfp & ~__GFP_ATOMIC) >>> 0 : gfp
    this.#compacts = gfpCompactionAllowed(gfp)
    this.#hasZone = preferredZone(request.populated, ac.highestZoneidx, nodemask) !== undefined
    this.#costly = request.order > PAGE_ALLOC_COSTLY_ORDER
  }

  *run(): Generator<AllocStep, number, AllocAnswer> {
    const { task, prio = 120, preemptCount = 0, oomVictim = false, cma = false } = this.#request
    const gfp = this.#gfp
    const order = this.#order
    if (this.#atomicMisused) yield { kind: 'warn' }
    this.#allocFlags = gfpToAllocFlags(gfp, order, prio, preemptCount, cma)
    if (this.#rules.defragMode) this.#allocFlags |= ALLOC_NOFRAGMENT
    const reserves = (): number => gfpPfmemallocFlags(gfp, task.mask, preemptCount, oomVictim)

    // Once, without reclaim: the watermark is lower than on the fast path.
    let hopeless = !this.#hasZone
    if (!hopeless) {
      yield* this.#wakeKswapd()
      let page = yield* this.#search(this.#allocFlags)
      if (page !== NO_PAGE) return page
      const early = this.#costly || (order > 0 && this.#ac.migratetype !== MIGRATE_MOVABLE)
      if (this.#reclaims && this.#compacts && early && reserves() === 0) {
        page = yield* this.#directCompact(COMPACT_PRIO_ASYNC)
        if (page !== NO_PAGE) return page
        if (this.#costly && (gfp & __GFP_NORETRY) !== 0) {
          // Reclaim would cost much and hardly help; who says NORETRY does not want that. Least of all a huge
          // page that only this node may give: others may have plenty.
          hopeless =
            this.#compactResult === COMPACT_SKIPPED ||
            this.#compactResult === COMPACT_DEFERRED ||
            ((gfp & __GFP_THISNODE) !== 0 && this.#rules.localNoretryFails)
          if (!hopeless) this.#compactPriority = COMPACT_PRIO_ASYNC
        }
      }
    }

    for (;;) {
      if (!hopeless) {
        let page = yield* this.#try(reserves())
        if (page === NO_PAGE) page = yield* this.#lastResort(oomVictim)
        if (page !== NO_PAGE) return page
        if (this.#again) continue
      }
      // Nothing helped. A request that cannot fail is tried for ever.
      hopeless = false
      if ((gfp & __GFP_NOFAIL) === 0) break
      const quiet = (gfp & __GFP_NOWARN) !== 0
      if (!this.#reclaims) {
        if (!quiet) yield { kind: 'warn' }
        break
      }
      if (!quiet && (task.mask & PF_MEMALLOC) !== 0) yield { kind: 'warn' }
      if (!quiet && this.#costly) yield { kind: 'warn' }
      const page = yield* this.#searchAnyNode(ALLOC_MIN_RESERVE)
      if (page !== NO_PAGE) return page
    }
    yield { kind: 'warn-alloc', gfp }
    return NO_PAGE
  }

  /** One round: free lists, reclaim, compaction. */
  *#try(reserveFlags: number): Generator<AllocStep, number, AllocAnswer> {
    const { task, cma = false } = this.#request
    yield* this.#wakeKswapd()
    if (reserveFlags !== 0) {
      this.#allocFlags =
        gfpToAllocFlagsCma(this.#gfp, reserveFlags, cma) | (this.#allocFlags & ALLOC_KSWAPD)
    }
    if ((this.#allocFlags & ALLOC_CPUSET) === 0 || reserveFlags !== 0) this.#nodemask = null
    const page = yield* this.#search(this.#allocFlags)
    if (page !== NO_PAGE) return page
    if (!this.#mayReclaim(task)) return NO_PAGE
    const reclaimed = yield* this.#directReclaim()
    if (reclaimed !== NO_PAGE) return reclaimed
    return yield* this.#directCompact(this.#compactPriority)
  }

  /** After a round in vain: decides whether to try another, and kills somebody for it if need be. */
  *#lastResort(oomVictim: boolean): Generator<AllocStep, number, AllocAnswer> {
    const gfp = this.#gfp
    this.#again = false
    if (!this.#mayReclaim(this.#request.task) || (gfp & __GFP_NORETRY) !== 0) return NO_PAGE
    if (this.#costly && (!this.#compacts || (gfp & __GFP_RETRY_MAYFAIL) === 0)) return NO_PAGE
    const progress = this.#progress > 0
    this.#again = (yield { kind: 'should-reclaim-retry', progress }) !== 0
    if (!this.#again && progress && this.#compacts) {
      const answer = yield {
        kind: 'should-compact-retry',
        result: this.#compactResult,
        priority: this.#compactPriority,
      }
      if (answer === COMPACT_RETRY_HARDER) this.#compactPriority--
      this.#again = answer !== 0
    }
    if (this.#again) return NO_PAGE
    if (this.#rules.defragMode && (this.#allocFlags & ALLOC_NOFRAGMENT) !== 0) {
      // Neither has made room: now other migratetypes have to help out.
      this.#allocFlags &= ~ALLOC_NOFRAGMENT
      this.#again = true
      return NO_PAGE
    }
    const page = yield* this.#mayOom()
    // A victim that has used its reserve in vain must not loop: it has to die.
    const spent = (this.#allocFlags & ALLOC_OOM) !== 0 || (gfp & __GFP_NOMEMALLOC) !== 0
    this.#again = this.#progress > 0 && !(oomVictim && spent)
    return page
  }

  /** __alloc_pages_may_oom. */
  *#mayOom(): Generator<AllocStep, number, AllocAnswer> {
    const gfp = this.#gfp
    this.#progress = 0
    if ((yield { kind: 'oom-lock' }) === 0) {
      // Somebody else is at it: that is progress.
      this.#progress = 1
      yield { kind: 'oom-lock-wait' }
      return NO_PAGE
    }
    // The high mark: only to see whether another kill has just made room.
    const page = yield {
      kind: 'freelist',
      gfp: ((gfp | __GFP_HARDWALL) & ~__GFP_DIRECT_RECLAIM) >>> 0,
      allocFlags: ALLOC_WMARK_HIGH | ALLOC_CPUSET,
      nodemask: this.#nodemask,
    }
    if (page !== NO_PAGE) return page
    if ((this.#request.task.mask & PF.flags.DUMPCORE) !== 0 || this.#costly) return NO_PAGE
    if ((gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE)) !== 0) return NO_PAGE
    if (this.#ac.highestZoneidx < ZONE_NORMAL) return NO_PAGE
    // Storage is suspended: what the victim would have to write back to exit can't be written.
    if (((this.#request.gfpAllowedMask ?? ALL) & (__GFP_IO | __GFP_FS)) === 0) return NO_PAGE
    const killed = (yield { kind: 'out-of-memory', gfp }) !== 0
    const nofail = (gfp & __GFP_NOFAIL) !== 0
    if (!killed && nofail && (gfp & __GFP_NOWARN) === 0) yield { kind: 'warn' }
    if (!killed && !nofail) return NO_PAGE
    this.#progress = 1
    return nofail ? yield* this.#searchAnyNode(ALLOC_NO_WATERMARKS) : NO_PAGE
  }

  /** __alloc_pages_direct_reclaim. */
  *#directReclaim(): Generator<AllocStep, number, AllocAnswer> {
    const { task } = this.#request
    const token = memallocNoreclaimSave(task)
    try {
      this.#progress = yield { kind: 'reclaim', gfp: this.#gfp }
    } finally {
      // Also when whoever steps gives up here.
      memallocNoreclaimRestore(task, token)
    }
    if (this.#progress === 0) return NO_PAGE
    const page = yield* this.#search(this.#allocFlags)
    if (page !== NO_PAGE) return page
    // What was freed may lie on other CPUs' lists.
    yield { kind: 'drain' }
    return yield* this.#search(this.#allocFlags)
  }

  /** __alloc_pages_direct_compact. */
  *#directCompact(priority: number): Generator<AllocStep, number, AllocAnswer> {
    if (this.#order === 0) return NO_PAGE
    const { task } = this.#request
    const token = memallocNoreclaimSave(task)
    try {
      this.#compactResult = yield {
        kind: 'compact',
        gfp: this.#gfp,
        allocFlags: this.#allocFlags,
        priority,
      }
    } finally {
      memallocNoreclaimRestore(task, token)
    }
    if (this.#compactResult === COMPACT_SKIPPED) return NO_PAGE
    return yield* this.#search(this.#allocFlags)
  }

  #mayReclaim(task: Task): boolean {
    return this.#reclaims && (task.mask & PF_MEMALLOC) === 0
  }

  *#wakeKswapd(): Generator<AllocStep, void, AllocAnswer> {
    if ((this.#allocFlags & ALLOC_KSWAPD) !== 0 && this.#hasZone) yield { kind: 'wake-kswapd' }
  }

  *#search(allocFlags: number): Generator<AllocStep, number, AllocAnswer> {
    return yield { kind: 'freelist', gfp: this.#gfp, allocFlags, nodemask: this.#nodemask }
  }

  /** Within the cpuset, and then anywhere (__alloc_pages_cpuset_fallback). */
  *#searchAnyNode(allocFlags: number): Generator<AllocStep, number, AllocAnswer> {
    const page = yield* this.#search(allocFlags | ALLOC_CPUSET)
    return page !== NO_PAGE ? page : yield* this.#search(allocFlags)
  }
}
