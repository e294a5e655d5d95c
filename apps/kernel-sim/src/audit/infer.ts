/** Infer: the scope of a task where a recording does not have the task flags. What cannot be told stays unknown. */
import type { TraceEvent } from '../trace/event.js'
import type { KnownScopes } from './known-scopes.js'

/** What tells the scope of an event besides its stack. */
export interface Tellers {
  /** The flags that the pages of a request tell, if they do. */
  readonly pages: number | undefined
  /** Scopes of call paths of another recording, if there is one. */
  readonly known: KnownScopes | undefined
  /** The scopes that the kernel has, as task flags: functions that hold one in later kernels hold none in earlier ones. */
  readonly scopes: number
}

/** Sets the task flags of an event that has none. */
export function inferFlags(event: TraceEvent, { pages, known, scopes }: Tellers): void {
  if (pages !== undefined) {
    event.taskFlags = pages
    event.flagsFrom = 'page'
    return
  }
  if (event.stack === undefined || event.interrupt) return
  const borrowed = known?.of(event.stack)
  if (borrowed !== undefined) {
    event.taskFlags = borrowed
    event.flagsFrom = 'borrowed'
  } else if ((event.stack.held & scopes) !== 0) {
    event.taskFlags = event.stack.held & scopes
    event.flagsFrom = 'stack'
  }
}
