/** Audit: what a recording of a real kernel says about its scopes. Takes the events one by one, and has the facts at the end. */

import { scopesOf } from '../trace/attribute/scopes-of-kernel.js'
import type { EventName, TraceEvent } from '../trace/event.js'
import { type KernelVersion, UNKNOWN_KERNEL } from '../trace/kernel-version.js'
import { AgreementAudit, type AgreementFacts } from './agreement.js'
import { CallSiteAudit, type CallSiteFacts } from './call-sites.js'
import { filter } from './filter.js'
import { inferFlags } from './infer.js'
import type { KnownScopes } from './known-scopes.js'
import { PageAudit, type PageFacts } from './page-allocations.js'
import { ReclaimAudit, type ReclaimFacts } from './reclaim.js'
import { Recordings } from './recordings.js'
import { type RequestStack, RequestStacks } from './request-stacks.js'
import { RequestAudit, type RequestFacts } from './requests.js'
import { SampleBudget } from './samples.js'
import { type TaskFacts, Tasks } from './tasks.js'
import type { Timeline } from './timeline.js'
import { WaitAudit, type WaitFact } from './waits.js'
import { WorkAudit } from './work.js'
import type { WorkFacts } from './work-facts.js'
import { WorkTimes, type WorkTimesFact } from './work-times.js'

/** When the events happened. */
export interface TimeFacts {
  /** Seconds from the first to the last event, in all recordings that were read. */
  readonly seconds: number
  /** More than 1 when recordings were joined: time starts over. */
  readonly recordings: number
  /** Events that stand after later ones. */
  readonly outOfOrder: number
}

/** Everything that an audit finds out. */
export interface AuditFacts {
  /** How long the recording is, and in what order its events stand. */
  readonly time: TimeFacts
  /** How many events of each kind were read. */
  readonly events: Readonly<Partial<Record<EventName, number>>>
  /** How many of them have a stack. */
  readonly withStack: number
  /** The tasks that were seen, and the scopes that they were in. */
  readonly tasks: TaskFacts
  /** The requests by what they ask of reclaim, and where their scopes are known from. */
  readonly requests: RequestFacts
  /** The flags that the filter predicts, beside those that the page allocator worked with. */
  readonly agreement: AgreementFacts
  /** The pages that were allocated in scopes, and if any breaks what its scope forbids. */
  readonly pages: PageFacts
  /** The call sites that restrict a request by hand, and how often a scope covered each. */
  readonly callSites: CallSiteFacts
  /** Work items: from which scope they were queued, and under which they ran. */
  readonly work: WorkFacts
  /** How long items waited for a worker, and how long they ran. */
  readonly workTimes: readonly WorkTimesFact[]
  /** Who waited for whom inside a scope. */
  readonly waits: readonly WaitFact[]
  /** Reclaim: who entered it, with which flags, and what the shrinkers did. */
  readonly reclaim: ReclaimFacts
}

/** Time that goes back further than this, in ns, is another recording; less is a writer that was late. */
const RESTART = 1e9

/** What an audit may have besides the recording. */
export interface AuditSetup {
  /** Scopes that a recording without task flags can borrow. */
  readonly known?: KnownScopes | undefined
  /** Takes what each task did when. */
  readonly timeline?: Timeline | undefined
}

export class Audit {
  readonly #known: KnownScopes | undefined
  #scopes = scopesOf(UNKNOWN_KERNEL)
  readonly #stacks = new RequestStacks()
  readonly #timeline: Timeline | undefined
  readonly #tasks = new Tasks()
  readonly #requests = new RequestAudit()
  readonly #recordings = new Recordings()
  readonly #agreement = new AgreementAudit(this.#recordings)
  readonly #pages = new PageAudit(this.#recordings)
  readonly #budget = new SampleBudget(this.#recordings)
  readonly #callSites = new CallSiteAudit(this.#budget)
  readonly #work = new WorkAudit(this.#budget)
  readonly #workTimes = new WorkTimes()
  readonly #waits = new WaitAudit(this.#budget)
  readonly #reclaim = new ReclaimAudit(this.#budget)
  readonly #events = new Map<EventName, { count: number }>()
  #begin = Number.NaN
  #latest = Number.NaN
  #elapsed = 0
  /** How often time began. */
  #beginnings = 0
  #outOfOrder = 0
  #withStack = 0

  constructor({ known, timeline }: AuditSetup = {}) {
    this.#known = known
    this.#timeline = timeline
  }

  /** The next events are of this kernel. */
  kernel(version: KernelVersion): void {
    this.#scopes = scopesOf(version)
  }

  /** Takes the next event of the recording. */
  add(event: TraceEvent): void {
    this.#tick(event.time)
    const counted = this.#events.get(event.event)
    if (counted === undefined) this.#events.set(event.event, { count: 1 })
    else counted.count++
    if (event.stack !== undefined) this.#withStack++
    const told =
      event.event === 'kmalloc' || event.event === 'kmem_cache_alloc'
        ? this.#agreement.request(event)
        : undefined
    if (event.flagsFrom === undefined && event.pid >= 0) {
      inferFlags(event, { pages: told, known: this.#known, scopes: this.#scopes })
    }
    const task = this.#tasks.at(event)
    this.#work.see(event)
    this.#timeline?.add(event)
    switch (event.event) {
      case 'kmalloc':
      case 'kmem_cache_alloc': {
        const request = filter(event, task)
        const site = event.stack?.callSite ?? { site: event.site, caller: '?' }
        this.#requests.add(request)
        this.#stacks.add(request)
        this.#callSites.add(request, site)
        this.#work.request(request, site)
        break
      }
      case 'mm_page_alloc':
        this.#pages.add(event)
        this.#agreement.page(event)
        break
      case 'workqueue_queue_work':
        this.#work.queue(event)
        this.#workTimes.queue(event)
        break
      case 'delayed_work_arm':
        this.#work.arm(event)
        break
      case 'workqueue_execute_start':
        this.#work.start(event)
        this.#workTimes.start(event)
        break
      case 'workqueue_execute_end':
        this.#work.end(event)
        this.#workTimes.end(event)
        break
      case 'sched_switch':
        this.#work.sleep(event)
        this.#waits.add(event)
        break
      case 'mm_vmscan_direct_reclaim_begin':
      case 'mm_vmscan_memcg_reclaim_begin':
        this.#reclaim.begin(event)
        break
      case 'mm_vmscan_direct_reclaim_end':
      case 'mm_vmscan_memcg_reclaim_end':
        this.#reclaim.end(event)
        break
      case 'mm_shrink_slab_start':
        this.#reclaim.shrink(event)
        break
      case 'mm_shrink_slab_end':
        this.#reclaim.shrinkEnd(event)
        break
    }
  }

  /** The recording has ended, and the next one begins: nothing is followed from one into the other. */
  next(): void {
    this.#end()
    this.#recordings.next()
    this.#timeline?.next()
    this.#agreement.next()
    this.#tasks.next()
    this.#begin = this.#latest = Number.NaN
  }

  /** What was found. To be called once, after the last event. */
  facts(): AuditFacts {
    return {
      time: {
        seconds: (this.#elapsed + (this.#latest - this.#begin || 0)) / 1e9,
        recordings: this.#beginnings,
        outOfOrder: this.#outOfOrder,
      },
      events: Object.fromEntries(
        [...this.#events]
          .map(([name, { count }]) => [name, count] as const)
          .sort(([, a], [, b]) => b - a),
      ),
      withStack: this.#withStack,
      tasks: this.#tasks.facts(),
      requests: this.#requests.facts(),
      agreement: this.#agreement.facts(),
      pages: this.#pages.facts(),
      callSites: this.#callSites.facts(),
      work: this.#work.facts(),
      workTimes: this.#workTimes.facts(),
      waits: this.#waits.facts(),
      reclaim: this.#reclaim.facts(),
    }
  }

  /** The stacks of all requests, as far as they are kept. */
  stacks(): RequestStack[] {
    return this.#stacks.stacks()
  }

  #tick(time: number): void {
    if (time >= this.#latest) {
      this.#latest = time
    } else if (this.#latest - time < RESTART) {
      this.#outOfOrder++
    } else {
      if (!Number.isNaN(this.#begin)) this.#end()
      this.#beginnings++
      this.#begin = this.#latest = time
    }
  }

  /** What is under way will not be seen to end. */
  #end(): void {
    this.#elapsed += this.#latest - this.#begin || 0
    this.#agreement.restart()
    this.#work.restart()
    this.#workTimes.restart()
    this.#reclaim.restart()
  }
}
