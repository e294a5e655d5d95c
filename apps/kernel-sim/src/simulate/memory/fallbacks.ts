/** Fallbacks: how often requests got pages of another migratetype, by what they wanted (the tracepoint mm_page_alloc_extfrag). */
import {
  type FallbackEvent,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  type Zone,
} from '@scopemask/allocator'

export class Fallbacks {
  /** Those that turned a whole pageblock over. */
  changed = 0
  readonly #counts = [0, 0, 0]

  /** From now on they are counted. */
  constructor(zones: readonly Zone[]) {
    for (const zone of zones) zone.onFallback = (event) => this.#add(event)
  }

  get unmovable(): number {
    return this.#counts[MIGRATE_UNMOVABLE] ?? 0
  }

  get movable(): number {
    return this.#counts[MIGRATE_MOVABLE] ?? 0
  }

  get reclaimable(): number {
    return this.#counts[MIGRATE_RECLAIMABLE] ?? 0
  }

  #add({ wanted, changed }: FallbackEvent): void {
    this.#counts[wanted] = (this.#counts[wanted] ?? 0) + 1
    if (changed) this.changed++
  }
}
