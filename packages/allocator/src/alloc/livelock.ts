/**
 * Livelock: a request that is retried for ever. In a kernel its task would wait for somebody else to free memory; where a request
 * runs alone nobody else is there, and it would never end.
 */
import { __GFP_FS } from '../gfp/flags.js'
import { OOM_KILL, PGFREE, type VmEvents } from '../reclaim/vm-events.js'

/** When so many steps in a row have freed nothing, none ever will. */
const HOPELESS_STEPS = 300

/** A request that alloc() would retry for ever: in a kernel the task would hang, unless somebody else freed memory. */
export class LivelockError extends Error {
  /** @internal */
  constructor(message: string) {
    super(message)
    this.name = 'LivelockError'
  }
}

/** Watches the steps of one request that runs alone. */
export class LivelockWatch {
  readonly #events: VmEvents
  #freed: number
  #vain = 0

  constructor(events: VmEvents) {
    this.#events = events
    this.#freed = freedOrKilled(events)
  }

  /** Returns true if the request can only go on for ever. Called after each of its steps. */
  isHopeless(): boolean {
    const freed = freedOrKilled(this.#events)
    this.#vain = freed === this.#freed ? this.#vain + 1 : 0
    this.#freed = freed
    return this.#vain > HOPELESS_STEPS
  }
}

/** A request as an error names it. */
interface NamedRequest {
  /** The name of its call site. */
  readonly site: string
  /** As the caller passed it, and as the scopes of the task left it. */
  readonly gfp: number
  readonly allowed: number
  readonly order: number
}

/** The error for a request that can only go on for ever. */
export function livelockOf({ site, gfp, allowed, order }: NamedRequest): LivelockError {
  const why =
    (allowed & __GFP_FS) === 0
      ? 'without __GFP_FS nobody is killed for it, and reclaim can free nothing'
      : 'nothing can be reclaimed, and nobody killed'
  const asked = allowed === gfp >>> 0 ? '' : ` (0x${(gfp >>> 0).toString(16)} before the filter)`
  return new LivelockError(
    `${site} would try for ever to allocate order ${order} with 0x${allowed.toString(16)}${asked}: ${why}`,
  )
}

/** A number that grows whenever something has been freed or killed. */
function freedOrKilled(events: VmEvents): number {
  return (events[PGFREE] as number) + (events[OOM_KILL] as number)
}
