/** Memory use: what the memory of a machine is used for, by the counters of Mem-Info (mm/show_mem.c). */
import type { MemInfo } from '../../report/mem-info.js'

export interface MemoryUse {
  readonly what: string
  /** Which way memory of this use comes back. */
  readonly kind: 'processes' | 'cache' | 'kernel' | 'uncounted' | 'free'
  readonly pages: number
}

/** Each use, by the counters that it adds up. Shared memory is on the lists of anonymous memory. */
const USES: readonly Omit<MemoryUse & { readonly counters: readonly string[] }, 'pages'>[] = [
  {
    what: 'anonymous memory and tmpfs',
    kind: 'processes',
    counters: ['active_anon', 'inactive_anon', 'isolated_anon'],
  },
  { what: 'memory that is locked', kind: 'processes', counters: ['unevictable'] },
  {
    what: 'the page cache',
    kind: 'cache',
    counters: ['active_file', 'inactive_file', 'isolated_file'],
  },
  { what: 'slab caches that shrink', kind: 'cache', counters: ['slab_reclaimable'] },
  { what: 'slab caches that do not shrink', kind: 'kernel', counters: ['slab_unreclaimable'] },
  { what: 'page tables', kind: 'kernel', counters: ['pagetables'] },
  { what: 'free', kind: 'free', counters: ['free'] },
]

/** All uses, the largest first; undefined where the counters are not in the log. */
export function memoryUse({ pages, ram }: MemInfo): readonly MemoryUse[] | undefined {
  if (ram === undefined || !pages.has('active_anon') || !pages.has('free')) return undefined
  const uses: MemoryUse[] = USES.map(({ what, kind, counters }) => ({
    what,
    kind,
    pages: counters.reduce((sum, name) => sum + (pages.get(name) ?? 0), 0),
  }))
  const counted = uses.reduce((sum, use) => sum + use.pages, 0)
  uses.push({
    what: 'pages that no list counts: huge pages, drivers, vmalloc, a balloon',
    kind: 'uncounted',
    pages: Math.max(0, ram - counted),
  })
  return uses.sort((a, b) => b.pages - a.pages)
}
