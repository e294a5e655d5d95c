/** Every gfp function against the kernel's own code. */
import { describe, expect, it } from 'vitest'
import {
  allocFlagsNofragment,
  currentGfpContext,
  currentMayThrottle,
  formatGfp,
  formatGfpTrace,
  fsReclaimRelease,
  gfpCompactionAllowed,
  gfpflagsAllowBlocking,
  gfpLayout,
  gfpMigratetype,
  gfpMobilityInvalid,
  gfpPfmemallocAllowed,
  gfpPfmemallocFlags,
  gfpToAllocFlags,
  gfpZone,
  gfpZoneIndex,
  gfpZonelist,
  gfpZoneTable,
  inHardirq,
  inInterrupt,
  inNmi,
  inServingSoftirq,
  inTask,
  linux6_1,
  mayEnterFs,
  memallocRetryWait,
  mightAlloc,
  needReclaim,
  prepareAllocPages,
  type ZoneName,
} from '../../src/index.js'
import { agree } from '../vectors.js'

const lockdep = gfpLayout('6.1', { lockdep: true })
const kasan = gfpLayout('6.1', { kasanHwTags: true })

describe('agrees with Linux 6.1.192', () => {
  it('current_gfp_context', () => {
    agree('current_gfp_context', (taskFlags: number, gfp: number) => [
      currentGfpContext(taskFlags, gfp),
    ])
  })

  it('gfpflags_allow_blocking, gfp_compaction_allowed, gfp_zonelist', () => {
    agree('gfp_predicates', (gfp: number) => [
      Number(gfpflagsAllowBlocking(gfp)),
      Number(gfpCompactionAllowed(gfp)),
      gfpZonelist(gfp),
    ])
  })

  it('gfp_zone, in four configurations', () => {
    agree('gfp_zone', (config: string, gfp: number) => {
      const names = config.slice('zones:'.length).split(',')
      const zones = names.map((zone) => `ZONE_${zone}` as ZoneName)
      const { name, index, bad } = gfpZone(gfp, zones)
      expect(gfpZoneIndex(gfp, gfpZoneTable(zones))).toBe(index)
      return [name, index, Number(bad)]
    })
  })

  it('gfp_migratetype', () => {
    agree('gfp_migratetype', (gfp: number, disabled: number) => [
      gfpMigratetype(gfp, disabled === 1),
      Number(gfpMobilityInvalid(gfp)),
    ])
  })

  it('gfp_to_alloc_flags', () => {
    agree('gfp_to_alloc_flags', (gfp: number, order: number, prio: number, preempt: number) => [
      gfpToAllocFlags(gfp, order, prio, preempt),
    ])
  })

  it('gfp_to_alloc_flags with CONFIG_CMA', () => {
    agree('gfp_to_alloc_flags_cma', (gfp: number, order: number, prio: number, preempt: number) => [
      gfpToAllocFlags(gfp, order, prio, preempt, true),
    ])
  })

  it('__gfp_pfmemalloc_flags', () => {
    agree('pfmemalloc', (gfp: number, taskFlags: number, preempt: number, victim: number) => {
      const request = [gfp, taskFlags, preempt, victim === 1] as const
      return [gfpPfmemallocFlags(...request), Number(gfpPfmemallocAllowed(...request))]
    })
  })

  it('in_task and its kin', () => {
    agree('task_context', (preempt: number) =>
      [inTask, inInterrupt, inServingSoftirq, inHardirq, inNmi].map((is) => Number(is(preempt))),
    )
  })

  it('prepare_alloc_pages', () => {
    agree(
      'prepare_alloc_pages',
      (gfp: number, cpusets: number, preemptCount: number, nodemask: number) => {
        const cpusetsEnabled = cpusets === 1
        const ac = prepareAllocPages(gfp, {
          cpusetsEnabled,
          preemptCount,
          nodemask: nodemask === 1,
        })
        return [
          ac.gfp,
          ac.allocFlags,
          ac.highestZoneidx,
          ac.zonelist,
          ac.migratetype,
          ac.nodemask,
          Number(ac.spreadDirtyPages),
        ]
      },
    )
  })

  it('alloc_flags_nofragment', () => {
    agree(
      'alloc_flags_nofragment',
      (gfp: number, preferred: number, nodes: number, populated: number) => [
        allocFlagsNofragment(gfp, preferred, nodes, populated),
      ],
    )
  })

  it('__need_reclaim, fs_reclaim_acquire, might_alloc with CONFIG_LOCKDEP', () => {
    agree('fs_reclaim', (gfp: number, taskFlags: number) => {
      const need = needReclaim(lockdep, taskFlags, gfp)
      const { fsReclaim, mmuNotifier, mightSleep } = mightAlloc(lockdep, taskFlags, gfp)
      const released = fsReclaimRelease(lockdep, taskFlags, gfp)
      return [need, fsReclaim, mmuNotifier, released, mightSleep].map(Number)
    })
  })

  it('may_enter_fs', () => {
    agree('may_enter_fs', (gfp: number, swapcache: number, fsOps: number) => [
      Number(mayEnterFs(gfp, swapcache === 1, fsOps === 1)),
    ])
  })

  it('current_may_throttle', () => {
    agree('current_may_throttle', (taskFlags: number) => [Number(currentMayThrottle(taskFlags))])
  })

  it('memalloc_retry_wait', () => {
    agree('memalloc_retry_wait', (gfp: number, taskFlags: number) => [
      memallocRetryWait(taskFlags, gfp),
    ])
  })

  it.each([
    ['fmt_pGg', linux6_1],
    ['fmt_pGg_lockdep', lockdep],
    ['fmt_pGg_kasanhw', kasan],
  ] as const)('%s', (name, layout) => {
    agree(name, (gfp: number) => [formatGfp(layout, gfp), formatGfpTrace(layout, gfp)])
  })
})

describe('alloc_flags_nofragment', () => {
  it('keeps nothing whole without ZONE_DMA32', () => {
    for (let preferred = -1; preferred < 4; preferred++) {
      expect(allocFlagsNofragment(0xcc0, preferred, 1, 0xf, -1)).toBe(0x800)
    }
    // ZONE_DMA32 comes first without ZONE_DMA.
    expect(allocFlagsNofragment(0xcc0, 1, 2, 0b11, 0)).toBe(0x900)
    expect(allocFlagsNofragment(0xcc0, 1, 2, 0b10, 0)).toBe(0x800)
  })
})

describe('prepare_alloc_pages', () => {
  const environment = { cpusetsEnabled: false, preemptCount: 0, nodemask: false }

  it('may use CMA areas for what is movable, where there are any', () => {
    const flags = (gfp: number, cma: boolean) =>
      prepareAllocPages(gfp, { ...environment, cma }).allocFlags
    expect([flags(0xcca, true), flags(0xcca, false), flags(0xcc0, true)]).toEqual([0x81, 1, 1])
  })

  it('goes by the zones that are configured', () => {
    const zoneTable = gfpZoneTable(['ZONE_NORMAL', 'ZONE_MOVABLE'])
    const highest = (gfp: number) =>
      prepareAllocPages(gfp, { ...environment, zoneTable }).highestZoneidx
    expect([0xcc0, 0xcc1, 0xcca].map(highest)).toEqual([0, 0, 1])
  })
})
