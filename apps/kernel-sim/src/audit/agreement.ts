/**
 * Agreement: where the recording has both a request and the page allocations that served it, the flags predicted from
 * the request are compared with those that the kernel worked with.
 *
 * The kernel records the page allocation inside the request, so it comes first, from the same task, and its
 * stack goes on outwards exactly as the request's does, return addresses included.
 */
import {
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_HARDWALL,
  __GFP_IO,
  __GFP_MOVABLE,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_THISNODE,
  currentGfpContext,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
} from '@scopemask/allocator/gfp'
import type { PageAllocEvent, RequestEvent } from '../trace/event.js'
import { allocatedWith, type Backend, backendOf, Caches } from './predict.js'
import { Recent } from './recent.js'
import { type Recordings, SeenIn } from './recordings.js'
import { Rows } from './rows.js'

/** The flags that a scope or the waiting depends on. The others are the allocator's own affair. */
const SCOPE_BITS = __GFP_FS | __GFP_IO | __GFP_MOVABLE | __GFP_DIRECT_RECLAIM

/** One way in which prediction and kernel differ. */
export interface DisagreementFact {
  /** The flags that only the kernel had, and those that only the prediction had. */
  readonly kernelOnly: number
  readonly predictedOnly: number
  readonly reason: string
  readonly count: number
  /** The first one. */
  readonly example: {
    /** The lines of the request and of the page allocation. */
    readonly requestLine: number
    readonly pageLine: number
    readonly site: string
    readonly cache: string | undefined
    readonly passed: number
    readonly predicted: number
    readonly kernel: number
    /** The number of its recording, from 0. */
    readonly recording: number
  }
  /** The numbers of the recordings that have it, from 0. */
  readonly seenIn: readonly number[]
}

export interface AgreementFacts {
  /** Page allocations that could be compared. */
  readonly compared: number
  /** How many of them agree in the flags that scopes and waiting depend on, and how many in all flags. */
  readonly agreeInScopeBits: number
  readonly agree: number
  /** Of those that agree: where the task flags are not recorded, and the scope was inferred from the difference. */
  readonly inferred: number
  readonly disagreements: readonly DisagreementFact[]
  /** Pages for the slab allocator whose request the recording does not have (bulk allocations, or lost). */
  readonly withoutRequest: number
  /** What the pages told about caches, since requests do not: see Caches. */
  readonly learned: { readonly caches: number; readonly reclaimable: number }
}

/** A page allocation whose request has not been seen yet. */
interface Pending {
  readonly page: PageAllocEvent
  readonly backend: Exclude<Backend, undefined>
}

/** How many tasks can be in the middle of a request at the same time, and how deep requests can nest. */
const TASKS = 1 << 14
const DEPTH = 16

interface Disagreement {
  readonly kernelOnly: number
  readonly predictedOnly: number
  count: number
  example: DisagreementFact['example'] | undefined
  readonly seenIn: SeenIn
}

export class AgreementAudit {
  readonly #pending = new Recent<number, Pending[]>(TASKS)
  readonly #recordings: Recordings
  readonly #caches = new Caches()
  readonly #disagreements = new Rows(
    0,
    (kernelOnly: string, predictedOnly: string): Disagreement => ({
      kernelOnly: Number(kernelOnly),
      predictedOnly: Number(predictedOnly),
      count: 0,
      example: undefined,
      seenIn: new SeenIn(this.#recordings),
    }),
  )
  #compared = 0
  #agree = 0
  #inferred = 0
  #agreeInScopeBits = 0
  #withoutRequest = 0

  constructor(recordings: Recordings) {
    this.#recordings = recordings
  }

  /** A page allocation: its request comes later. */
  page(page: PageAllocEvent): void {
    const backend = backendOf(page)
    if (backend === undefined || page.pid < 0) return
    let pending = this.#pending.get(page.pid)
    if (pending === undefined) this.#pending.set(page.pid, (pending = []))
    if (pending.length === DEPTH) {
      pending.shift()
      this.#withoutRequest++
    }
    pending.push({ page, backend })
  }

  /**
   * A request: the page allocations inside it came before.
   * @returns the task flags that they tell, where they are not recorded.
   */
  request(request: RequestEvent): number | undefined {
    const pending = this.#pending.get(request.pid)
    const outer = request.stack
    if (pending === undefined || pending.length === 0 || outer === undefined) return undefined
    const inside = ({ page }: Pending) => page.stack?.isInside(outer) === true
    const first = pending.findIndex(inside)
    if (first < 0) return undefined
    // What came after the first belongs to this request, or to requests inside it that are over.
    const attempts = pending.splice(first)
    const own = attempts.filter(inside)
    this.#withoutRequest += attempts.length - own.length
    let told: number | undefined
    // A bulk request takes one slab after another; after each that it gets it begins anew.
    let failures = 0
    for (const each of own) {
      const flags = this.#compare(request, each, failures)
      told ??= flags
      failures = each.page.failed ? failures + 1 : 0
    }
    return told
  }

  /** Another recording begins, perhaps of another kernel, whose caches may add other flags. */
  next(): void {
    this.restart()
    this.#caches.forget()
  }

  /** Time starts over, or the recording ends. */
  restart(): void {
    for (const pending of this.#pending.values()) this.#withoutRequest += pending.length
    this.#pending.clear()
  }

  facts(): AgreementFacts {
    this.restart()
    return {
      compared: this.#compared,
      agreeInScopeBits: this.#agreeInScopeBits,
      agree: this.#agree,
      inferred: this.#inferred,
      disagreements: this.#disagreements
        .values()
        .flatMap(({ example, seenIn, ...rest }) =>
          example === undefined
            ? []
            : [{ ...rest, reason: reasonOf(rest), example, seenIn: seenIn.numbers }],
        )
        .sort((a, b) => b.count - a.count),
      withoutRequest: this.#withoutRequest,
      learned: this.#caches.learned,
    }
  }

  #compare(
    request: RequestEvent,
    { page, backend }: Pending,
    failures: number,
  ): number | undefined {
    const cacheFlags = backend === 'slab' ? this.#caches.flagsOf(request, page, failures) : 0
    const recorded = page.flagsFrom === 'recorded'
    const asked = allocatedWith({ request, page, backend, failures, cacheFlags })
    const told = recorded ? undefined : scopeTold(asked, page.gfp)
    const predicted = currentGfpContext((recorded ? page.taskFlags : told) ?? 0, asked)
    const difference = predicted ^ page.gfp
    this.#compared++
    if ((difference & SCOPE_BITS) === 0) this.#agreeInScopeBits++
    if (difference === 0) {
      this.#agree++
      if (!recorded) this.#inferred++
      return told
    }
    const kernelOnly = (difference & page.gfp) >>> 0
    const predictedOnly = (difference & predicted) >>> 0
    const row = this.#disagreements.of(`${kernelOnly}`, `${predictedOnly}`)
    row.count++
    row.seenIn.mark()
    row.example ??= {
      requestLine: request.line,
      pageLine: page.line,
      site: request.site,
      cache: request.cache,
      passed: request.gfp,
      predicted,
      kernel: page.gfp,
      recording: this.#recordings.current,
    }
    return told
  }
}

/** The scope that took away what is missing of the flags asked for; undefined where it cannot be told. */
function scopeTold(asked: number, gfp: number): number | undefined {
  const lost = asked & ~gfp
  if (lost & __GFP_IO) return PF_MEMALLOC_NOIO
  if (lost & __GFP_FS) return PF_MEMALLOC_NOFS
  return asked & __GFP_FS ? 0 : undefined
}

/** The most likely reason for a difference. */
function reasonOf({
  kernelOnly,
  predictedOnly,
}: Pick<DisagreementFact, 'kernelOnly' | 'predictedOnly'>): string {
  if (kernelOnly & (__GFP_FS | __GFP_IO)) {
    return 'the kernel kept what the scope of the task should have taken away'
  }
  if (predictedOnly & (__GFP_FS | __GFP_IO | __GFP_MOVABLE)) {
    return 'the kernel took away what no recorded scope forbids: a scope that the task flags do not show'
  }
  if ((kernelOnly | predictedOnly) & __GFP_THISNODE) {
    return 'another NUMA node was tried than the request tells: a memory policy'
  }
  if ((kernelOnly | predictedOnly) & __GFP_DIRECT_RECLAIM) {
    return 'the slab was larger or smaller than the object size tells: slab debugging or slab_min_order'
  }
  if (kernelOnly === __GFP_HARDWALL) {
    return 'cpusets are in use: the page allocator adds __GFP_HARDWALL (prepare_alloc_pages)'
  }
  if ((predictedOnly & ~(__GFP_NOWARN | __GFP_NORETRY)) === 0 && kernelOnly === 0) {
    return 'an attempt for a larger slab failed before and was not recorded'
  }
  return 'flags of the slab allocator that this model does not have: another kernel version'
}
