/** Requests: what was asked of the slab allocator, by the class of the flags passed and the scope of the task. */
import { __GFP_FS, __GFP_IO } from '@scopemask/allocator/gfp'
import type { FlagsFrom } from '../trace/event.js'
import type { FilteredRequest } from './filter.js'
import { Rows } from './rows.js'

/** The requests of one class. */
export interface ClassFact {
  /** `KERNEL` (may do everything), `NOFS`, `NOIO`, or `ATOMIC` (may not wait). */
  readonly class: string
  /** How many of them tasks in each scope made. */
  readonly scopes: Readonly<Record<string, number>>
  /** How many came from an interrupt, where no scope counts. */
  readonly interrupt: number
  readonly total: number
}

export interface RequestFacts {
  readonly total: number
  readonly classes: readonly ClassFact[]
  /** How many requests there are by where the task's flags are known from. */
  readonly flagsFrom: Readonly<Record<FlagsFrom | 'unknown', number>>
  /** How many requests lost flags to the scope that they were made in: any, `__GFP_FS`, `__GFP_IO`. */
  readonly weakened: { readonly total: number; readonly fs: number; readonly io: number }
}

interface Cell {
  readonly class: string
  readonly scope: string
  count: number
}

const INTERRUPT = 'interrupt'

export class RequestAudit {
  readonly #cells = new Rows(
    0,
    (gfpClass: string, scope: string): Cell => ({
      class: gfpClass,
      scope,
      count: 0,
    }),
  )
  #weakened = 0
  #fs = 0
  #io = 0
  readonly #flagsFrom = { recorded: 0, page: 0, stack: 0, borrowed: 0 }
  #unknown = 0

  add(request: FilteredRequest): void {
    const { event, effective } = request
    if (event.flagsFrom === undefined) this.#unknown++
    else this.#flagsFrom[event.flagsFrom]++
    this.#cells.of(request.class, event.interrupt ? INTERRUPT : request.scope).count++
    const lost = event.gfp & ~effective
    if (lost === 0) return
    this.#weakened++
    if (lost & __GFP_FS) this.#fs++
    if (lost & __GFP_IO) this.#io++
  }

  facts(): RequestFacts {
    const classes = new Map<
      string,
      { scopes: Record<string, number>; interrupt: number; total: number }
    >()
    let total = 0
    for (const { class: name, scope, count } of this.#cells.values()) {
      let row = classes.get(name)
      if (row === undefined) classes.set(name, (row = { scopes: {}, interrupt: 0, total: 0 }))
      if (scope === INTERRUPT) row.interrupt = count
      else row.scopes[scope] = count
      row.total += count
      total += count
    }
    return {
      total,
      classes: [...classes].map(([name, row]) => ({ class: name, ...row })),
      flagsFrom: { ...this.#flagsFrom, unknown: this.#unknown },
      weakened: { total: this.#weakened, fs: this.#fs, io: this.#io },
    }
  }
}
