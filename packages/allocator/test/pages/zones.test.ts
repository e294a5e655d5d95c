/** Zones: which one serves a request, what each keeps, and that every page stays in exactly one place. */
import { describe, expect, it } from 'vitest'
import {
  __GFP_DMA,
  __GFP_HIGH,
  __GFP_MOVABLE,
  __GFP_RECLAIMABLE,
  __GFP_THISNODE,
  ALLOC_CMA,
  ALLOC_CPUSET,
  ALLOC_HIGHATOMIC,
  ALLOC_KSWAPD,
  ALLOC_MIN_RESERVE,
  ALLOC_NO_WATERMARKS,
  ALLOC_NOFRAGMENT,
  ALLOC_NON_BLOCK,
  ALLOC_OOM,
  ALLOC_WMARK_HIGH,
  ALLOC_WMARK_LOW,
  ALLOC_WMARK_MIN,
  GFP_KERNEL,
  gfpMigratetype,
  linux6_1,
  type MemoryOptions,
  MIGRATE_HIGHATOMIC,
  MIGRATE_MOVABLE,
  NO_PAGE,
  PageError,
  RULES_6_1,
  RULES_6_18,
  Zones,
  type ZonesState,
  zoneWatermarkFast,
} from '../../src/index.js'

const { GFP_ATOMIC, GFP_HIGHUSER_MOVABLE } = linux6_1.flags

/** A generator of numbers below a limit: the same for a seed. */
function random(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const machine = (options: MemoryOptions) => new Zones(options, (site) => `#${site}`)

/** Takes single pages until there are none; says how many came from each zone. */
function exhaust(zones: Zones, gfp: number, allocFlags: number, node = 0): Map<string, number> {
  const taken = new Map<string, number>()
  for (;;) {
    const page = zones.alloc(gfp, 0, allocFlags, { cpu: 0, node })
    if (page === NO_PAGE) return taken
    const zone = zones.zoneOf(page)
    const name = `${zone.node} ${zone.name}`
    taken.set(name, (taken.get(name) ?? 0) + 1)
  }
}

describe('a request', () => {
  it('walks its zones from the highest down, its own node first', () => {
    const zones = machine({ nodes: [{ DMA: 1024, Normal: 2048 }, { Normal: 2048 }], cpus: 2 })
    const order = [...exhaust(zones, GFP_KERNEL, ALLOC_NO_WATERMARKS, 1).keys()]
    expect(order).toEqual(['1 Normal', '0 Normal', '0 DMA'])
  })

  it('for a zone or a node gets nothing else', () => {
    const memory = { nodes: [{ DMA: 1024, Normal: 2048 }, { Normal: 2048 }], cpus: 2 }
    const dma = exhaust(machine(memory), GFP_KERNEL | __GFP_DMA, ALLOC_NO_WATERMARKS, 1)
    expect([...dma]).toEqual([['0 DMA', 1024]])
    const near = exhaust(machine(memory), GFP_KERNEL | __GFP_THISNODE, ALLOC_NO_WATERMARKS, 1)
    expect([...near]).toEqual([['1 Normal', 2048]])
    const zones = machine(memory)
    const only = zones.alloc(GFP_KERNEL, 0, ALLOC_WMARK_LOW, { cpu: 0, node: 0, nodemask: 0b10 })
    expect(zones.zoneOf(only).node).toBe(1)
    const cpuset = zones.alloc(GFP_KERNEL, 0, ALLOC_WMARK_LOW | ALLOC_CPUSET, {
      cpu: 0,
      node: 0,
      cpuset: 0b10,
    })
    expect(zones.zoneOf(cpuset).node).toBe(1)
  })

  it('leaves each zone its watermark, and lower zones their reserve', () => {
    const zones = machine({ nodes: [{ DMA: 4096, Normal: 61_440 }] })
    const [dma, normal] = zones.all
    if (dma === undefined || normal === undefined) throw new Error('two zones')
    exhaust(zones, GFP_KERNEL, ALLOC_WMARK_LOW)
    // CPUs keep pages at hand that are not free in the zone: they are refilled while it has room.
    expect(normal.freePages).toBeLessThanOrEqual(normal.watermarks.low)
    expect(normal.freePages).toBeGreaterThan(normal.watermarks.low - 2 * 63)
    const reserve = dma.lowmemReserve[normal.index] ?? 0
    expect(reserve).toBe(Math.floor(61_440 / 256))
    expect(dma.freePages).toBeLessThanOrEqual(dma.watermarks.low + reserve)
    expect(dma.freePages).toBeGreaterThan(dma.watermarks.low + reserve - 2 * 63)
    // The reserve is for those who can use nothing else.
    expect(zones.alloc(GFP_KERNEL | __GFP_DMA, 0, ALLOC_WMARK_LOW, { cpu: 0, node: 0 })).not.toBe(
      NO_PAGE,
    )
    zones.validate()
  })

  it('keeps other pageblocks whole while a lower zone can serve it', () => {
    const zones = machine({ nodes: [{ DMA32: 4096, Normal: 4096 }] })
    const [, normal] = zones.all
    if (normal === undefined) throw new Error('two zones')
    // Every pageblock of Normal has a movable page, so that none is free as a whole.
    const pages: number[] = []
    const flags = ALLOC_WMARK_LOW | ALLOC_NO_WATERMARKS
    while (normal.freePages > 0)
      pages.push(zones.alloc(GFP_HIGHUSER_MOVABLE, 8, flags, { cpu: 0, node: 0 }))
    for (const page of pages) if (page % 512 === 0) normal.free(page, 8, 0)
    const whole = zones.alloc(GFP_KERNEL, 0, ALLOC_WMARK_MIN | ALLOC_NOFRAGMENT, {
      cpu: 0,
      node: 0,
    })
    expect(zones.zoneOf(whole).name).toBe('DMA32')
    expect(zones.zoneOf(zones.allocFast(GFP_KERNEL, 0, 0)).name).toBe('DMA32')
    const broken = zones.alloc(GFP_KERNEL, 0, ALLOC_WMARK_MIN, { cpu: 0, node: 0 })
    expect(zones.zoneOf(broken).name).toBe('Normal')
  })

  it('finds on its first try what a search with the same flags finds', () => {
    const memory = { nodes: [{ DMA: 2048, Normal: 6144 }, { Normal: 4096 }], cpus: 2 }
    const quick = machine(memory)
    const slow = machine(memory)
    const pick = random(3)
    let none = 0
    for (let i = 0; i < 20_000; i++) {
      const gfp = REQUESTS[pick(REQUESTS.length)] as number
      const order = pick(4) > 0 ? 0 : pick(11)
      const cpu = pick(2)
      const flags = ALLOC_WMARK_LOW | (gfp & ALLOC_KSWAPD)
      const page = quick.allocFast(gfp, order, cpu)
      expect(page).toBe(slow.alloc(gfp, order, flags, { cpu, node: cpu }))
      if (page === NO_PAGE) none++
      else if (pick(4) > 0) {
        quick.zoneOf(page).free(page, order, cpu)
        slow.zoneOf(page).free(page, order, cpu)
      }
    }
    expect(none).toBeGreaterThan(100)
    expect(quick.save()).toEqual(slow.save())
  })

  it("does so with CMA areas, whose free pages are nobody else's", () => {
    const cma = [{ start: 2048, pages: 3072 }]
    const memory = {
      nodes: [{ DMA: 2048, Normal: 6144 }, { Normal: 1024 }],
      cma,
      minFreeKbytes: 256,
    }
    const quick = machine(memory)
    const slow = machine(memory)
    const pick = random(5)
    let [none, outside] = [0, 0]
    for (let i = 0; i < 12_000; i++) {
      const gfp = REQUESTS[pick(REQUESTS.length)] as number
      const order = pick(4) > 0 ? 0 : pick(11)
      const moves = gfpMigratetype(gfp) === MIGRATE_MOVABLE
      const flags = ALLOC_WMARK_LOW | (gfp & ALLOC_KSWAPD) | (moves ? ALLOC_CMA : 0)
      const page = quick.allocFast(gfp, order, 0)
      expect(page).toBe(slow.alloc(gfp, order, flags, { cpu: 0, node: 0 }))
      if (page === NO_PAGE) none++
      else if (pick(4) > 0) {
        quick.zoneOf(page).free(page, order, 0)
        slow.zoneOf(page).free(page, order, 0)
      }
      if (page === NO_PAGE && !moves && (quick.all[1]?.freeCma ?? 0) > 0) outside++
    }
    expect(none).toBeGreaterThan(100)
    expect(outside).toBeGreaterThan(20)
    expect(quick.save()).toEqual(slow.save())
  })

  it('on a CPU that there is not is an error', () => {
    const zones = machine({ nodes: [{ Normal: 1024 }], cpus: 2 })
    expect(() => zones.allocFast(GFP_KERNEL, 0, 2)).toThrow(
      new RangeError('CPUs are 0 to 1, not 2'),
    )
  })
})

describe('a CPU', () => {
  it.each([
    ['its share of the low watermark', false],
    ['four batches while the zone is being reclaimed', true],
  ])('keeps %s at hand, and gives back the rest', (_what, reclaiming) => {
    const zones = machine({ nodes: [{ Normal: 61_440 }], cpus: 2 })
    const [zone] = zones.all
    const cpu = zone?.perCpu[1]
    if (zone === undefined || cpu === undefined) throw new Error('one zone, two CPUs')
    expect(cpu.high).toBeGreaterThan(cpu.batch * 4)
    const pages = Array.from({ length: 5000 }, () => zones.allocFast(GFP_KERNEL, 0, 1))
    zone.reclaiming = reclaiming
    const most = reclaiming ? cpu.batch * 4 : cpu.high
    let kept = 0
    for (const page of pages) {
      zone.free(page, 0, 1)
      kept = Math.max(kept, cpu.count)
    }
    expect(kept).toBe(most - 1)
    zones.drain()
    expect(cpu.count).toBe(0)
    expect(zones.freePages()).toBe(61_440)
    zones.validate()
  })
})

describe('the reserve for atomic requests of several pages', () => {
  const flags = ALLOC_WMARK_MIN | ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK | ALLOC_HIGHATOMIC

  // mm/page_alloc.c, reserve_highatomic_pageblock, at line 2801 of 6.1.192, and as 9cd20f3fe045 has left it (6.8).
  it.each([
    { rules: RULES_6_1, pages: 61_440, reserved: [512, 1024, 1536] },
    { rules: RULES_6_18, pages: 61_440, reserved: [512, 1024] },
    { rules: RULES_6_1, pages: 51_100, reserved: [512, 1024] },
    { rules: RULES_6_18, pages: 51_100, reserved: [0] },
    { rules: RULES_6_18, pages: 51_200, reserved: [512] },
  ])('grows to about 1% of $pages pages in $rules.kernel: $reserved', (each) => {
    const zones = machine({ nodes: [{ Normal: each.pages }], rules: each.rules })
    const reserved = new Set<number>()
    for (let i = 0; i < 60; i++) {
      zones.alloc(GFP_ATOMIC, 8, flags, { cpu: 0, node: 0 })
      reserved.add(zones.all[0]?.reservedHighatomic ?? -1)
    }
    expect([...reserved]).toEqual(each.reserved)
    zones.validate()
  })

  it('grows a pageblock at a time, and is given up a pageblock at a time', () => {
    const zones = machine({ nodes: [{ Normal: 61_440 }], rules: RULES_6_18 })
    const [zone] = zones.all
    if (zone === undefined) throw new Error('one zone')
    const pages: number[] = []
    for (let i = 0; i < 40; i++) pages.push(zones.alloc(GFP_ATOMIC, 8, flags, { cpu: 0, node: 0 }))
    expect(zone.buddy.pageblocks()[MIGRATE_HIGHATOMIC]).toBe(2)
    // One stays in use, so that the two pageblocks do not become one block.
    for (const page of pages.slice(1)) zone.free(page, 8, 0)
    zones.drain()
    zones.validate()
    expect(zone.unreserveHighatomic(1, false)).toBe(true)
    expect(zone.unreserveHighatomic(1, false)).toBe(false)
    expect(zone.unreserveHighatomic(1, true)).toBe(true)
    expect(zone.reservedHighatomic).toBe(0)
    zones.validate()
  })

  it('counts a block of two pageblocks, reserved for its first, once', () => {
    const zones = machine({ nodes: [{ Normal: 102_400 }] })
    const [zone] = zones.all
    if (zone === undefined) throw new Error('one zone')
    const { buddy } = zone
    const page = buddy.alloc(10, 1)
    zone.reserveHighatomic(page, 10)
    buddy.free(page, 10)
    // The reserved half is in use, the other one is free on the reserve's list.
    expect(buddy.allocSmallest(9, MIGRATE_HIGHATOMIC)).toBe(page)
    expect(zone.unreserveHighatomic(1, true)).toBe(true)
    expect(zone.reservedHighatomic).toBe(512)
    zones.validate()
  })

  // mm/page_alloc.c, unreserve_highatomic_pageblock and steal_suitable_fallback of 6.1.192; the former as 7cc5a5d65011 has left it (6.10).
  it.each([
    { rules: RULES_6_1, given: [512, 1, MIGRATE_HIGHATOMIC], taken: [512, 0, 0] },
    { rules: RULES_6_18, given: [0, 1, 1], taken: [0, 0, 0] },
  ])('is given up by a free block of two pageblocks, in $rules.kernel: $given', (each) => {
    const zones = machine({ nodes: [{ Normal: 102_400 }], rules: each.rules })
    const [zone] = zones.all
    if (zone === undefined) throw new Error('one zone')
    const { buddy } = zone
    const pages = [buddy.alloc(9, 1), buddy.alloc(9, 1)]
    for (const page of pages) zone.reserveHighatomic(page, 9)
    for (const page of pages) buddy.free(page, 9)
    expect([zone.reservedHighatomic, buddy.freeBlocks(10, MIGRATE_HIGHATOMIC)]).toEqual([1024, 1])
    const counted = () => [
      zone.reservedHighatomic,
      ...pages.map((page) => buddy.pageblockMigratetype(page)),
    ]
    expect(zone.unreserveHighatomic(1, true)).toBe(true)
    expect(counted()).toEqual(each.given)
    zones.validate()
    // Others take all other blocks, and unmovable pages the one that was given up: 6.1 goes on counting a pageblock that nothing reserves.
    while (buddy.freeBlocks(10, 1) > 1) buddy.alloc(10, 1)
    expect(buddy.alloc(10, 0)).toBe(pages[0])
    expect(counted()).toEqual(each.taken)
    zones.validate()
  })

  it.each([
    { rules: RULES_6_1, reserved: [512, 1] },
    { rules: RULES_6_18, reserved: [1024, 2] },
  ])('counts a block of two pageblocks in $rules.kernel: $reserved', ({ rules, reserved }) => {
    const zones = machine({ nodes: [{ Normal: 102_400 }], rules })
    const [zone] = zones.all
    if (zone === undefined) throw new Error('one zone')
    zone.reserveHighatomic(zone.buddy.alloc(10, 1), 10)
    const { buddy, reservedHighatomic } = zone
    expect([reservedHighatomic, buddy.pageblocks()[MIGRATE_HIGHATOMIC]]).toEqual(reserved)
    zones.validate()
  })

  it.each([
    { rules: RULES_6_1, reserved: 512 },
    { rules: RULES_6_18, reserved: 0 },
  ])('takes $reserved pages for a part of a pageblock in $rules.kernel', ({ rules, reserved }) => {
    const zones = machine({ nodes: [{ Normal: 102_410 }], rules })
    const [zone] = zones.all
    if (zone === undefined) throw new Error('one zone')
    zone.reserveHighatomic(102_400, 1)
    expect(zone.reservedHighatomic).toBe(reserved)
    zones.validate()
  })

  // mm/page_alloc.c, move_freepages_block: it moves free blocks to another list, and merges none.
  it('leaves a whole pageblock that is given up beside a free one', () => {
    const zones = machine({ nodes: [{ Normal: 102_400 }] })
    const [zone] = zones.all
    if (zone === undefined) throw new Error('one zone')
    const { buddy } = zone
    const pages = [buddy.alloc(9, 1), buddy.alloc(9, 1)]
    zone.reserveHighatomic(pages[0] ?? -1, 9)
    for (const page of pages) buddy.free(page, 9)
    expect(zone.unreserveHighatomic(1, true)).toBe(true)
    expect(buddy.freeBlocks(9, 1)).toBe(2)
    zones.validate()
    const again = machine({ nodes: [{ Normal: 102_400 }] })
    again.load(zones.save())
    again.validate()
    // Whoever takes one and frees it merges them.
    buddy.free(buddy.alloc(9, 1), 9)
    expect(buddy.freeBlocks(9, 1)).toBe(0)
    zones.validate()
  })

  it('is not given to a request of both mobilities, which takes from it', () => {
    const zones = machine({ nodes: [{ Normal: 102_400 }] })
    const [zone] = zones.all
    if (zone === undefined) throw new Error('one zone')
    zone.reserveHighatomic(zone.buddy.alloc(3, 1), 3)
    expect(zone.unreserveHighatomic(MIGRATE_HIGHATOMIC, true)).toBe(false)
    expect(zone.reservedHighatomic).toBe(512)
    zones.validate()
  })
})

describe('whether a zone has room', () => {
  it('is what the kernel says, whatever is free and whoever asks', () => {
    const pick = random(61_012)
    const zones = machine({ nodes: [{ DMA: 2048, Normal: 6144 }], minFreeKbytes: 2048 })
    const flags = [
      ALLOC_WMARK_MIN,
      ALLOC_WMARK_LOW,
      ALLOC_WMARK_HIGH,
      ALLOC_MIN_RESERVE,
      ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE,
      ALLOC_OOM,
      ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC,
    ]
    const answers = [0, 0]
    let plenty = 0
    for (let round = 0; round < 300; round++) {
      const order = pick(11)
      if (
        zones.alloc(GFP_KERNEL, order, ALLOC_NO_WATERMARKS, { cpu: 0, node: 0 }) === NO_PAGE &&
        order === 0
      )
        break
      for (const zone of zones.all) {
        zone.boost = pick(3) * 256
        zone.reservedHighatomic = pick(3) * 512
        for (const allocFlags of flags) {
          for (const wanted of [0, 0, 1, 3, 9, 10]) {
            const atomic = pick(2) === 1
            const highest = zone.index + pick(4 - zone.index)
            const mark = [zone.watermarks.min, zone.watermarks.low, zone.watermarks.high][
              allocFlags & 3
            ] as number
            const kernel = zoneWatermarkFast(
              zone,
              wanted,
              mark + zone.boost,
              zone.lowmemReserve[highest] ?? 0,
              allocFlags,
              zone.watermarks.min,
              zone.boost,
              atomic,
            )
            expect(zone.hasRoom(wanted, highest, allocFlags, atomic)).toBe(kernel)
            // The short cut for the first try never says more than the kernel would.
            if (allocFlags === ALLOC_WMARK_LOW && zone.hasPlenty(wanted, highest)) {
              expect(kernel).toBe(true)
              plenty++
            }
            answers[Number(kernel)] = (answers[Number(kernel)] ?? 0) + 1
          }
        }
      }
    }
    expect(Math.min(...answers)).toBeGreaterThan(1000)
    expect(plenty).toBeGreaterThan(100)
  })
})

describe('a wrong free', () => {
  it.each<[string, number, number, RegExp]>([
    ['of a page between zones', 1000, 0, /page 1000 freed with order 0 is not in this zone/],
    ['beyond memory', 4096, 0, /page 4096 is in no zone/],
    ['before memory', -1, 0, /page -1 is in no zone/],
    ['twice', 0, 0, /page 0 freed with order 0 is free already/],
  ])('%s names the page, and changes nothing', (_what, page, order, message) => {
    const zones = machine({ nodes: [{ DMA: 512, Normal: 2048 }] })
    const first = zones.alloc(GFP_KERNEL | __GFP_DMA, 0, ALLOC_NO_WATERMARKS, { cpu: 0, node: 0 })
    zones.zoneOf(first).free(first, 0, 0)
    const before = zones.save()
    const free = () => zones.zoneOf(page).free(page, order, 0)
    expect(free).toThrow(PageError)
    expect(free).toThrow(message)
    expect(zones.save()).toEqual(before)
    zones.validate()
  })
})

describe('memory', () => {
  it('takes fewer than 16 bytes a page', () => {
    const pages = 1 << 18
    const zones = machine({ nodes: [{ DMA: 4096, Normal: pages - 4096 }], cpus: 8 })
    expect(bytes(zones.save()) / pages).toBeLessThan(12.1)
    expect(bytes(zones.frames) / pages).toBeLessThan(12.1)
  })
})

/** The bytes of all typed arrays in an object. */
function bytes(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, field) => sum + bytes(field), 0)
}

/** What the random steps are made of. */
const REQUESTS = [
  GFP_KERNEL,
  gfpMigratetype,
  GFP_KERNEL | __GFP_MOVABLE,
  GFP_KERNEL | __GFP_RECLAIMABLE,
  GFP_KERNEL | __GFP_DMA,
  GFP_ATOMIC | __GFP_HIGH,
  GFP_HIGHUSER_MOVABLE,
  GFP_KERNEL | __GFP_THISNODE,
]
const ALLOC_FLAGS = [
  ALLOC_WMARK_LOW,
  ALLOC_WMARK_LOW | ALLOC_NOFRAGMENT,
  ALLOC_WMARK_MIN | ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC,
  ALLOC_WMARK_MIN | ALLOC_OOM,
  ALLOC_NO_WATERMARKS,
]

describe('any sequence', () => {
  it.each([
    ['many steps in little memory', [{ Normal: 100 }], 1, 6, 1_000_000],
    ['all zones and CPUs', [{ DMA: 20, Normal: 90 }, { Normal: 70 }], 2, 6, 50_000],
    ['all orders', [{ DMA: 1024, Normal: 2500 }, { Normal: 1500 }], 2, 11, 10_000],
  ])(
    'of %s leaves every page in exactly one place all the while',
    (_what, nodes, cpus, orders, steps) => {
      const zones = machine({ nodes, cpus, minFreeKbytes: 16 })
      const total = zones.freePages()
      const pick = random(steps)
      const used: number[] = []
      let inUse = 0
      let failed = 0
      let snapshot: { readonly zones: ZonesState; readonly used: readonly number[] } | undefined
      for (let step = 0; step < steps; step++) {
        const free = used.length > 0 && pick(100) < 48
        if (free) {
          const index = pick(used.length)
          const page = used[index] as number
          const last = used.pop() as number
          if (index < used.length) used[index] = last
          const zone = zones.zoneOf(page)
          const order = zone.buddy.allocatedOrder(page)
          zone.free(page, order, pick(cpus))
          inUse -= 1 << order
        } else {
          const gfp = REQUESTS[pick(REQUESTS.length)] as number
          const flags = ALLOC_FLAGS[pick(ALLOC_FLAGS.length)] as number
          const order = pick(4) > 0 ? 0 : pick(orders)
          const page = zones.alloc(gfp >>> 0, order, flags, {
            cpu: pick(cpus),
            node: pick(nodes.length),
          })
          if (page === NO_PAGE) failed++
          else {
            if (page % (1 << order) !== 0) throw new Error(`${page} is not aligned`)
            used.push(page)
            inUse += 1 << order
          }
        }
        if (pick(500) === 0) zones.drain()
        // What is in no place or in two stays so: where there are very many steps, it is found some steps later.
        if (step < 50_000 || step % 10 === 0) zones.validate()
        let kept = 0
        for (const { perCpu } of zones.all) for (const { count } of perCpu) kept += count
        if (zones.freePages() + kept + inUse !== total) throw new Error(`step ${step} lost pages`)
        if (step === steps >> 1) snapshot = { zones: zones.save(), used: [...used] }
      }
      expect(failed).toBeGreaterThan(steps / 100)
      if (snapshot === undefined) throw new Error('no snapshot')
      zones.load(snapshot.zones)
      zones.validate()
      expect(zones.save()).toEqual(snapshot.zones)
      for (const page of snapshot.used) {
        const zone = zones.zoneOf(page)
        zone.free(page, zone.buddy.allocatedOrder(page), 0)
      }
      zones.drain()
      zones.validate()
      expect(zones.freePages()).toBe(total)
    },
  )
})
