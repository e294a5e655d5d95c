/** Step performer: does the steps of a request on real free lists. */
import type { Compaction, CompactRequest } from '../compaction/compaction.js'
import { currentGfpContext } from '../gfp/context.js'
import { __GFP_FS, __GFP_NOWARN } from '../gfp/flags.js'
import { gfpZoneIndex } from '../gfp/zone.js'
import { PAGEBLOCK_ORDER } from '../pages/fallback.js'
import { NO_PAGE } from '../pages/page-frames.js'
import type { Zones } from '../pages/zones.js'
import {
  COMPACT_FAIL,
  COMPACT_STALL,
  COMPACT_SUCCESS,
  OOM_KILL,
  type VmEvents,
} from '../reclaim/vm-events.js'
import type { Vmscan } from '../reclaim/vmscan.js'
import type { MemoryHooks } from './memory-hooks.js'
import type { PageCharging } from './page-charging.js'
import type { PageRequest } from './request.js'
import type { RetryPolicy } from './retry.js'
import type { StepHandlers, StepOf } from './steps.js'

/** All nodes. */
const ANY = -1

/** What is known of a request under way. */
export interface Attempt {
  readonly request: PageRequest
  /** The node to begin with. */
  readonly node: number
  /** Rounds of reclaim in vain, in a row. */
  failures: number
  /** Blocks that compaction has made for it in vain, since it last tried harder. */
  retries: number
  /** Compaction has just been at work for it: the next search shows with what success. */
  compacted: boolean
  /** The alloc flags of the last search. */
  allocFlags: number
}

/** What the steps are done with. */
export interface Machinery {
  readonly zones: Zones
  readonly vmscan: Vmscan
  readonly compaction: Compaction
  readonly charging: PageCharging
  readonly retry: RetryPolicy
  readonly events: VmEvents
  readonly hooks: MemoryHooks
  /** Reports a request that gets nothing. */
  readonly warn: (gfp: number, request: PageRequest) => void
}

/** The functions that do the steps. */
export function stepPerformer(machinery: Machinery): StepHandlers<Attempt> {
  const { zones, vmscan, compaction, charging, retry, events, hooks, warn } = machinery
  /** The request as its task's scopes leave it now: the task may have entered one since it asked. */
  const filtered = ({ request: { task, gfp } }: Attempt): number =>
    currentGfpContext(task.mask, gfp)
  const count = (event: number): void => {
    events[event] = (events[event] as number) + 1
  }
  return {
    freelist: (step, attempt) => {
      const { request, node } = attempt
      const { order, cpu = 0, cpuset = ANY } = request
      attempt.allocFlags = step.allocFlags
      const page = zones.alloc(step.gfp, order, step.allocFlags, {
        cpu,
        node,
        nodemask: nodesOf(step, request),
        cpuset,
        taskFlags: request.task.mask,
        spreadDirtyPages: step.spreadDirtyPages === true,
      })
      if (attempt.compacted) {
        attempt.compacted = false
        if (page !== NO_PAGE) compaction.allocated(page, order)
        count(COMPACT_STALL)
        count(page !== NO_PAGE ? COMPACT_SUCCESS : COMPACT_FAIL)
      }
      return page
    },
    'wake-kswapd': (_, attempt) => {
      const { request, node } = attempt
      const { order, nodemask } = request
      wakeAllKswapds({ zones, hooks }, { gfp: filtered(attempt), node, order, nodemask })
      return 0
    },
    compact: (step, attempt) => compaction.tryToCompactPages(compactRequest(step, attempt)),
    // Once more through the filter, as try_to_free_pages does.
    reclaim: (step, { request: { task, nodemask, cpu, order }, node }) => {
      const gfp = currentGfpContext(task.mask, step.gfp)
      return vmscan.tryToFreePages({ gfp, node, nodemask, cpu, order }).pages
    },
    drain: (_, { request, node }) => {
      retry.unreserveHighatomic({ gfp: request.gfp, node, nodemask: request.nodemask }, false)
      zones.drain()
      return 0
    },
    'should-reclaim-retry': (step, attempt) => {
      const { node, request, allocFlags } = attempt
      const { order, nodemask } = request
      attempt.failures = retry.failuresAfter(attempt.failures, step.progress, order)
      const wanted = { gfp: filtered(attempt), node, order, nodemask, allocFlags }
      return retry.shouldReclaimRetry(wanted, attempt.failures) ? 1 : 0
    },
    'should-compact-retry': ({ result, priority }, attempt) => {
      const { request, allocFlags } = attempt
      const { order, oomVictim = false } = request
      if (order === 0 || oomVictim) return 0
      const wanted = compactRequest({ gfp: filtered(attempt), allocFlags, priority }, attempt)
      const { answer, retries } = retry.afterCompaction(
        { order, result, priority, retries: attempt.retries },
        () => compaction.zonelistSuitable(wanted, (zone) => vmscan.reclaimable(zone)),
      )
      attempt.retries = retries
      return answer
    },
    'oom-lock': () => 1,
    'oom-lock-wait': () => 0,
    // Reclaim without __GFP_FS has seen only part of what there is: that does not justify a kill. The request is told that there was
    // progress, and tries again (mm/oom_kill.c, out_of_memory).
    'out-of-memory': (step, { request: { order } }) => {
      if ((step.gfp & __GFP_FS) === 0) return 1
      if (hooks.outOfMemory?.(step.gfp, order) !== true) return 0
      count(OOM_KILL)
      return 1
    },
    warn: () => 0,
    'warn-alloc': (step, { request }) => {
      if ((step.gfp & __GFP_NOWARN) === 0) warn(step.gfp, request)
      return 0
    },
    'memcg-charge': ({ gfp, page }, { request: { task, cpu = 0, oomVictim: dying } }) => {
      if (charging.charge({ task, gfp, page, cpu, ...(dying ? { dying } : {}) })) return 0
      const zone = zones.zoneOf(page)
      zone.free(page, zones.frames.order(page), cpu)
      return NO_PAGE
    },
    trace: () => 0,
  }
}

/** Wakes kswapd of each node that a request may have pages of, once (wake_all_kswapds). @param wanted its gfp is filtered */
export function wakeAllKswapds(
  { zones, hooks }: Pick<Machinery, 'zones' | 'hooks'>,
  wanted: {
    readonly gfp: number
    readonly node: number
    readonly order: number
    readonly nodemask?: number | undefined
  },
): void {
  const { gfp, node, nodemask } = wanted
  // In defrag_mode what failed were whole pageblocks: kswapd and kcompactd are to make some (101f9d666e4d, since 6.15).
  const order = zones.rules.defragMode ? Math.max(wanted.order, PAGEBLOCK_ORDER) : wanted.order
  const highest = gfpZoneIndex(gfp)
  let last = ANY
  for (const zone of zones.zonelist(gfp, node, nodemask)) {
    if (zone.node === last) continue
    last = zone.node
    hooks.wakeKswapd?.(zone.node, order, highest)
  }
}

/** The nodes that a search of the free lists may take from, a bit for each. */
function nodesOf({ nodemask }: StepOf<'freelist'>, request: PageRequest): number {
  switch (nodemask) {
    case 'given':
      return request.nodemask ?? ANY
    case 'cpuset':
      return request.cpuset ?? ANY
    case null:
      return ANY
  }
}

/** What compaction is asked for. */
export function compactRequest(
  step: Pick<StepOf<'compact'>, 'gfp' | 'allocFlags' | 'priority'>,
  { request: { order, nodemask, cpu }, node }: Pick<Attempt, 'request' | 'node'>,
): CompactRequest {
  const { gfp, allocFlags, priority } = step
  return { gfp, order, allocFlags, priority, node, nodemask, cpu }
}
