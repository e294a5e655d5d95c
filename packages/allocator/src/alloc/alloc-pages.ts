/**
 * Alloc pages: the way of a request through the page allocator (mm/page_alloc.c, __alloc_pages, 6.1.192): first the free lists, then the
 * slow path. A generator: it says what it does next and is told what came of it, so that a model checker can interleave it, a simulation
 * can charge time to it, and a real free list can serve it.
 */

import { ALLOC_NOFRAGMENT, allocFlagsNofragment } from '../gfp/alloc-flags.js'
import { currentGfpContext } from '../gfp/context.js'
import { __GFP_ACCOUNT, __GFP_KSWAPD_RECLAIM, __GFP_NOWARN } from '../gfp/flags.js'
import { type AllocEnvironment, prepareAllocPages } from '../gfp/prepare.js'
import { NO_PAGE } from '../pages/page-frames.js'
import { MAX_ORDER } from '../pages/watermark.js'
import { onlineNodes, preferredZone } from './preferred-zone.js'
import type { AllocRequest } from './request.js'
import { SlowPath } from './slow-path.js'
import type { AllocAnswer, AllocStep } from './steps.js'

/** All flags are allowed. */
const ALL = 0xffffffff

/** Allocates a block; returns the page, or {@link NO_PAGE}. */
export function* allocPages(request: AllocRequest): Generator<AllocStep, number, AllocAnswer> {
  const { order, task, cma = false, populated } = request
  if (order >= MAX_ORDER) {
    if ((request.gfp & __GFP_NOWARN) === 0) yield { kind: 'warn' }
    return NO_PAGE
  }
  const allowed = request.gfp & (request.gfpAllowedMask ?? ALL)
  const gfp = currentGfpContext(task.mask, allowed)
  const nodemask = request.nodemask ?? false
  const environment: AllocEnvironment = {
    ...request,
    cpusetsEnabled: request.cpusetsEnabled ?? false,
    preemptCount: request.preemptCount ?? 0,
    nodemask,
    cma,
  }
  const ac = prepareAllocPages(gfp, environment)
  const preferred = preferredZone(populated, ac.highestZoneidx, ac.nodemask)
  const nofragment = request.rules?.defragMode
    ? (gfp & __GFP_KSWAPD_RECLAIM) | ALLOC_NOFRAGMENT
    : allocFlagsNofragment(
        gfp,
        preferred?.zone ?? -1,
        onlineNodes(request),
        preferred?.populated ?? 0,
      )
  let page = yield {
    kind: 'freelist',
    gfp: ac.gfp,
    allocFlags: ac.allocFlags | nofragment,
    nodemask: ac.nodemask,
    ...(ac.spreadDirtyPages ? { spreadDirtyPages: true } : {}),
  }
  let traced = ac.gfp
  if (page === NO_PAGE) {
    // The cpuset was only the first choice; from here on the request counts as it came.
    traced = gfp
    page = yield* new SlowPath(request, ac, gfp, nodemask ? 'given' : null).run()
  }
  if (page !== NO_PAGE && (gfp & __GFP_ACCOUNT) !== 0) {
    if ((yield { kind: 'memcg-charge', gfp, page }) === NO_PAGE) page = NO_PAGE
  }
  yield { kind: 'trace', gfp: traced, migratetype: ac.migratetype }
  return page
}
