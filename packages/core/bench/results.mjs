/** Results: what the processes of a table found, put together. */

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

/** The results of one table: a list of processes, each with its setting and what it found by label. */
export class Results {
  #processes = []

  add(setting, found) {
    const quickest = {}
    const typical = {}
    for (const [label, times] of Object.entries(found)) {
      const rounds = [times].flat()
      quickest[label] = Math.min(...rounds)
      typical[label] = median(rounds)
    }
    this.#processes.push({ setting, quickest, typical })
  }

  get labels() {
    return [...new Set(this.#processes.flatMap(({ quickest }) => Object.keys(quickest)))]
  }

  #of(setting, ...labels) {
    return this.#processes.filter(
      (process) =>
        process.setting === setting && labels.every((label) => label in process.quickest),
    )
  }

  /** Whether a process of this setting measured it. */
  has(setting, label) {
    return this.#of(setting, label).length > 0
  }

  /** The quickest round of each process, of these the median. */
  quickest(setting, label) {
    return median(this.#of(setting, label).map(({ quickest }) => quickest[label]))
  }

  /** The median round of each process, of these the median. */
  typical(setting, label) {
    return median(this.#of(setting, label).map(({ typical }) => typical[label]))
  }

  /**
   * How many times the cost of `b` the cost of `a` is: the median of the processes that have both. Where none
   * has, or where something is subtracted first and little may be left, what they cost at their best decides.
   */
  ratio(setting, a, b, without) {
    const both = this.#of(setting, a, b)
    if (both.length > 0 && without === undefined) {
      return median(both.map(({ quickest }) => quickest[a] / quickest[b]))
    }
    const best = (label) =>
      Math.min(...this.#of(setting, label).map((found) => found.quickest[label]))
    const rest = without === undefined ? 0 : best(without)
    return (best(a) - rest) / (best(b) - rest)
  }
}
