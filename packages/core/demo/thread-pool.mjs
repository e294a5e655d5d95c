/** A pool of threads: messages go to the threads in turn, and every thread works on many at once. */
import { parentPort, Worker } from 'node:worker_threads'

export class ThreadPool {
  #threads
  #waiting = new Map()
  #count = 0

  constructor(url, size) {
    this.#threads = Array.from({ length: size }, () => {
      const thread = new Worker(url)
      thread.on('message', ({ id, reply }) => {
        this.#waiting.get(id).resolve(reply)
        this.#waiting.delete(id)
      })
      thread.on('error', (error) => {
        for (const { reject } of this.#waiting.values()) reject(error)
      })
      return thread
    })
  }

  /** What the thread replies to a message. The signal reaches the thread too. */
  run(message, signal) {
    const id = this.#count++
    const thread = this.#threads[id % this.#threads.length]
    signal.addEventListener('abort', () => thread.postMessage({ id, abort: true }))
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      thread.postMessage({ id, message })
    })
  }

  async close() {
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }
}

/** The other side: replies to each message with what `handle` makes of it. */
export function serve(handle) {
  const cancellers = new Map()
  parentPort.on('message', async ({ id, message, abort }) => {
    if (abort) return cancellers.get(id)?.abort()
    const canceller = new AbortController()
    cancellers.set(id, canceller)
    parentPort.postMessage({ id, reply: await handle(message, canceller.signal) })
    cancellers.delete(id)
  })
}

/** Does some work; what became of it, in a form that can be posted. */
export async function outcome(fn) {
  const seen = []
  try {
    await fn((expected, mask) => seen.push([expected, mask]))
    return { seen }
  } catch ({ name, message }) {
    return { seen, error: { name, message } }
  }
}

/** Counts what a thread replied, and ends as the job did there. */
export function count({ seen, left, error }, { tally, saw }) {
  for (const [expected, mask] of seen) saw(expected, mask)
  if (left) tally.left++
  if (error) throw Object.assign(new Error(error.message), { name: error.name })
}
