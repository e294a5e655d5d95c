/**
 * Steps: what the way of a request through the page allocator consists of, and what each is answered with. Whoever drives a request
 * does the steps: PageAllocator on its own memory, a model or a simulation as it likes.
 */
import type { AllocContext } from '../gfp/prepare.js'

/** What compaction says (enum compact_result), as far as it matters here. */
export const COMPACT_SKIPPED = 1
export const COMPACT_DEFERRED = 2
export const COMPACT_COMPLETE = 5

/** A search of the free lists: with which flags, and on which nodes. */
export interface FreelistSearch {
  readonly gfp: number
  readonly allocFlags: number
  readonly nodemask: AllocContext['nodemask']
}

/** What the allocator does next. What it needs to be told is said by {@link AllocAnswer}. */
export type AllocStep =
  | ({ readonly kind: 'freelist' } & FreelistSearch)
  | { readonly kind: 'wake-kswapd' }
  | {
      readonly kind: 'compact'
      readonly gfp: number
      readonly allocFlags: number
      readonly priority: number
    }
  | { readonly kind: 'reclaim'; readonly gfp: number }
  | { readonly kind: 'drain' }
  | { readonly kind: 'should-reclaim-retry'; readonly progress: boolean }
  | { readonly kind: 'should-compact-retry'; readonly result: number; readonly priority: number }
  | { readonly kind: 'oom-lock' }
  | { readonly kind: 'oom-lock-wait' }
  | { readonly kind: 'out-of-memory'; readonly gfp: number }
  | { readonly kind: 'warn' }
  | { readonly kind: 'warn-alloc'; readonly gfp: number }
  | { readonly kind: 'memcg-charge' }
  | { readonly kind: 'trace'; readonly gfp: number; readonly migratetype: number }

/**
 * What a step is answered with. `freelist`: the page, or -1. `reclaim`: the pages reclaimed. `compact`: the result.
 * `should-reclaim-retry`, `should-compact-retry`, `oom-lock`, `out-of-memory`: 1 or 0. Others: ignored.
 */
export type AllocAnswer = number

/** A step of one kind. */
export type StepOf<K extends AllocStep['kind']> = Extract<AllocStep, { readonly kind: K }>

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
