/** Compactions beside: what the kernel's compactions and those of the model came to, by what they were asked for. */
import type { ModelCompaction } from './model-memory.js'
import type { CompactionKind, RecordedCompaction } from './recorded-compactions.js'

/** What compactions came to. */
export interface CompactionOutcome {
  /** By result, as the COMPACT_ constants have it; 0 where the recording does not say. The most frequent first. */
  readonly results: readonly { readonly result: number; readonly count: number }[]
  /** Pages that were moved. */
  readonly moved: number
}

/** Compactions of one kind. */
export interface CompactionRow extends CompactionKind {
  readonly count: number
  readonly kernel: CompactionOutcome
  readonly model: CompactionOutcome
}

class Outcome {
  readonly #counts = new Map<number, number>()
  #moved = 0

  add({ result, moved }: ModelCompaction): void {
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + 1)
    this.#moved += moved
  }

  get(): CompactionOutcome {
    const results = [...this.#counts].map(([result, count]) => ({ result, count }))
    return { results: results.sort((a, b) => b.count - a.count), moved: this.#moved }
  }
}

export class CompactionsBeside {
  readonly #rows = new Map<
    string,
    { readonly kind: CompactionKind; count: number; kernel: Outcome; model: Outcome }
  >()

  /** Both were asked the same at the same moment. */
  add(kernel: RecordedCompaction, model: ModelCompaction): void {
    const { by, order, gfp, priority } = kernel
    const key = [by, order, gfp, priority].join(' ')
    let row = this.#rows.get(key)
    if (row === undefined) {
      const kind = { by, order, gfp, priority }
      row = { kind, count: 0, kernel: new Outcome(), model: new Outcome() }
      this.#rows.set(key, row)
    }
    row.count++
    row.kernel.add(kernel)
    row.model.add(model)
  }

  /** The most frequent first. */
  rows(): readonly CompactionRow[] {
    return [...this.#rows.values()]
      .map(({ kind, count, kernel, model }) => ({
        ...kind,
        count,
        kernel: kernel.get(),
        model: model.get(),
      }))
      .sort((a, b) => b.count - a.count)
  }
}
