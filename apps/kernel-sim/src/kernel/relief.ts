/**
 * Relief: what may come from outside once tasks are stuck, so that a pool of workers has one more. Whether it comes to that is what
 * tells a deadlock that lasts as long as something else does from one that stays.
 *
 * - `memory`: memory comes back. A pool that could make no worker makes one; one that creates workers does so by itself, if
 *   kthreadd can.
 * - `other-work`: other work is done. A worker of each pool that has few comes back from it.
 *
 * It comes in the one step of a thread that is made last, so that all other tasks have the numbers that they have without it.
 */
import { BLOCKED, type Machine, type Row } from '@scopemask/checker/machine'
import { KernelOperation } from './operation.js'
import type { StartKthread } from './work/kthread.js'

export type Relief = 'memory' | 'other-work'

/** What comes, as the names of tasks and steps. */
const NAMES = { memory: 'memory comes back', 'other-work': 'other work is done' } as const

/** Makes the thread with which relief comes. @param takeEffect changes the state in which it comes. */
export function startRelief(
  machine: Machine,
  kthread: StartKthread,
  relief: Relief,
  takeEffect: (row: Row) => void,
): void {
  const object = machine.object('relief')
  const came = machine.field(object, 'came')
  const comes = new KernelOperation({
    name: NAMES[relief],
    kind: 'relief',
    object,
    wakes: true,
    attempt: (row) => {
      if (came.get(row) === 1) return BLOCKED
      came.set(row, 1)
      takeEffect(row)
      return 0
    },
  })
  kthread(NAMES[relief], function* () {
    yield* comes
  })
}
