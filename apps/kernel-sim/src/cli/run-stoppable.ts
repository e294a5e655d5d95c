/**
 * Run stoppable: runs a search a little at a time, so that Ctrl-C and SIGTERM are heard between, and something can be done before the process
 * ends by them. SIGHUP is left alone: whoever starts a long search by `nohup` wants it to be ignored.
 */
import { Interrupted } from '@scopemask/checker/machine'
import type { Search, SearchResult } from '@scopemask/checker/search'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Runs a search to its result. Where a signal comes before that, the process ends as the signal would have ended it.
 * @param between is told after each part of the search what the result is, once there is one, and whether the process is going to end.
 */
export async function runStoppable(
  search: Search,
  between: (result: SearchResult | null, isStopping: boolean) => void,
): Promise<SearchResult> {
  let stop: NodeJS.Signals | null = null
  const onSignal = (signal: NodeJS.Signals): void => {
    stop = signal
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  const deafen = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  const { watch } = search.machine
  try {
    for (;;) {
      let result: SearchResult | null = null
      try {
        result = watch === null ? search.advance() : watch.part(() => search.advance())
      } catch (thrown) {
        if (!(thrown instanceof Interrupted)) throw thrown
        // Ctrl-C while the scenario's code ran, which no handler sees.
        if (thrown.reason === 'signal') stop = 'SIGINT'
        else if (thrown.reason !== 'late') throw thrown
      }
      if (result === null) await signals()
      between(result, stop !== null)
      if (result !== null) return result
      if (stop !== null) {
        deafen()
        process.kill(process.pid, stop)
        // It takes a moment to end.
        return await new Promise(() => {})
      }
    }
  } finally {
    deafen()
  }
}

/** Waits until signals that have come were heard: the second of two turns comes after the loop has looked for what happened. */
function signals(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}
