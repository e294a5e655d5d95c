/** Catalogue: the bundled scenarios, in the order of the matrix, each with the number of its case. */
import type { Scenario } from '../kernel/scenario.js'
import { btreeSplit } from './btree-split.js'
import { cilPush } from './cil-push.js'
import { directRecursion } from './direct-recursion.js'
import { falseAlarm } from './false-alarm.js'
import { journalHandle } from './journal-handle.js'
import { loopOverDmBufio, loopOverDmBufioNofs } from './loop-over-dm-bufio.js'
import { nfsLocalio } from './nfs-localio.js'
import { noIdleWorker, noIdleWorkerRescued } from './no-idle-worker.js'
import { rescuerAgf } from './rescuer-agf.js'
import { rhashtableResize, rhashtableResizeWaited } from './rhashtable-resize.js'
import { sharedWorker, sharedWorkers } from './shared-worker.js'
import { tooWeak } from './too-weak.js'
import { transactionHandOff } from './transaction-hand-off.js'
import { usermodeHelper } from './usermode-helper.js'
import { virtiofs } from './virtiofs.js'
import { vmalloc, vmallocScoped } from './vmalloc.js'

export interface Case {
  /** `1`, or `5b` for a variant of case 5. */
  readonly number: string
  readonly scenario: Scenario
}

export const CASES: readonly Case[] = [
  { number: '1', scenario: directRecursion },
  { number: '2', scenario: usermodeHelper },
  { number: '3', scenario: sharedWorker },
  { number: '3b', scenario: sharedWorkers },
  { number: '4', scenario: cilPush },
  { number: '5', scenario: loopOverDmBufio },
  { number: '5b', scenario: loopOverDmBufioNofs },
  { number: '6', scenario: transactionHandOff },
  { number: '7', scenario: btreeSplit },
  { number: '8', scenario: noIdleWorker },
  { number: '8b', scenario: noIdleWorkerRescued },
  { number: '9', scenario: nfsLocalio },
  { number: '10', scenario: journalHandle },
  { number: '11', scenario: virtiofs },
  { number: '12', scenario: vmalloc },
  { number: '12b', scenario: vmallocScoped },
  { number: '13', scenario: falseAlarm },
  { number: '14', scenario: tooWeak },
  { number: '15', scenario: rescuerAgf },
  { number: '16', scenario: rhashtableResize },
  { number: '16b', scenario: rhashtableResizeWaited },
]
