/** Rounds: several loops timed in turns, so that what disturbs the machine disturbs all of them alike. */
import { stat } from 'node:fs'

/** How long one timing takes at least, in nanoseconds. */
const ROUND = 6e6
const ROUNDS = 15

const now = () => Number(process.hrtime.bigint())

/** Where code runs in a program that does nothing else: in async functions, after an await. */
export const plain = [(callback) => Promise.resolve().then(callback)]

/** Where it runs in a server. */
export const server = [
  ...plain,
  (callback) => setTimeout(callback, 1),
  (callback) => setImmediate(callback),
  (callback) => process.nextTick(callback),
  (callback) => stat('.', callback),
]

/** The nanoseconds that `n` turns of a loop take in a place of the program. */
function time(loop, n, place) {
  globalThis.gc({ type: 'minor' })
  return new Promise((resolve, reject) => {
    place(async () => {
      try {
        const start = now()
        const result = loop(n)
        if (typeof result === 'object') await result
        resolve(now() - start)
      } catch (thrown) {
        reject(thrown)
      }
    })
  })
}

/** Warms a loop up, in each place, and finds how often it has to run to fill a round. */
async function calibrate(loop, places) {
  let n = 1024
  for (let enough = 0; enough < 3; ) {
    let quickest = Infinity
    for (const place of places) quickest = Math.min(quickest, await time(loop, n, place))
    if (quickest < ROUND) n *= 2
    else enough++
  }
  return n
}

/**
 * The nanoseconds that one turn of each loop takes, round by round, each round in the next of the places. The
 * garbage of the one before is collected first, so that nobody pays for another's.
 */
export async function interleaved(loops, places) {
  const entries = []
  for (const [name, loop] of Object.entries(loops)) {
    entries.push({ name, loop, n: await calibrate(loop, places), times: [] })
  }
  for (let round = 0; round < ROUNDS; round++) {
    const place = places[round % places.length]
    for (const { loop, n, times } of entries) times.push((await time(loop, n, place)) / n)
  }
  return Object.fromEntries(entries.map(({ name, times }) => [name, times]))
}
