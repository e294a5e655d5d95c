/**
 * Request steps: a request on its way through the memory of a machine. Each step is offered to whoever drives the request, and done here
 * when nobody has (see step-performer.ts).
 */
import { COMPACT_SKIPPED } from '../compaction/compact-result.js'
import { ALLOC_NO_WATERMARKS } from '../gfp/alloc-flags.js'
import { currentGfpContext } from '../gfp/context.js'
import { gfpZonelist, ZONELIST_NOFALLBACK } from '../gfp/predicates.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { MAX_ORDER } from '../pages/watermark.js'
import type { Zones } from '../pages/zones.js'
import type { VmEvents } from '../reclaim/vm-events.js'
import { allocPages } from './alloc-pages.js'
import type { CallSites } from './call-sites.js'
import { LivelockWatch, livelockOf } from './livelock.js'
import type { PfmemallocBlocks } from './pfmemalloc.js'
import type { NodeZones, PageRequest } from './request.js'
import type { Attempt } from './step-performer.js'
import { type AllocStep, perform, type StepHandlers } from './steps.js'

/** What requests are taken through. */
export interface RequestParts {
  readonly zones: Zones
  readonly performer: StepHandlers<Attempt>
  readonly events: VmEvents
  readonly callSites: CallSites
  readonly pfmemalloc: PfmemallocBlocks
  /** A request has got a block. */
  readonly allocated: (page: number, site: number) => void
}

export class RequestSteps {
  readonly #parts: RequestParts

  constructor(parts: RequestParts) {
    this.#parts = parts
  }

  /**
   * The steps of a request, and the page that it gets, or {@link NO_PAGE}.
   * @param allowed the flags that are allowed at all
   */
  *steps(request: PageRequest, allowed: number): Generator<AllocStep, number, number | undefined> {
    const { zones, performer, pfmemalloc, allocated } = this.#parts
    const { order, site = 0, cpu = 0, cpuset, nodemask } = request
    if (!Number.isInteger(order) || order < 0) {
      throw new RangeError(`orders are 0 to ${MAX_ORDER - 1}, not ${order}`)
    }
    const attempt: Attempt = {
      request,
      node: request.node ?? zones.nodeOf(cpu),
      failures: 0,
      retries: 0,
      compacted: false,
      allocFlags: 0,
    }
    const path = allocPages({
      ...request,
      populated: populatedNodes(zones, request, attempt.node),
      onlineNodes: zones.nodes,
      rules: zones.rules,
      cma: zones.cma,
      cpusetsEnabled: cpuset !== undefined,
      nodemask: nodemask !== undefined,
      gfpAllowedMask: allowed,
    })
    try {
      for (let step = path.next(); ; ) {
        if (step.done) {
          if (step.value === NO_PAGE) return NO_PAGE
          allocated(step.value, site)
          if ((attempt.allocFlags & ALLOC_NO_WATERMARKS) !== 0) pfmemalloc.add(step.value)
          return step.value
        }
        // Sent by whoever has done the step.
        const answer = yield step.value
        const result = answer ?? perform(performer, step.value, attempt)
        if (step.value.kind === 'compact') attempt.compacted = result !== COMPACT_SKIPPED
        step = path.next(result)
      }
    } finally {
      // The task leaves reclaim, also when a hook has thrown or nobody steps on.
      path.return(NO_PAGE)
    }
  }

  /**
   * Takes all steps of a request, with nobody else about.
   * @throws LivelockError for a request that would be retried for ever
   */
  atOnce(
    { task, gfp, order, site = 0 }: PageRequest,
    steps: Generator<AllocStep, number, number | undefined>,
  ): number {
    const { events, callSites } = this.#parts
    const watch = new LivelockWatch(events)
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value
      if (!watch.isHopeless()) continue
      steps.return(NO_PAGE)
      const allowed = currentGfpContext(task.mask, gfp)
      throw livelockOf({ site: callSites.name(site), gfp, allowed, order })
    }
  }
}

/** The zones with pages of the nodes that a request goes through. */
function populatedNodes(
  zones: Zones,
  { gfp, cpuset, nodemask }: PageRequest,
  node: number,
): NodeZones[] {
  const own = gfpZonelist(gfp) === ZONELIST_NOFALLBACK
  return (own ? [node] : zones.numa.fallbackOrder(node)).map((each) => ({
    zones: zones.populatedOf(each),
    inCpuset: cpuset === undefined || (cpuset & (1 << each)) !== 0,
    inNodemask: nodemask === undefined || (nodemask & (1 << each)) !== 0,
  }))
}
