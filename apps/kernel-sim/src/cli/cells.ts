/** Cells: many scenarios under many policies, several at a time in threads. */

import { Worker } from 'node:worker_threads'
import type { SearchOptions } from '@scopemask/checker/search'
import { InputError } from '../input-error.js'
import type { Chosen } from '../kernel/parameters.js'
import type { Policy, PolicyName } from '../kernel/policy.js'
import type { CaseRow, Cell } from '../matrix/cell.js'
import { about } from '../matrix/cell.js'
import type { Case } from '../scenarios/catalogue.js'

/** What a thread is asked, and what it answers: a cell, or what is wrong with the scenario. */
export interface CellRequest {
  /** What {@link loadScenario} finds the scenario by. */
  readonly given: string
  /** Values of its parameters. */
  readonly set: Chosen
  readonly policy: string
  readonly search: Omit<SearchOptions, 'crew' | 'onProgress'>
  readonly reductions: readonly PolicyName[]
  readonly repair: readonly PolicyName[]
  readonly fair: boolean
}

export type CellAnswer =
  | { readonly cell: Cell; readonly seconds: number }
  | { readonly wrong: string }

/**
 * Checks cells in threads. The result is the same as one after the other.
 * @param cases by what they are found.
 * @param onProgress is told how many cells are done, and of how many.
 * @throws InputError for the first scenario that breaks a rule.
 */
export async function rowsInThreads(
  threads: number,
  cases: ReadonlyMap<string, Case>,
  policies: readonly Policy[],
  options: Pick<CellRequest, 'set' | 'search' | 'reductions' | 'repair' | 'fair'>,
  onProgress: (done: number, all: number) => void,
): Promise<CaseRow[]> {
  const requests = [...cases.keys()].flatMap((given) =>
    policies.map((policy): CellRequest => ({ given, policy: policy.name, ...options })),
  )
  const answers: CellAnswer[] = []
  let next = 0
  let done = 0
  const work = async (): Promise<void> => {
    const thread = new Worker(new URL('./cell-thread.js', import.meta.url))
    try {
      for (let at = next++; at < requests.length; at = next++) {
        answers[at] = await ask(thread, requests[at] as CellRequest)
        onProgress(++done, requests.length)
      }
    } finally {
      await thread.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, requests.length) }, work))
  return [...cases.values()].map((each, row) => {
    const cells: Cell[] = []
    let seconds = 0
    for (const answer of answers.slice(row * policies.length, (row + 1) * policies.length)) {
      if ('wrong' in answer) throw new InputError(answer.wrong)
      cells.push(answer.cell)
      seconds += answer.seconds
    }
    return { ...about(each), cells, seconds }
  })
}

function ask(thread: Worker, request: CellRequest): Promise<CellAnswer> {
  return new Promise((resolve, reject) => {
    thread.once('message', (answer: CellAnswer) => {
      thread.off('error', reject)
      resolve(answer)
    })
    thread.once('error', reject)
    thread.postMessage(request)
  })
}
