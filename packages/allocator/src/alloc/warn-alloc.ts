/** Warn-alloc: what the kernel logs when an allocation fails (mm/page_alloc.c, warn_alloc; kernel/cgroup/cpuset.c, 6.1). */
import { formatGfp } from '../gfp/format.js'
import { linux6_1 } from '../gfp/kernels.js'

/** Who failed to get what. */
export interface FailedAllocation {
  /** The name of the task. */
  readonly comm: string
  readonly order: number
  readonly gfp: number
  /** A bit per node that the request was restricted to; null for none. */
  readonly nodemask: number | null
  /** A bit per node that the task may use. */
  readonly memsAllowed: number
}

/** The first line of the report, without a time stamp; the stack and Mem-Info follow it in a log. */
export function warnAlloc({ comm, order, gfp, nodemask, memsAllowed }: FailedAllocation): string {
  const mode = `mode:0x${(gfp >>> 0).toString(16)}(${formatGfp(linux6_1, gfp)})`
  const nodes = nodemask === null ? '(null)' : nodeList(nodemask)
  return `${comm}: page allocation failure: order:${order}, ${mode}, nodemask=${nodes},cpuset=/,mems_allowed=${nodeList(memsAllowed)}`
}

/** A bit mask as the kernel prints it with %*pbl: `0-3,7`. */
export function nodeList(mask: number): string {
  const ranges: string[] = []
  for (let bit = 0; bit < 32; bit++) {
    if ((mask & (1 << bit)) === 0) continue
    const first = bit
    while (bit < 31 && (mask & (1 << (bit + 1))) !== 0) bit++
    ranges.push(first === bit ? `${first}` : `${first}-${bit}`)
  }
  return ranges.join(',')
}
