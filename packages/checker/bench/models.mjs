/**
 * Models: the two that every text on simulation begins with, as numbers. Times come from one table of exponential variates, the same
 * in every language, so that nobody's random numbers are measured.
 */
export const VARIATES = 4096

/** Exponential variates with mean 1. */
export function variates() {
  const table = new Float64Array(VARIATES)
  let state = 12_345
  for (let i = 0; i < VARIATES; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    table[i] = -Math.log((state + 1) / 0x80000000)
  }
  return table
}

/** Machines that fail, and are repaired by few: 2 events for each failure. */
export const REPAIR = { machines: 100, repairers: 10, untilFailure: 10, repair: 1 }

/** Customers who come, and are served by one of several: 2 events for each customer. */
export const QUEUE = { servers: 3, between: 1 / 2.4, service: 1 }
