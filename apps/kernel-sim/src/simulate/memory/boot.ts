/** Boot: what the kernel has taken of memory before a run begins. */
import {
  __GFP_MOVABLE,
  __GFP_RECLAIMABLE,
  __GFP_THISNODE,
  GFP_KERNEL,
  NO_PAGE,
  PAGEBLOCK_ORDER,
  type PageAllocator,
  PF,
} from '@scopemask/allocator'
import { Task as CoreTask } from '@scopemask/core/task'
import type { MachineSpec } from '../machine-spec.js'

/** What a request says to get its pages from a zone, and not from one above it (__GFP_DMA, __GFP_DMA32). */
const ZONE_FLAGS: Readonly<Record<string, number>> = { DMA: 1, DMA32: 4 }

/**
 * The kernel takes what is not free when a run begins, page by page: first what lies in slabs that could be reclaimed, which has
 * pageblocks of its own. So the last blocks of both kinds are filled in part, as they are after a boot. Before all of that there
 * is a pageblock with room for what moves: the kernel's image is at the beginning of memory, and what lies between its text and
 * its read-only data is given back (arch/x86/mm/init_64.c, mark_rodata_ro).
 * @returns by node, how many pages it has taken
 */
export function boot(memory: PageAllocator, spec: MachineSpec): number[] {
  const isOneNode = spec.memory.nodes.length === 1
  const kernel = new CoreTask(PF, { name: 'kernel', mask: PF.mask('MEMALLOC') })
  const taken = memory.zones.all.map(
    (zone) => zone.freePages - (spec.freeAtStart[zone.node]?.[zone.name] ?? zone.freePages),
  )
  const all = taken.reduce((sum, pages) => sum + pages, 0)
  const gap = memory.tryAlloc(
    kernel,
    GFP_KERNEL | __GFP_MOVABLE | (ZONE_FLAGS[memory.zones.all[0]?.name ?? ''] ?? 0),
    PAGEBLOCK_ORDER,
  )
  for (const [index, zone] of memory.zones.all.entries()) {
    const pages = taken[index] ?? 0
    const gfp = GFP_KERNEL | (ZONE_FLAGS[zone.name] ?? 0) | (isOneNode ? 0 : __GFP_THISNODE)
    const slab = Math.round((spec.slabReclaimable * pages) / Math.max(1, all))
    for (let i = 0; i < pages; i++) {
      const flags = i < slab ? gfp | __GFP_RECLAIMABLE : gfp
      if (isOneNode) memory.tryAlloc(kernel, flags, 0)
      else memory.allocFor({ task: kernel, gfp: flags, order: 0, node: zone.node })
    }
    zone.drain()
  }
  if (gap !== NO_PAGE) memory.free(gap, PAGEBLOCK_ORDER)
  return spec.memory.nodes.map((_, node) =>
    memory.zones.all.reduce(
      (sum, zone, index) => (zone.node === node ? sum + (taken[index] ?? 0) : sum),
      0,
    ),
  )
}

/** Splits a whole number by weights. */
export function shares(whole: number, weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  let given = 0
  let weighed = 0
  return weights.map((weight) => {
    weighed += weight
    const upTo = all === 0 ? whole : Math.round((whole * weighed) / all)
    const share = upTo - given
    given = upTo
    return share
  })
}
