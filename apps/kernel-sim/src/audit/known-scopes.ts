/**
 * Known scopes: in which scope each call path runs, learned from a recording with task flags, so that a recording of the same
 * kernel without them can borrow it. A path that ran inside a scope here and outside of it there tells nothing.
 */
import {
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
} from '@scopemask/allocator/gfp'
import type { TraceEvent } from '../trace/event.js'
import type { Stack } from '../trace/stack.js'

/** The flags that are a scope: the others are the affair of the task that was recorded. */
const SCOPES = PF_MEMALLOC | PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN

/** How many call paths are kept. */
const LIMIT = 1 << 17

/** Stands for a path that ran in several scopes. */
const SEVERAL = -1

export class KnownScopes {
  readonly #paths = new Map<string, number>()

  /** How many call paths tell their scope. */
  get paths(): number {
    let count = 0
    for (const scope of this.#paths.values()) if (scope !== SEVERAL) count++
    return count
  }

  /** Learns from an event of a recording with task flags. */
  learn({ stack, taskFlags, flagsFrom, interrupt }: TraceEvent): void {
    if (stack === undefined || flagsFrom !== 'recorded' || interrupt || stack.truncated) return
    const path = pathOf(stack)
    const scope = (taskFlags ?? 0) & SCOPES
    const known = this.#paths.get(path)
    if (known === undefined) {
      if (this.#paths.size < LIMIT) this.#paths.set(path, scope)
    } else if (known !== scope) this.#paths.set(path, SEVERAL)
  }

  /** Returns the scope that this call path ran in, as task flags; undefined where that is not known. */
  of(stack: Stack): number | undefined {
    if (stack.truncated) return undefined
    const scope = this.#paths.get(pathOf(stack))
    return scope === SEVERAL ? undefined : scope
  }
}

/** The functions from the call site outwards: texts do not have more, and the allocator's own say nothing. */
function pathOf({ functions, callSite, path }: Stack): string {
  return callSite === undefined ? path : functions.slice(functions.indexOf(callSite.site)).join(';')
}
