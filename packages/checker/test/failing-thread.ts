/**
 * Failing thread: makes one of the threads of a crew fail while all enter states into larger slots, for crew.test.ts. The others wait for that in the parts that
 * they have taken, so that there is one for it.
 */

/** What the thread says that fails. */
export const FAILURE = 'this thread was made to fail'
/** How long the others wait for it, in ms. */
const PATIENCE = 20_000

/**
 * From now on the thread that calls fails, or waits, at the first slot that it touches.
 * @param meeting one number that all threads share: 1 once one has failed.
 * @returns what undoes it.
 */
export function failEntering(meeting: Int32Array, role: 'fails' | 'waits'): () => void {
  const { compareExchange } = Atomics
  const undo = (): void => void Object.assign(Atomics, { compareExchange })
  const touch = (): void => {
    undo()
    if (role === 'waits') Atomics.wait(meeting, 0, 0, PATIENCE)
    else {
      Atomics.store(meeting, 0, 1)
      Atomics.notify(meeting, 0)
      throw new Error(FAILURE)
    }
  }
  Object.assign(Atomics, {
    compareExchange: (array: Int32Array, at: number, expected: number, own: number): number => {
      // Nothing else puts a 0 where there is one.
      if (expected === 0 && own === 0) touch()
      return compareExchange(array, at, expected, own)
    },
  })
  return undo
}
