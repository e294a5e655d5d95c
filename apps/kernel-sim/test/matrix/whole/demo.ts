import { EventEmitter } from 'node:events'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { CellAnswer, CellRequest } from '../../../src/cli/cells.js'
import { POLICIES } from '../../../src/kernel/policy.js'
import { matrixText } from '../../../src/report/check/text.js'
import { kernelSim } from '../../cli/kernel-sim.js'
import { ROWS } from './rows.js'

/** A thread for cells that knows them all, since they have been searched: that threads find the same is tested with check. */
class Knowing extends EventEmitter {
  readonly #asked: CellRequest[]

  constructor(asked: CellRequest[]) {
    super()
    this.#asked = asked
  }

  postMessage(request: CellRequest): void {
    this.#asked.push(request)
    const row = ROWS.find(({ number }) => number === request.given)
    const cell = row?.cells.find(({ policy }) => policy === request.policy)
    const answer: CellAnswer = cell
      ? { cell, seconds: 0 }
      : { wrong: `${request.given} under ${request.policy} is not in the matrix` }
    setImmediate(() => this.emit('message', answer))
  }

  async terminate(): Promise<void> {}
}

/** Runs `kernel-sim demo` with threads that know the cells. Returns how it ended, and what the threads were asked. */
async function demo() {
  const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: unknown }
  const Real = threads.Worker as typeof Worker
  const asked: CellRequest[] = []
  threads.Worker = class {
    constructor(file: URL) {
      // biome-ignore lint/correctness/noConstructorReturn: it stands for two kinds of threads.
      return file.pathname.endsWith('/cell-thread.js') ? new Knowing(asked) : new Real(file)
    }
  }
  syncBuiltinESMExports()
  try {
    return { ...(await kernelSim(['demo'])), asked }
  } finally {
    threads.Worker = Real
    syncBuiltinESMExports()
  }
}

describe('kernel-sim demo', () => {
  it('shows the matrix and the audit, and ends with the answer', async () => {
    const { status, stdout, stderr, asked } = await demo()
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const parts = [
      'direct-recursion',
      'kernel-sim audit of a-xfs',
      'nofs differs from scope',
      'Is it simple enough',
      'No, it is',
    ]
    const places = parts.map((part) => stdout.indexOf(part))
    expect(places.every((place) => place >= 0)).toBe(true)
    expect([...places].sort((a, b) => a - b)).toEqual(places)
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('rht_deferred_worker')
    expect(stdout.slice(0, places[1])).toContain(matrixText(ROWS, false))
    // Each cell is searched once, as the rows here were but for what their reductions count.
    const all = ROWS.flatMap(({ number }) => POLICIES.map(({ name }) => [number, name]))
    expect(asked.map(({ given, policy }) => [given, policy])).toEqual(all)
    for (const { given, policy, ...how } of asked) {
      expect(how).toEqual({ set: {}, search: {}, reductions: [], repair: ['scope'], fair: false })
    }
  })
})
