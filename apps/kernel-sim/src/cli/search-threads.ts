/** Search threads: starts the threads that search one cell together. */
import { Worker } from 'node:worker_threads'
import { Crew } from '@scopemask/checker/node'
import type { SearchThread } from './search-thread.js'

/** @param threads how many search, the one that calls included. */
export function crewOf(
  threads: number,
  cell: Omit<SearchThread, 'link'>,
  { partialOrder, symmetry }: { readonly partialOrder: boolean; readonly symmetry: boolean },
): Crew {
  return new Crew(threads - 1, { partialOrder, symmetry }, (link) => {
    const workerData: SearchThread = { ...cell, link }
    const thread = new Worker(new URL('./search-thread.js', import.meta.url), {
      workerData,
      transferList: [link.port],
    })
    // Nothing is lost with it: what it does not do, the others do.
    thread.on('error', ({ message }) => {
      process.stderr.write(`kernel-sim: a search thread failed, the others went on: ${message}\n`)
    })
    thread.unref()
  })
}
