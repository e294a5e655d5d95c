/**
 * Last idle worker: a pool all of whose workers are busy with other things but one, which has to leave an idle one behind before it
 * works. A pool of a kernel makes as many as it needs; here it makes one. More would change no verdict (test/scenarios/pools.test.ts
 * holds them against pools of three and of any size): what gets stuck waits for the first one to be made, and where that is made the
 * rest goes on. It would cost up to four times the states.
 */
export const LAST_IDLE_WORKER = {
  workers: 1,
  creates: true,
  most: 2,
} as const
