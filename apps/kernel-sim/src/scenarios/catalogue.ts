/** Catalogue: the bundled scenarios, in the order of the matrix, each with the number of its case. */
import type { Scenario } from '../kernel/scenario.js'
import { btreeSplit } from './btree-split.js'
import { cifsOplock, cifsOplockSeparate } from './cifs-oplock.js'
import { cilPush } from './cil-push.js'
import { directRecursion } from './direct-recursion.js'
import { dmIntegrityOffload, dmIntegrityOffloadOwn } from './dm-integrity-offload.js'
import { drainAllPages, drainAllPagesRescued } from './drain-all-pages.js'
import { f2fsQuotaRelease, f2fsQuotaReleaseRescued } from './f2fs-quota-release.js'
import { falseAlarm } from './false-alarm.js'
import { gfs2Evict, gfs2EvictAsync } from './gfs2-evict.js'
import { journalHandle } from './journal-handle.js'
import {
  loopOverDmBufio,
  loopOverDmBufioNofs,
  loopOverDmBufioTrylock,
} from './loop-over-dm-bufio.js'
import { mdFlush, mdFlushSystemRescued } from './md-flush.js'
import { nbdDaemon } from './nbd-daemon.js'
import { nfsLocalio } from './nfs-localio.js'
import { noIdleWorker, noIdleWorkerRescued } from './no-idle-worker.js'
import { rescuerAgf, rescuerAgfFixed, rescuerAgfOneByOne } from './rescuer-agf.js'
import { rhashtableResize, rhashtableResizeWaited } from './rhashtable-resize.js'
import {
  sharedWorker,
  sharedWorkerCreates,
  sharedWorkerRescued,
  sharedWorkers,
  sharedWorkerUsualQueue,
} from './shared-worker.js'
import { smackLock } from './smack-lock.js'
import { sunrpcFreeClient, sunrpcFreeClientDeferred } from './sunrpc-free-client.js'
import { noOomKill, tooWeak, tooWeakKswapd } from './too-weak.js'
import { transactionHandOff } from './transaction-hand-off.js'
import { usermodeHelper } from './usermode-helper.js'
import { virtiofs } from './virtiofs.js'
import { vmalloc, vmallocScoped } from './vmalloc.js'
import { xfsIomapDirtyFolios } from './xfs-iomap-dirty-folios.js'
import { zfsVdevQueue, zfsVdevQueueNosleep } from './zfs-vdev-queue.js'

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
  { number: '3c', scenario: sharedWorkerUsualQueue },
  { number: '3d', scenario: sharedWorkerCreates },
  { number: '3e', scenario: sharedWorkerRescued },
  { number: '4', scenario: cilPush },
  { number: '5', scenario: loopOverDmBufio },
  { number: '5b', scenario: loopOverDmBufioNofs },
  { number: '5c', scenario: loopOverDmBufioTrylock },
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
  { number: '14b', scenario: tooWeakKswapd },
  { number: '14c', scenario: noOomKill },
  { number: '15', scenario: rescuerAgf },
  { number: '15b', scenario: rescuerAgfFixed },
  { number: '15c', scenario: rescuerAgfOneByOne },
  { number: '16', scenario: rhashtableResize },
  { number: '16b', scenario: rhashtableResizeWaited },
  { number: '17', scenario: zfsVdevQueue },
  { number: '17b', scenario: zfsVdevQueueNosleep },
  { number: '18', scenario: f2fsQuotaRelease },
  { number: '18b', scenario: f2fsQuotaReleaseRescued },
  { number: '19', scenario: xfsIomapDirtyFolios },
  { number: '20', scenario: sunrpcFreeClient },
  { number: '20b', scenario: sunrpcFreeClientDeferred },
  { number: '21', scenario: drainAllPages },
  { number: '21b', scenario: drainAllPagesRescued },
  { number: '22', scenario: mdFlush },
  { number: '22b', scenario: mdFlushSystemRescued },
  { number: '23', scenario: nbdDaemon },
  { number: '24', scenario: dmIntegrityOffload },
  { number: '24b', scenario: dmIntegrityOffloadOwn },
  { number: '25', scenario: gfs2Evict },
  { number: '25b', scenario: gfs2EvictAsync },
  { number: '26', scenario: smackLock },
  { number: '27', scenario: cifsOplock },
  { number: '27b', scenario: cifsOplockSeparate },
]
