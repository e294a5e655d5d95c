/**
 * Load watch: says of a user's file that is being loaded that it does not come to its end. Its code runs in this thread, between other
 * promises, so nothing here can look at a clock when it loops; another thread does, and has V8 end what runs.
 */
import { isMainThread, Worker } from 'node:worker_threads'
import { InputError } from '../input-error.js'

/** How long code may keep the thread to itself while a file is loaded, in ms. */
const PATIENCE = 10_000
/** Between two signs of life, in ms. */
const BEAT = 200

/** What the two threads share: how often this one gave a sign of life, and whether the other one has ended what ran here. */
const BEATS = 0
const ENDED = 1

/** Waits until this thread gives no sign of life, and then ends what runs in it, as a debugger would. */
const OTHER_THREAD = `
const { workerData: { shared, patience } } = require('node:worker_threads')
for (let seen = 0; Atomics.wait(shared, ${BEATS}, seen, patience) !== 'timed-out'; ) seen = Atomics.load(shared, ${BEATS})
const session = new (require('node:inspector').Session)()
session.connectToMainThread()
Atomics.store(shared, ${ENDED}, 1)
session.post('Runtime.terminateExecution')
`

/**
 * Loads a file.
 * @param given the file, as the user calls it.
 * @param load loads it; where it is ended it does nothing more, and its promise stays as it is.
 * @throws InputError when its code keeps the thread for seconds, or awaits what never comes.
 */
export async function watchedLoad<T>(
  given: string,
  load: () => Promise<T>,
  patience = PATIENCE,
): Promise<T> {
  // In threads and in cages somebody else has the clock, and has loaded the file before.
  if (!isMainThread || process.permission !== undefined) return await load()
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const thread = new Worker(OTHER_THREAD, { eval: true, workerData: { shared, patience } })
  thread.unref()
  let giveUp = (_: InputError): void => {}
  const gaveUp = new Promise<never>((_, reject) => {
    giveUp = reject
  })
  // Where code was ended nothing is left to do, and where it awaits what never comes neither.
  const atRest = (): void => {
    const why =
      shared[ENDED] === 1
        ? `its code does not come to its end within ${patience / 1000} s: does it loop?`
        : 'it awaits something that never comes'
    giveUp(new InputError(`${given} cannot be loaded: ${why}`))
  }
  const beat = setInterval(() => {
    if (shared[ENDED] === 1) atRest()
    Atomics.add(shared, BEATS, 1)
    Atomics.notify(shared, BEATS)
  }, BEAT).unref()
  process.once('beforeExit', atRest)
  try {
    // Not at once: code that is ended takes along whoever has called it.
    return await Promise.race([Promise.resolve().then(load), gaveUp])
  } finally {
    clearInterval(beat)
    process.off('beforeExit', atRest)
    await thread.terminate()
  }
}
