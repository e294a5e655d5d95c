/**
 * Steps: what the way of a request through the page allocator consists of, and what each is answered with. Whoever drives a request
 * does the steps: PageAllocator on its own memory, a model or a simulation as it likes.
 */
import type { AllocContext } from '../gfp/prepare.js'

/** An answer to `should-compact-retry`: once more, as hard as before. */
export const COMPACT_RETRY = 1
/** An answer to `should-compact-retry`: once more, harder. */
export const COMPACT_RETRY_HARDER = 2

/** A search of the free lists: with which flags, and on which nodes. */
export interface FreelistSearch {
  /** The flags of the request, filtered, as this search uses them. */
  readonly gfp: number
  /** The ALLOC_* flags: which watermark must hold, and which reserves may be used. */
  readonly allocFlags: number
  /** Which nodes: see {@link AllocContext.nodemask}. */
  readonly nodemask: AllocContext['nodemask']
  /** Nodes with more than their share of dirty pages are passed over: the first try of a request with `__GFP_WRITE`. */
  readonly spreadDirtyPages?: true
}

/** What the allocator does next. What it needs to be told is said by {@link AllocAnswer}. */
export type AllocStep =
  | ({
      /** Look for pages on the free lists (get_page_from_freelist). */
      readonly kind: 'freelist'
    } & FreelistSearch)
  | {
      /** Wake the kswapd of each node that the request may use (wake_all_kswapds). */
      readonly kind: 'wake-kswapd'
    }
  | {
      /** Compact memory, so that a block of this order comes about (__alloc_pages_direct_compact). */
      readonly kind: 'compact'
      /** The flags of the request, filtered. */
      readonly gfp: number
      /** The ALLOC_* flags that the result is looked for with. */
      readonly allocFlags: number
      /** How hard to try (enum compact_priority): 2 asynchronously, 1 and 0 synchronously. */
      readonly priority: number
    }
  | {
      /** Reclaim pages (__perform_reclaim). */
      readonly kind: 'reclaim'
      /** The flags of the request, filtered: reclaim enters the filesystem only with `__GFP_FS`. */
      readonly gfp: number
    }
  | {
      /** Give back what CPUs keep and what is reserved for atomic requests (drain_all_pages, unreserve_highatomic_pageblock). */
      readonly kind: 'drain'
    }
  | {
      /** Say whether another round of reclaim could help (should_reclaim_retry). */
      readonly kind: 'should-reclaim-retry'
      /** The last round has reclaimed something. */
      readonly progress: boolean
    }
  | {
      /** Say whether another round of compaction could help (should_compact_retry). */
      readonly kind: 'should-compact-retry'
      /** What the last round said: see compact-result.ts. */
      readonly result: number
      /** The priority of the last round. */
      readonly priority: number
    }
  | {
      /** Try to take oom_lock, so that one task alone kills. */
      readonly kind: 'oom-lock'
    }
  | {
      /** Sleep for a jiffy: somebody else has oom_lock, and is about to free memory. */
      readonly kind: 'oom-lock-wait'
    }
  | {
      /** Have the OOM killer choose a task (out_of_memory). */
      readonly kind: 'out-of-memory'
      /** The flags of the request, filtered. */
      readonly gfp: number
    }
  | {
      /** Warn with a stack, once for each place (WARN_ON_ONCE): nobody should ask for this, as `__GFP_NOFAIL` where the task must not sleep. */
      readonly kind: 'warn'
    }
  | {
      /** Log that the request has failed, or takes long (warn_alloc). */
      readonly kind: 'warn-alloc'
      /** The flags of the request, filtered. */
      readonly gfp: number
    }
  | {
      /** Charge the pages to the memory cgroup of the task (__memcg_kmem_charge_page). */
      readonly kind: 'memcg-charge'
      /** The flags of the request, filtered. */
      readonly gfp: number
      /** The first page. */
      readonly page: number
    }
  | {
      /** The request is over (the tracepoint mm_page_alloc). */
      readonly kind: 'trace'
      /** The flags that the pages were looked for with: what a recording shows. */
      readonly gfp: number
      /** With which pages its pages are kept. */
      readonly migratetype: number
    }

/**
 * What a step is answered with. `freelist`: the page, or -1. `reclaim`: the pages reclaimed. `compact`: the result (see
 * compact-result.ts). `should-compact-retry`: COMPACT_RETRY, COMPACT_RETRY_HARDER or 0. `should-reclaim-retry`, `oom-lock`,
 * `out-of-memory`: 1 or 0. `memcg-charge`: -1 when the group has no room, and the pages have been given back. Others: ignored.
 */
export type AllocAnswer = number

/** A step of one kind. */
export type StepOf<K extends AllocStep['kind']> = Extract<AllocStep, Readonly<Record<'kind', K>>>

/** One function for each kind of step. A kind without one does not compile. `C` is what is known of the request. */
export type StepHandlers<C> = {
  readonly [K in AllocStep['kind']]: (step: StepOf<K>, context: C) => AllocAnswer
}

/** Does a step with the function for its kind. */
export function perform<C>(handlers: StepHandlers<C>, step: AllocStep, context: C): AllocAnswer {
  // TypeScript does not see that the function and the step are of one kind, though both come from step.kind.
  const handler = handlers[step.kind] as (step: AllocStep, context: C) => AllocAnswer
  return handler(step, context)
}
