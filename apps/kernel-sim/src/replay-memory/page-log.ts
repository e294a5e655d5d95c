/**
 * Page log: the page events of a recording, to be gone through more than once: 31 bytes each. Beside it stands what else the
 * recording says of memory: fallbacks, compaction, reclaim.
 */
import { isCompactionTracepoint } from '../trace/compaction-tracepoints.js'
import type { CompactionEvent, TraceEvent } from '../trace/event.js'
import { KernelFallbacks } from './kernel-fallbacks.js'
import { RecordedCompactions } from './recorded-compactions.js'
import { RecordedReclaims } from './recorded-reclaims.js'

/** What an event is. */
export const ALLOC = 0
const FREE = 1
/** A free by compaction of a page that lives on, who knows where. */
export const MOVED = 2
/** A free by compaction of a free page that it had taken, and not needed. */
export const RETURNED = 3

/** Events of the reclaim of a whole machine: it was short of memory. */
export interface Pressure {
  readonly kswapdWakes: number
  readonly directReclaims: number
  /** Allocations that failed. */
  readonly failures: number
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
  /** The task. */
  pid = new Int32Array(0)
  /** Where the kernel itself had to take from another migratetype. */
  readonly fallbacks = new KernelFallbacks()
  readonly compactions = new RecordedCompactions({
    moved: (places) => this.#are(MOVED, places),
    returned: (places) => this.#are(RETURNED, places),
  })
  readonly reclaims = new RecordedReclaims()
  #length = 0
  #kswapdWakes = 0
  #failures = 0
  #unnumbered = 0

  /** How many events it has. */
  get length(): number {
    return this.#length
  }

  get pressure(): Pressure {
    return {
      kswapdWakes: this.#kswapdWakes,
      directReclaims: this.reclaims.sums.find(({ cause }) => cause === 'machine')?.count ?? 0,
      failures: this.#failures,
    }
  }

  /** Page events that do not say which page, or say what is none. */
  get unnumbered(): number {
    return this.#unnumbered
  }

  add(event: TraceEvent): void {
    if (event.stack !== undefined) this.reclaims.seen(event.stack)
    switch (event.event) {
      case 'mm_page_alloc':
        this.compactions.over(event.pid)
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
        if (this.#push(FREE, event, event.pfn, event.order, 0, 0) && !event.interrupt) {
          this.compactions.free(event.pid, this.#length - 1)
        }
        break
      case 'mm_vmscan_wakeup_kswapd':
        this.#kswapdWakes++
        break
      case 'mm_vmscan_direct_reclaim_begin':
      case 'mm_vmscan_memcg_reclaim_begin':
      case 'mm_vmscan_memcg_softlimit_reclaim_begin':
        this.compactions.over(event.pid)
        this.reclaims.begin(event, this.#length)
        break
      case 'mm_vmscan_direct_reclaim_end':
      case 'mm_vmscan_memcg_reclaim_end':
      case 'mm_vmscan_memcg_softlimit_reclaim_end':
        this.reclaims.end(event)
        break
      default:
        if (isCompaction(event)) this.compactions.add(event, this.#length)
    }
  }

  #push(
    kind: number,
    { cpu, pid, time, line }: TraceEvent,
    pfn: number,
    order: number,
    gfp: number,
    migratetype: number,
  ): boolean {
    if (pfn < 0 || order > MOST_ORDER || pfn % 2 ** order !== 0) {
      this.#unnumbered++
      return false
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
    this.pid[at] = pid
    return true
  }

  #are(kind: number, places: readonly number[]): void {
    for (const place of places) this.kind[place] = kind
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
    this.pid = grown(this.pid, new Int32Array(length))
  }
}

function isCompaction(event: TraceEvent): event is CompactionEvent {
  return isCompactionTracepoint(event.event)
}
