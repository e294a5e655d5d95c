/** Search threads: starts the threads that search one cell together, and sees to it that they end. */
import { Worker } from 'node:worker_threads'
import { Crew, type CrewOptions } from '@scopemask/checker/node'
import { why } from './load-module.js'
import type { SearchThread } from './search-thread.js'

/** How long a thread may take to end once the search has ended, in ms: one that is still loading the scenario does that first. */
const PATIENCE = 10_000

/** Who searches what. */
export interface ThreadedSearch {
  /** How many threads search, the one that calls included. */
  readonly threads: number
  readonly cell: Omit<SearchThread, 'link'>
  readonly reductions: Pick<CrewOptions, 'partialOrder' | 'symmetry'>
}

/**
 * Searches a cell with several threads, which are started once it is worth it, and have ended when this returns. If one has failed that is
 * said on standard error, once, since what one fails of the others mostly fail of too.
 * @param search is the search itself. What it finds does not depend on the threads: without them it goes on alone.
 * @throws what `search` throws; then nothing is said of threads.
 */
export async function withThreads<T>(
  { threads, cell, reductions }: ThreadedSearch,
  search: (crew: Crew) => Promise<T>,
): Promise<T> {
  const ends: (() => Promise<string | null>)[] = []
  const crew = new Crew(threads - 1, reductions, (link) => {
    const workerData: SearchThread = { ...cell, link }
    const url = new URL('./search-thread.js', import.meta.url)
    ends.push(endOf(new Worker(url, { workerData, transferList: [link.port] })))
  })
  let failures: readonly (string | null)[] = []
  let found: T
  try {
    found = await search(crew)
  } finally {
    crew.dismiss()
    failures = await Promise.all(ends.map((end) => end()))
  }
  const isShort = ends.length > 0 && !crew.isReady
  const failure =
    failures.find((each) => each !== null) ?? (isShort ? 'it ended before it had begun' : null)
  if (failure !== null) {
    process.stderr.write(
      `kernel-sim: a search thread failed, so the search went on with one thread, and the result is the same: ${failure}\n`,
    )
  }
  return found
}

/**
 * Notes how a thread ends.
 * @returns waits for that, or ends the thread when it takes too long, and says what it failed of; null if it did not fail.
 */
function endOf(thread: Worker): () => Promise<string | null> {
  let failure: string | null = null
  thread.on('error', (thrown: unknown) => {
    failure = why(thrown)
  })
  const end = new Promise<void>((resolve) => {
    thread.on('exit', (code) => {
      if (code !== 0) failure ??= `it ended with exit code ${code}`
      resolve()
    })
  })
  return async () => {
    const late = setTimeout(() => {
      failure ??= `it did not end within ${PATIENCE / 1000} s`
      void thread.terminate()
    }, PATIENCE)
    await end
    clearTimeout(late)
    return failure
  }
}
