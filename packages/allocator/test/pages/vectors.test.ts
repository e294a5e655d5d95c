/** Watermarks, fallback, the slow path and mempools against the kernel's own code. */
import { Task } from '@scopemask/core/task'
import { describe, it } from 'vitest'
import { allocPages } from '../../src/alloc/alloc-pages.js'
import type { AllocStep } from '../../src/alloc/steps.js'
import { PF } from '../../src/index.js'
import { findSuitableFallback } from '../../src/pages/fallback.js'
import { NO_PAGE } from '../../src/pages/page-frames.js'
import {
  calculateMinFreeKbytes,
  setupZoneReserves,
  totalReservePages,
  zoneWatermarkFast,
  zoneWatermarkOk,
} from '../../src/pages/watermark.js'
import { mempoolAlloc } from '../../src/slab/mempool-alloc.js'
import { agree } from '../vectors.js'

describe('agrees with Linux 6.1.192', () => {
  it.each([
    ['watermark_ok', false],
    ['watermark_ok_cma', true],
  ] as const)('__zone_watermark_ok (%s)', (name, cma) => {
    agree(
      name,
      (
        order: number,
        mark: number,
        _highest: number,
        allocFlags: number,
        freePages: number,
        lowmemReserve: number,
        reservedHighatomic: number,
        freeCma: number,
        lists: number[],
      ) => [
        Number(
          zoneWatermarkOk(
            { freePages, reservedHighatomic, freeCma, lists: (o: number) => lists[o] ?? 0, cma },
            order,
            mark,
            lowmemReserve,
            allocFlags,
          ),
        ),
      ],
    )
  })

  it('zone_watermark_fast', () => {
    agree(
      'watermark_fast',
      (
        order: number,
        mark: number,
        _highest: number,
        allocFlags: number,
        freePages: number,
        lowmemReserve: number,
        reservedHighatomic: number,
        freeCma: number,
        gfp: number,
        min: number,
        boost: number,
        lists: number[],
      ) => {
        const zone = {
          freePages,
          reservedHighatomic,
          freeCma,
          lists: (o: number) => lists[o] ?? 0,
          cma: false,
        }
        return [
          Number(
            zoneWatermarkFast(
              zone,
              order,
              mark,
              lowmemReserve,
              allocFlags,
              min,
              boost,
              (gfp & 0x200) !== 0,
            ),
          ),
        ]
      },
    )
  })

  it('__setup_per_zone_wmarks, setup_per_zone_lowmem_reserve, calculate_totalreserve_pages', () => {
    agree('zone_wmarks', (kbytes: number, scale: number, managed: number[], ratio: number[]) => {
      const reserves = setupZoneReserves(kbytes, managed, scale, ratio)
      const none = managed.map(() => [])
      return [
        reserves.watermarks.map(({ min, low, high, promo }, zone) => [
          [min, low, high, promo],
          reserves.lowmemReserve[zone],
        ]),
        totalReservePages(managed, { ...reserves, lowmemReserve: none }),
        totalReservePages(managed, reserves),
      ]
    })
  })

  it('calculate_min_free_kbytes', () => {
    agree('min_free_kbytes', (pages: number, user: number) => {
      const { kbytes, kept } = calculateMinFreeKbytes(pages, user, 1024)
      return [kbytes, Number(kept)]
    })
  })

  it('find_suitable_fallback', () => {
    agree(
      'find_suitable_fallback',
      (
        order: number,
        migratetype: number,
        onlyStealable: number,
        lists: number,
        free: number,
        disabled: number,
      ) => {
        const found = findSuitableFallback(
          { free, lists },
          order,
          migratetype,
          onlyStealable === 1,
          disabled === 1,
        )
        return [found.migratetype, found.steal === null ? null : Number(found.steal)]
      },
    )
  })

  it('mempool_alloc', () => {
    agree(
      'mempool_alloc',
      (gfp: number, _taskFlags: number, elements: number, nth: number, cap: number) => {
        const steps = mempoolAlloc(gfp)
        const events: string[] = []
        let warned = 0
        let left = elements
        let tries = 0
        let next = steps.next()
        while (!next.done) {
          const step = next.value
          let answer = false
          if (step.kind === 'warn') warned = 1
          else if (step.kind === 'alloc') {
            events.push(`alloc:${step.gfp}`)
            tries++
            answer = nth > 0 && tries >= nth
          } else if (step.kind === 'take') {
            answer = left > 0
            if (answer) {
              left--
              events.push('from_pool')
            }
          } else events.push(`io_timeout:${step.jiffies}`)
          if (events.length >= cap) return ['capped', warned, events]
          next = steps.next(answer)
        }
        return [next.value === null ? 'null' : 'elem', warned, events]
      },
    )
  })

  it('__alloc_pages and its slow path', () => {
    agree(
      'alloc_pages',
      (
        gfp: number,
        order: number,
        taskFlags: number,
        prio: number,
        preemptCount: number,
        victim: number,
        cpusets: number,
        populated: number,
        gfpAllowedMask: number,
        nth: number,
        reclaimed: number,
        reclaimRetries: number,
        compactRetries: number,
        kills: number,
        compacted: number,
        oomLock: number,
        cap: number,
        nodemask: number,
      ) => {
        const task = new Task(PF, { mask: PF.from(taskFlags) })
        const steps = allocPages({
          gfp,
          order,
          task,
          prio,
          preemptCount,
          oomVictim: victim === 1,
          cpusetsEnabled: cpusets === 1,
          populated,
          gfpAllowedMask,
          nodemask: nodemask === 1,
        })
        const events: string[] = []
        const left = { reclaim: reclaimRetries, compact: compactRetries, kills }
        let searches = 0
        const flags = () => task.mask >>> 0
        const answer = (step: AllocStep): number => {
          switch (step.kind) {
            case 'freelist':
              events.push(`F:${step.gfp}:${step.allocFlags}:${step.nodemask ?? '-'}`)
              searches++
              return nth > 0 && searches >= nth ? 1 : NO_PAGE
            case 'wake-kswapd':
              events.push('kswapd')
              return 0
            case 'compact':
              events.push(`C:${step.gfp}:${step.allocFlags}:${step.priority}:pf${flags()}`)
              return compacted
            case 'reclaim':
              events.push(`R:${step.gfp}:pf${flags()}`)
              return reclaimed
            case 'should-reclaim-retry':
              events.push('RR')
              return Number(left.reclaim-- > 0)
            case 'should-compact-retry':
              events.push('CR')
              return Number(left.compact-- > 0)
            case 'oom-lock':
              return oomLock
            case 'oom-lock-wait':
              events.push('oomlock_wait')
              return 0
            case 'out-of-memory':
              events.push(`OOM:${step.gfp}`)
              return Number(left.kills-- > 0)
            case 'trace':
              events.push(`trace:${step.gfp}:${step.migratetype}`)
              return 0
            case 'drain':
              events.push('drain')
              return 0
            case 'warn':
              events.push('WARN')
              return 0
            case 'warn-alloc':
              events.push('warn_alloc')
              return 0
            case 'memcg-charge':
              events.push('memcg_charge')
              return 0
          }
        }
        let next = steps.next()
        while (!next.done) {
          const result = answer(next.value)
          if (events.length >= cap) return ['capped', flags(), events]
          next = steps.next(result)
        }
        return [next.value === NO_PAGE ? 'null' : 'page', flags(), events]
      },
    )
  })
})
