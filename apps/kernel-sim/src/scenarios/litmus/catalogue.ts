/** Catalogue of the litmus programs: by what they are about, each with a name and the policy that it is for. */
import type { PolicyName } from '../../kernel/policy.js'
import type { Case } from '../catalogue.js'
import { BIT_LOCK } from './bit-lock.js'
import { BLOCK_DEVICE } from './block-device.js'
import { COMPLETION } from './completion.js'
import { COUNTED_MEMORY } from './counted-memory.js'
import { FIFO } from './fifo.js'
import { INTERRUPT } from './interrupt.js'
import { JOURNAL } from './journal.js'
import { KSWAPD } from './kswapd.js'
import type { Litmus } from './litmus.js'
import { MEMORY } from './memory.js'
import { MEMPOOL } from './mempool.js'
import { MUTEX } from './mutex.js'
import { PAGE } from './page.js'
import { PROCESS } from './process.js'
import { RWSEM } from './rwsem.js'
import { SCOPE } from './scope.js'
import { SPINLOCK } from './spinlock.js'
import { TIMER } from './timer.js'
import { VARIABLE } from './variable.js'
import { WAIT_QUEUE } from './wait-queue.js'
import { WORKQUEUE } from './workqueue.js'

const PROGRAMS = {
  mutex: MUTEX,
  rwsem: RWSEM,
  spinlock: SPINLOCK,
  'bit-lock': BIT_LOCK,
  completion: COMPLETION,
  'wait-queue': WAIT_QUEUE,
  variable: VARIABLE,
  fifo: FIFO,
  interrupt: INTERRUPT,
  timer: TIMER,
  workqueue: WORKQUEUE,
  process: PROCESS,
  scope: SCOPE,
  memory: MEMORY,
  'counted-memory': COUNTED_MEMORY,
  kswapd: KSWAPD,
  mempool: MEMPOOL,
  page: PAGE,
  'block-device': BLOCK_DEVICE,
  journal: JOURNAL,
} as const satisfies Record<string, readonly Litmus[]>

/** What litmus programs are about. */
export type LitmusTopic = keyof typeof PROGRAMS

/** A litmus program as a case: its number and the name of its scenario are its topic and where it stands there. */
export interface LitmusCase extends Case {
  readonly topic: LitmusTopic
  readonly policy: PolicyName
  readonly want: Litmus['want']
}

export const LITMUS: readonly LitmusCase[] = Object.entries(PROGRAMS).flatMap(([topic, programs]) =>
  programs.map(({ program, source, want, policy = 'scope', build }, at) => {
    const name = `${topic}-${at + 1}`
    return {
      number: name,
      topic: topic as LitmusTopic,
      policy,
      want,
      scenario: { name, summary: program, source, build },
    }
  }),
)
