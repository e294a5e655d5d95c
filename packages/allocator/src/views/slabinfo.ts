/** /proc/slabinfo: objects and slabs of each cache (mm/slab_common.c, cache_show, version 2.1; the same since 2.6). */
import type { SlabInfo } from '../slab/slab-cache.js'

/** The text of /proc/slabinfo: the cache that was made last comes first. SLUB has nothing to tune. */
export function slabinfo(caches: readonly SlabInfo[]): string {
  return [
    'slabinfo - version: 2.1',
    '# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>',
    ...caches.map(row).reverse(),
    '',
  ].join('\n')
}

function row(cache: SlabInfo): string {
  const cell = (value: number, width: number) => String(value).padStart(width)
  const objects = `${cell(cache.activeObjects, 6)} ${cell(cache.objects, 6)} ${cell(cache.objectSize, 6)}`
  const perSlab = `${cell(cache.objectsPerSlab, 4)} ${cell(cache.pagesPerSlab, 4)}`
  const slabs = `${cell(cache.slabs, 6)} ${cell(cache.slabs, 6)} ${cell(0, 6)}`
  return `${cache.name.padEnd(17)} ${objects} ${perSlab} : tunables    0    0    0 : slabdata ${slabs}`
}
