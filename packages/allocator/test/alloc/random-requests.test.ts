/** Random requests of all orders, zones and flags, frees, reclaim: every page stays in exactly one place. */
import { Task } from '@scopemask/core/task'
import { describe, expect, it } from 'vitest'
import { LivelockError } from '../../src/alloc/livelock.js'
import { PageAllocator } from '../../src/alloc/page-allocator.js'
import { ALLOC_HIGHATOMIC } from '../../src/gfp/alloc-flags.js'
import {
  __GFP_DMA,
  __GFP_MEMALLOC,
  __GFP_MOVABLE,
  __GFP_NOFAIL,
  __GFP_NOMEMALLOC,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RECLAIMABLE,
  __GFP_RETRY_MAYFAIL,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
} from '../../src/gfp/flags.js'
import { linux6_1 } from '../../src/gfp/kernels.js'
import { MIGRATE_HIGHATOMIC } from '../../src/gfp/migratetype.js'
import { RULES_6_1, RULES_6_18 } from '../../src/pages/allocator-rules.js'
import { NO_PAGE } from '../../src/pages/page-frames.js'
import { Zones } from '../../src/pages/zones.js'
import { PG_ACTIVE, PG_DIRTY, PG_FILE, PG_PRIVATE } from '../../src/reclaim/lru-flags.js'
import { PF, PF_MEMALLOC, PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO } from '../../src/task/flags.js'

const { GFP_ATOMIC, GFP_HIGHUSER_MOVABLE, GFP_NOWAIT } = linux6_1.flags

const BASES = [GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_ATOMIC, GFP_NOWAIT, GFP_HIGHUSER_MOVABLE]
const MODIFIERS = [
  0,
  __GFP_DMA,
  __GFP_MOVABLE,
  __GFP_RECLAIMABLE,
  __GFP_NORETRY,
  __GFP_RETRY_MAYFAIL,
  __GFP_NOMEMALLOC,
  __GFP_MEMALLOC,
  __GFP_NOFAIL,
]
const SCOPES = [PF.mask(), PF.mask(), PF_MEMALLOC_NOFS, PF_MEMALLOC_NOIO, PF_MEMALLOC]
const STEPS = 20_000

/** Numbers below n, the same each time. */
function random(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

describe('a page allocator', () => {
  it(`keeps its accounts through ${STEPS} random steps`, () => {
    const memory = new PageAllocator({
      nodes: [{ DMA: 100, Normal: 700 }],
      cpus: 2,
      minFreeKbytes: 64,
    })
    const task = new Task(PF)
    const pick = random(7)
    const held: number[] = []
    let failed = 0
    let livelocks = 0
    let reclaimed = 0
    for (let step = 0; step < STEPS; step++) {
      // Short of memory most of the time.
      if (held.length === 0 || pick(100) < 60) {
        let gfp = (BASES[pick(6)] as number) | (MODIFIERS[pick(9)] as number) | __GFP_NOWARN
        if ((gfp & __GFP_MOVABLE) !== 0) gfp &= ~__GFP_RECLAIMABLE
        // Most give up when nothing is left: a livelock takes long to find.
        if (pick(50) > 0) gfp = (gfp & ~__GFP_NOFAIL) | __GFP_NORETRY
        // Blocks above order 0 that cannot fail are a bug of the caller.
        const order = (gfp & __GFP_NOFAIL) !== 0 ? 0 : Math.max(0, pick(16) - 5)
        const scope = SCOPES[pick(5)] ?? PF.mask()
        const saved = task.save(scope)
        try {
          const page = memory.alloc(task, gfp >>> 0, order, 0, pick(2))
          if (page === NO_PAGE) failed++
          else if (pick(2) === 0) held.push(page)
          else {
            memory.lru.add(
              page,
              (pick(4) > 0 ? PG_FILE : 0) |
                (pick(4) === 0 ? PG_DIRTY : 0) |
                (pick(4) === 0 ? PG_ACTIVE : 0) |
                (pick(4) === 0 ? PG_PRIVATE : 0),
            )
          }
        } catch (error) {
          if (!(error instanceof LivelockError)) throw error
          livelocks++
          for (const page of held.splice(0)) memory.free(page, memory.frames.order(page))
        }
        task.restore(scope, saved)
      } else {
        const place = pick(held.length)
        const page = held[place] as number
        held[place] = held[held.length - 1] as number
        held.pop()
        memory.free(page, memory.frames.order(page), pick(2))
      }
      if (pick(2000) === 0) reclaimed += memory.balance(0) ? 1 : 0
      // What is in no place or in two stays so, and is found some steps later.
      if (step < 2_000 || step % 4 === 0) memory.validate()
    }
    expect(failed).toBeGreaterThan(1000)
    expect(livelocks).toBeGreaterThan(0)
    expect(reclaimed).toBeGreaterThan(0)
  })
})

describe('a zone', () => {
  // A small zone has a reserve with 6.1's size only. What 6.1 forgets to count down is a test of its own (zones.test.ts).
  it.each([
    { rules: RULES_6_1, forgets: true },
    { rules: { ...RULES_6_18, highatomicReserve: 'extra' as const }, forgets: false },
  ])('keeps its reserve for atomic requests in $rules.kernel', ({ rules, forgets }) => {
    let forgotten = 0
    let most = 0
    for (let seed = 1; seed <= 20; seed++) {
      const zones = new Zones({ nodes: [{ Normal: 5130 }], cpus: 1, rules }, String)
      const [zone] = zones.all
      if (zone === undefined) throw new Error('one zone')
      const { buddy } = zone
      const pick = random(seed)
      const held: number[] = []
      for (let step = 0; step < 400; step++) {
        const what = pick(100)
        if (what < 60) {
          const order = pick(3) === 0 ? pick(9) : 8 + pick(3)
          const atomic = pick(3) === 0
          const page = zone.allocFromLists(order, pick(3), atomic ? ALLOC_HIGHATOMIC : 0)
          if (page !== NO_PAGE) held.push(page)
          if (page !== NO_PAGE && atomic && order > 0) zone.reserveHighatomic(page, order)
        } else if (what < 90) {
          const page = held.splice(pick(held.length), 1)[0]
          if (page !== undefined) buddy.free(page, buddy.allocatedOrder(page))
        } else if (what < 95) {
          for (const page of held.splice(0)) buddy.free(page, buddy.allocatedOrder(page))
        } else zone.unreserveHighatomic(pick(3), pick(2) === 0)
        zone.validate()
        const reserved = (buddy.pageblocks()[MIGRATE_HIGHATOMIC] as number) * 512
        if (zone.reservedHighatomic > reserved) forgotten++
        most = Math.max(most, reserved)
      }
    }
    expect(most).toBeGreaterThanOrEqual(1024)
    expect(forgotten > 0).toBe(forgets)
  })
})
