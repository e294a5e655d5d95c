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

  /** How many times `b` the cost of `a` is: the median of the processes that have both, or else of all that have one. */
  ratio(setting, a, b, without) {
    const cost = (quickest, label) => quickest[label] - (without ? quickest[without] : 0)
    const both = this.#of(setting, a, b)
    if (both.length > 0) {
      return median(both.map(({ quickest }) => cost(quickest, a) / cost(quickest, b)))
    }
    return this.quickest(setting, a) / this.quickest(setting, b)
  }
}
