/**
 * Page log: the page events of a recording, to be gone through more than once: 27 bytes each. What else the recording says of the
 * state of memory is counted.
 */
import { __GFP_FS } from '@scopemask/allocator'
import type { TraceEvent } from '../trace/event.js'
import { KernelFallbacks } from './kernel-fallbacks.js'

/** What an event is. */
export const ALLOC = 0
export const FREE = 1

/** Events of the reclaim of a whole machine: it was short of memory. */
export interface Pressure {
  readonly kswapdWakes: number
  readonly directReclaims: number
  /** Allocations that failed. */
  readonly failures: number
}

/** Reclaim for the limits of memory cgroups. */
export interface MemcgReclaims {
  /** How often a task reclaimed because its group was at its limit. */
  readonly count: number
  /** How often it might not enter the filesystem meanwhile: then reclaim is as weak as any such. */
  readonly withoutFs: number
  /** Pages that were freed. */
  readonly reclaimed: number
  /** How often nothing was. */
  readonly inVain: number
}

/** Orders that the log keeps: what is larger is no block of the page allocator. */
const MOST_ORDER = 10

export class PageLog {
  kind = new Uint8Array(0)
  order = new Uint8Array(0)
  migratetype = new Uint8Array(0)
  cpu = new Uint16Array(0)
  gfp = new Uint32Array(0)
  /** The number of the first page. */
  pfn = new Float64Array(0)
  /** Nanoseconds. */
  time = new Float64Array(0)
  /** Where it stands in the recording. */
  line = new Uint32Array(0)
  /** Where the kernel itself had to take from another migratetype. */
  readonly fallbacks = new KernelFallbacks()
  #length = 0
  #kswapdWakes = 0
  #directReclaims = 0
  #failures = 0
  readonly #memcg = { count: 0, withoutFs: 0, reclaimed: 0, inVain: 0 }
  #unnumbered = 0

  /** How many events it has. */
  get length(): number {
    return this.#length
  }

  get pressure(): Pressure {
    return {
      kswapdWakes: this.#kswapdWakes,
      directReclaims: this.#directReclaims,
      failures: this.#failures,
    }
  }

  get memcg(): MemcgReclaims {
    return { ...this.#memcg }
  }

  /** Page events that do not say which page, or say what is none. */
  get unnumbered(): number {
    return this.#unnumbered
  }

  add(event: TraceEvent): void {
    switch (event.event) {
      case 'mm_page_alloc':
        if (event.failed) this.#failures++
        else {
          this.fallbacks.allocated(event.pid, this.#length)
          this.#push(ALLOC, event, event.pfn, event.order, event.gfp, event.migratetype)
        }
        break
      case 'mm_page_alloc_extfrag':
        this.fallbacks.add(event)
        break
      case 'mm_page_free':
        this.#push(FREE, event, event.pfn, event.order, 0, 0)
        break
      case 'mm_vmscan_wakeup_kswapd':
        this.#kswapdWakes++
        break
      case 'mm_vmscan_direct_reclaim_begin':
        this.#directReclaims++
        break
      case 'mm_vmscan_memcg_reclaim_begin':
        this.#memcg.count++
        if ((event.gfp & __GFP_FS) === 0) this.#memcg.withoutFs++
        break
      case 'mm_vmscan_memcg_reclaim_end':
        this.#memcg.reclaimed += event.reclaimed
        if (event.reclaimed === 0) this.#memcg.inVain++
        break
      default:
    }
  }

  #push(
    kind: number,
    { cpu, time, line }: TraceEvent,
    pfn: number,
    order: number,
    gfp: number,
    migratetype: number,
  ): void {
    if (pfn < 0 || order > MOST_ORDER || pfn % 2 ** order !== 0) {
      this.#unnumbered++
      return
    }
    const at = this.#length++
    if (at === this.kind.length) this.#grow()
    this.kind[at] = kind
    this.order[at] = order
    this.migratetype[at] = migratetype
    this.cpu[at] = cpu
    this.gfp[at] = gfp
    this.pfn[at] = pfn
    this.time[at] = time
    this.line[at] = line
  }

  #grow(): void {
    const length = Math.max(1024, 2 * this.kind.length)
    const grown = <T extends { set(from: T): void }>(from: T, to: T): T => {
      to.set(from)
      return to
    }
    this.kind = grown(this.kind, new Uint8Array(length))
    this.order = grown(this.order, new Uint8Array(length))
    this.migratetype = grown(this.migratetype, new Uint8Array(length))
    this.cpu = grown(this.cpu, new Uint16Array(length))
    this.gfp = grown(this.gfp, new Uint32Array(length))
    this.pfn = grown(this.pfn, new Float64Array(length))
    this.time = grown(this.time, new Float64Array(length))
    this.line = grown(this.line, new Uint32Array(length))
  }
}
