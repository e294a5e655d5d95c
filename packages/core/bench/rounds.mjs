/** Rounds: several loops timed in turns, so that what disturbs the machine disturbs all of them alike. */

/** How long one timing takes at least, in nanoseconds: long enough to pay for collecting its own garbage. */
const ROUND = 8e6
const ROUNDS = 25

const now = () => Number(process.hrtime.bigint())

function time(loop, n) {
  const start = now()
  loop(n)
  return now() - start
}

/** Warms a loop up, and finds how often it has to run to fill a round. */
function calibrate(loop) {
  let n = 1024
  while (time(loop, n) < ROUND) n *= 2
  for (let i = 0; i < 3; i++) time(loop, n)
  return n
}

/**
 * The nanoseconds that one turn of each loop takes, round by round. Before each timing the garbage of
 * the one before is collected, so that nobody pays for another's.
 */
export function interleaved(loops) {
  const entries = Object.entries(loops).map(([name, loop]) => {
    return { name, loop, n: calibrate(loop), times: [] }
  })
  for (let round = 0; round < ROUNDS; round++) {
    for (const { loop, n, times } of entries) {
      globalThis.gc({ type: 'minor' })
      times.push(time(loop, n) / n)
    }
  }
  return Object.fromEntries(entries.map(({ name, times }) => [name, times]))
}
