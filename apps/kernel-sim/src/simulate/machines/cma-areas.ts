/**
 * CMA areas of a machine: where they are, given how large. As memblock reserves what cma= on the command line asks for, they are at the end of
 * memory, each below the one before it, and made of whole pageblocks (mm/cma.c, cma_declare_contiguous, 6.1.192).
 */
import { type CmaAreaOptions, type MemoryOptions, PAGEBLOCK_ORDER } from '@scopemask/allocator'

/** CMA_MIN_ALIGNMENT_PAGES. */
const PAGEBLOCK = 1 << PAGEBLOCK_ORDER
/** Zones begin at multiples of the largest block. */
const ZONE_ALIGN = 1024

/** An area as a machine names it. */
export interface CmaSpec {
  readonly name?: string
  /** At least; what is no multiple of 2 MiB becomes one. */
  readonly pages: number
}

/** Places areas. Each lies in one zone: the highest that has room for it. @throws RangeError when none has */
export function placedCmaAreas(
  nodes: MemoryOptions['nodes'],
  areas: readonly CmaSpec[],
): CmaAreaOptions[] {
  const zones: { start: number; end: number }[] = []
  let at = 0
  for (const sizes of nodes) {
    for (const name of ['DMA', 'DMA32', 'Normal', 'Movable'] as const) {
      const pages = sizes[name] ?? 0
      if (pages === 0) continue
      zones.push({ start: at, end: floor(at + pages, PAGEBLOCK) })
      at = floor(at + pages + ZONE_ALIGN - 1, ZONE_ALIGN)
    }
  }
  zones.reverse()
  return areas.map(({ name, pages: least }) => {
    const pages = floor(least + PAGEBLOCK - 1, PAGEBLOCK)
    const zone = zones.find(({ start, end }) => end - start >= pages)
    if (zone === undefined)
      throw new RangeError(`no zone has room for a CMA area of ${pages} pages`)
    zone.end -= pages
    return { ...(name === undefined ? {} : { name }), start: zone.end, pages }
  })
}

function floor(pages: number, unit: number): number {
  return pages - (pages % unit)
}
