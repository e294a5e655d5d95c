/** The filter and the classes: what holds for every task and every request. */

import { inherit } from '@scopemask/core/delegation'
import { Task } from '@scopemask/core/task'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  currentGfpContext,
  fsReclaimAcquire,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  gfpClass,
  gfpLayout,
  linux6_1,
  linux6_18,
  memallocRetryWait,
  mightAlloc,
  PF,
  PF_MEMALLOC,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  PF_MEMALLOC_PIN,
} from '../../src/index.js'

const u32 = fc.integer({ min: 0, max: 0xffffffff })
/** Task flags of which some concern the filter: random ones do so too seldom to meet each combination. */
const taskFlags = fc
  .tuple(u32, fc.subarray([PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO, PF_MEMALLOC_PIN]))
  .map(([rest, scopes]) => scopes.reduce<number>((mask, scope) => mask | scope, rest & ~0x100c0000))

describe('filter', () => {
  it('never adds a flag, and filtering twice changes nothing more', () => {
    fc.assert(
      fc.property(taskFlags, u32, (flags, gfp) => {
        const effective = currentGfpContext(flags, gfp)
        expect(effective & ~gfp).toBe(0)
        expect(currentGfpContext(flags, effective)).toBe(effective)
      }),
    )
  })

  it('leaves no more when the task has more flags', () => {
    fc.assert(
      fc.property(taskFlags, taskFlags, u32, (some, more, gfp) => {
        expect(currentGfpContext(some | more, gfp) & ~currentGfpContext(some, gfp)).toBe(0)
      }),
    )
  })

  it('takes what the scopes forbid, and nothing else', () => {
    fc.assert(
      fc.property(taskFlags, u32, (flags, gfp) => {
        const noio = flags & PF_MEMALLOC_NOIO ? 0xc0 : 0
        const nofs = flags & PF_MEMALLOC_NOFS ? 0x80 : 0
        const pin = flags & PF_MEMALLOC_PIN ? 0x8 : 0
        expect(currentGfpContext(flags, gfp)).toBe((gfp & ~(noio | nofs | pin)) >>> 0)
      }),
    )
  })

  it('takes int32 and uint32 alike, and returns uint32', () => {
    fc.assert(
      fc.property(taskFlags, u32, (flags, gfp) => {
        expect(currentGfpContext(flags >>> 0, gfp)).toBe(currentGfpContext(flags | 0, gfp | 0))
      }),
    )
    expect(currentGfpContext(0, -1)).toBe(0xffffffff)
  })

  it('sees the scopes of a task, and those of who waits for it', () => {
    const task = new Task(PF)
    const worker = new Task(PF)
    const seen = () => [task, worker].map(({ mask }) => currentGfpContext(mask, GFP_KERNEL))
    {
      using _scope = task.enter(PF_MEMALLOC_NOFS)
      expect(seen()).toEqual([GFP_NOFS, GFP_KERNEL])
      using _wait = inherit(task, worker)
      expect(seen()).toEqual([GFP_NOFS, GFP_NOFS])
    }
    expect(seen()).toEqual([GFP_KERNEL, GFP_KERNEL])
  })
})

describe('class', () => {
  it.each([linux6_1, linux6_18])('of the names of $kernel', ({ flags }) => {
    const classes = (
      ['GFP_KERNEL', 'GFP_NOFS', 'GFP_NOIO', 'GFP_ATOMIC', 'GFP_NOWAIT'] as const
    ).map((name) => gfpClass(flags[name]))
    expect(classes).toEqual(['KERNEL', 'NOFS', 'NOIO', 'ATOMIC', 'ATOMIC'])
    expect([flags.GFP_TRANSHUGE, 0x80 | 0x400, 0].map((gfp) => gfpClass(gfp))).toEqual([
      'KERNEL',
      'NOIO',
      'ATOMIC',
    ])
  })

  it('of a request in a scope is that of the scope', () => {
    expect(gfpClass(currentGfpContext(PF_MEMALLOC_NOFS, GFP_KERNEL))).toBe('NOFS')
    expect(gfpClass(currentGfpContext(PF_MEMALLOC_NOIO, GFP_KERNEL))).toBe('NOIO')
    expect(gfpClass(currentGfpContext(PF_MEMALLOC_NOFS, GFP_NOIO))).toBe('NOIO')
  })

  it('goes by the bits of the kernel', () => {
    // Where 4.9 has __GFP_DIRECT_RECLAIM.
    const flags = { ...linux6_18.flags, __GFP_DIRECT_RECLAIM: 0x400000 }
    const old = { ...linux6_18, flags }
    expect([gfpClass(0x24000c0, old), gfpClass(0x4c0, old)]).toEqual(['KERNEL', 'ATOMIC'])
  })
})

describe('what lockdep sees', () => {
  const lockdep = gfpLayout('6.18', { lockdep: true })

  it('is nothing more in a scope', () => {
    fc.assert(
      fc.property(taskFlags, u32, (flags, gfp) => {
        const outside = fsReclaimAcquire(lockdep, flags & PF_MEMALLOC, gfp)
        const inside = fsReclaimAcquire(lockdep, flags, gfp)
        expect(inside.mmuNotifier).toBe(outside.mmuNotifier)
        expect(outside.fsReclaim || !inside.fsReclaim).toBe(true)
      }),
    )
  })

  it('ends with __GFP_NOLOCKDEP, where that has a bit', () => {
    const gfp = GFP_KERNEL | lockdep.flags.__GFP_NOLOCKDEP
    const seen = { fsReclaim: true, mmuNotifier: true, mightSleep: true }
    expect(mightAlloc(lockdep, 0, GFP_KERNEL)).toEqual(seen)
    expect(mightAlloc(lockdep, 0, gfp)).toEqual({ ...seen, fsReclaim: false, mmuNotifier: false })
    expect(mightAlloc(linux6_18, 0, gfp)).toEqual(seen)
  })
})

describe('memalloc_retry_wait', () => {
  it('is a fiftieth of a second in whole jiffies, or one jiffy after reclaim', () => {
    expect([24, 100, 256, 1000].map((hz) => memallocRetryWait(0, 0, hz))).toEqual([0, 2, 5, 20])
    expect(memallocRetryWait(0, GFP_KERNEL, 1000)).toBe(1)
  })
})
