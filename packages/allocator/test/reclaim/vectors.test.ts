/** Throttling of reclaim against the kernel's own code. */
import { describe, it } from 'vitest'
import {
  allowDirectReclaim,
  givesUpReclaim,
  reclaimThrottle,
  throttleDirectReclaim,
  writebackCase,
} from '../../src/reclaim/throttle.js'
import { agree } from '../vectors.js'

const REASONS = ['writeback', 'isolated', 'noprogress', 'congested'] as const

describe('agrees with Linux 6.1.192', () => {
  it('reclaim_throttle', () => {
    agree('reclaim_throttle', (taskFlags: number, reason: number, skip: number) => [
      reclaimThrottle(taskFlags, REASONS[reason] ?? 'writeback', skip === 1),
    ])
  })

  it('throttle_direct_reclaim, allow_direct_reclaim', () => {
    agree(
      'throttle_direct_reclaim',
      (
        gfp: number,
        taskFlags: number,
        before: number,
        after: number,
        populated: number,
        failures: number,
        free: number,
        min: number,
        reclaimable: number,
      ) => {
        const zones = [0, 1, 2, 3, 4]
          .filter((zone) => (populated & (1 << zone)) !== 0)
          .map((index) => ({ index, free, min, reclaimable }))
        const wait = throttleDirectReclaim(gfp, taskFlags, before === 1, zones, failures)
        const events =
          wait === null
            ? []
            : [
                'wake_kswapd',
                wait.timeout === null ? 'wait_killable' : `wait_timeout:${wait.timeout}`,
              ]
        return [
          Number(givesUpReclaim(wait, after === 1)),
          Number(allowDirectReclaim(zones, failures)),
          events,
        ]
      },
    )
  })

  it('shrink_folio_list, for pages under writeback', () => {
    const cases = { immediate: 1, mark: 2, wait: 3 }
    agree(
      'writeback_case',
      (
        gfp: number,
        swapcache: number,
        fsOps: number,
        kswapd: number,
        reclaim: number,
        writeback: number,
        sane: number,
      ) => [
        cases[
          writebackCase(
            gfp,
            { swapcache: swapcache === 1, swapFsOps: fsOps === 1, reclaim: reclaim === 1 },
            kswapd === 1,
            writeback === 1,
            sane === 1,
          )
        ],
      ],
    )
  })
})
