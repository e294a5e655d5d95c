/**
 * First try: where a request begins, and what it needs to know there (the fast path of get_page_from_freelist and rmqueue, mm/page_alloc.c,
 * 6.1.192). Most requests get a page that their CPU has at hand of the first zone on their zonelist. Which zone that is follows from the CPU
 * and a few of the flags, so it is worked out once for each combination of them.
 */
import { ALLOC_CMA, ALLOC_KSWAPD } from '../gfp/alloc-flags.js'
import { __GFP_THISNODE, GFP_MOVABLE_MASK, GFP_ZONEMASK } from '../gfp/flags.js'
import { Order } from './order.js'
import { NO_PAGE } from './page-frames.js'
import type { PerCpuPages } from './per-cpu-pages.js'
import type { Zone } from './zone.js'

/** The flags that decide on the zones and on the migratetype: the lowest five. */
const PLACE = GFP_ZONEMASK | GFP_MOVABLE_MASK
/** How many combinations of them there are. */
const PLACES = PLACE + 1

/** What follows from a CPU and the flags of a request. */
interface FirstTryOptions {
  /** The first zone that the request may use. */
  readonly zone: Zone
  readonly cpu: number
  /** The index of the highest zone that it could use. */
  readonly highest: number
  /** One of those that CPUs keep. */
  readonly migratetype: number
  /** Of the first try, all but ALLOC_KSWAPD. */
  readonly allocFlags: number
}

export class FirstTry {
  // All are private by type only, for speed: see buddy.ts.
  private readonly zone: Zone
  private readonly perCpu: PerCpuPages
  private readonly highest: number
  private readonly migratetype: number
  private readonly allocFlags: number
  private readonly cpu: number
  /** Free pages of CMA areas are none to this request, and there may be some. */
  private readonly sparesCma: boolean

  constructor({ zone, cpu, highest, migratetype, allocFlags }: FirstTryOptions) {
    this.zone = zone
    this.perCpu = zone.perCpu[cpu] as PerCpuPages
    this.highest = highest
    this.migratetype = migratetype
    this.allocFlags = allocFlags
    this.cpu = cpu
    this.sparesCma = zone.cma && (allocFlags & ALLOC_CMA) === 0
  }

  /** Takes a block if the zone has plenty; {@link NO_PAGE} if the request has to look further. */
  alloc(gfp: number, order: number): number {
    const { zone, migratetype } = this
    if (!zone.hasPlenty(order, this.highest)) return NO_PAGE
    if (this.sparesCma && !zone.hasPlentyOutsideCma(order, this.highest)) return NO_PAGE
    const allocFlags = this.allocFlags | (gfp & ALLOC_KSWAPD)
    if (order > Order.COSTLY) return zone.alloc(order, migratetype, allocFlags, this.cpu)
    const page = this.perCpu.alloc(order, migratetype, allocFlags)
    return page < 0
      ? zone.allocFromLists(order, migratetype, allocFlags)
      : zone.counted(page, order)
  }
}

/** The flags of requests whose first tries differ, in all combinations. */
export function firstTryFlags(): number[] {
  const places = Array.from({ length: PLACES }, (_, place) => place)
  return [...places, ...places.map((place) => place | __GFP_THISNODE)]
}

/** Where the first try of a request is, among those of all CPUs. */
export function firstTryIndex(gfp: number, cpu: number): number {
  const node = (gfp & __GFP_THISNODE) !== 0 ? 1 : 0
  return (2 * cpu + node) * PLACES + (gfp & PLACE)
}
