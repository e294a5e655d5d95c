/** Samples: the counters of the machine over time, a row for each half second. */
import { ACTIVE_ANON, ACTIVE_FILE, INACTIVE_ANON, INACTIVE_FILE } from '@scopemask/allocator'
import type { PageCache } from '../cache/page-cache.js'
import type { Writeback } from '../cache/writeback.js'
import type { Vm } from '../memory/vm.js'

/** Pages, by the names of /proc/vmstat. */
export const SAMPLED = [
  'nr_free_pages',
  'nr_inactive_file',
  'nr_active_file',
  'nr_inactive_anon',
  'nr_active_anon',
  'nr_file_pages',
  'nr_slab_reclaimable',
  'nr_dirty',
  'nr_writeback',
] as const

export type Sampled = (typeof SAMPLED)[number]
export type Sample = Readonly<Record<Sampled, number>> & { readonly at: number }

/** What is counted. */
export interface Counted {
  readonly vm: Vm
  readonly cache: PageCache
  readonly writeback: Writeback
}

export class Samples {
  readonly rows: Sample[] = []
  readonly #counted: Counted

  constructor(counted: Counted) {
    this.#counted = counted
  }

  /** Takes one. @param at ns since the run began */
  take(at: number): void {
    this.rows.push({ at, ...this.#now() })
  }

  /** The mean without the first quarter, when memory fills. */
  mean(name: Sampled): number {
    const rows = this.rows.slice(Math.floor(this.rows.length / 4))
    return rows.reduce((sum, row) => sum + row[name], 0) / Math.max(1, rows.length)
  }

  max(name: Sampled): number {
    return this.rows.reduce((most, row) => Math.max(most, row[name]), 0)
  }

  #now(): Record<Sampled, number> {
    const { vm, cache, writeback } = this.#counted
    const { lru, zones } = vm.memory
    const listed = (list: number): number => {
      let pages = 0
      for (let node = 0; node < zones.nodes; node++) pages += lru.pages(node, list)
      return pages
    }
    return {
      nr_free_pages: vm.free,
      nr_inactive_file: listed(INACTIVE_FILE),
      nr_active_file: listed(ACTIVE_FILE),
      nr_inactive_anon: listed(INACTIVE_ANON),
      nr_active_anon: listed(ACTIVE_ANON),
      nr_file_pages: cache.total,
      nr_slab_reclaimable: vm.slabPages(undefined, true),
      nr_dirty: writeback.dirty,
      nr_writeback: writeback.writeback,
    }
  }
}
