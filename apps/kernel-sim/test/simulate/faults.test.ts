/** What goes wrong with a machine, and that nothing else does. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DiskPace } from '../../src/simulate/faults/disk-pace.js'
import type { Fault } from '../../src/simulate/faults/fault.js'
import { sizedMachine } from '../../src/simulate/machines/sized.js'
import { factsOf } from '../../src/simulate/measure/facts.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import { SECOND } from '../../src/simulate/time.js'

const MIB = 1024 * 1024
const FOR_EVER = Number.POSITIVE_INFINITY

it('a disk that stands still goes on with what it has begun; one that is slow takes longer', () => {
  const stall = new DiskPace([{ type: 'disk-stall', at: 100, length: 50 }], 1000)
  expect(stall.finish(1000, 100)).toBe(1100)
  expect(stall.finish(1000, 101)).toBe(1151)
  expect(stall.finish(1120, 10)).toBe(1160)
  expect(stall.finish(1150, 10)).toBe(1160)
  const slow = new DiskPace([{ type: 'disk-slow', at: 0, length: FOR_EVER, times: 3 }], 10)
  expect(slow.finish(0, 20)).toBe(40)
  expect(() => new DiskPace([{ type: 'disk-stall', at: 0, length: FOR_EVER }], 0)).toThrow(
    'a disk that stands still for ever serves nothing',
  )
})

it('the disk has done as much as its pace at each moment adds up to', () => {
  const times = fc.integer({ min: 1, max: 200 })
  const fault = fc.oneof(
    fc.record({ type: fc.constant('disk-stall' as const), at: times, length: times }),
    fc.record({
      type: fc.constant('disk-slow' as const),
      at: times,
      length: fc.oneof(times, fc.constant(FOR_EVER)),
      times: fc.integer({ min: 1, max: 8 }),
    }),
    fc.record({
      type: fc.constant('memory-taken' as const),
      at: times,
      length: times,
      pages: times,
    }),
  )
  fc.assert(
    fc.property(fc.array(fault, { maxLength: 4 }), times, times, (faults, now, service) => {
      const end = new DiskPace(faults, 0).finish(now, service)
      // In pieces so small that no fault begins or ends within one.
      const slowness = (at: number) =>
        faults.reduce((product, each) => {
          if (each.type === 'memory-taken' || at < each.at || at >= each.at + each.length)
            return product
          return product * (each.type === 'disk-stall' ? FOR_EVER : each.times)
        }, 1)
      let done = 0
      for (let at = now; at < end; at++) done += Math.min(1, end - at) / slowness(at)
      expect(done).toBeCloseTo(service, 6)
    }),
  )
})

/** Runs a stream and a program's bursts for some seconds. */
function run(seconds: number, faults: readonly Fault[]) {
  const plan = parsePlan(`seed=1 dur=${seconds * 1000}
proc name=read type=read file=big.dat mib=512 passes=0
`)
  return planned(plan, sizedMachine(128 * MIB), { faults })
}

it('a stall of the disk takes its time from a stream, and no more', () => {
  const rate = (faults: readonly Fault[]) => {
    const simulation = run(4, faults)
    simulation.run()
    return factsOf(simulation)
  }
  const healthy = rate([])
  const stalled = rate([{ type: 'disk-stall', at: SECOND, length: 2 * SECOND }])
  const slow = rate([{ type: 'disk-slow', at: 2 * SECOND, length: FOR_EVER, times: 4 }])
  const share = (facts: typeof healthy) =>
    (facts['read.0.MB_s'] ?? 0) / (healthy['read.0.MB_s'] ?? 1)
  expect(share(stalled)).toBeCloseTo(2 / 4, 2)
  expect(share(slow)).toBeCloseTo((2 + 2 / 4) / 4, 1)
  expect(stalled['read.0.lat_us_max']).toBeGreaterThan(2e6)
  expect(healthy['read.0.lat_us_max']).toBeLessThan(1e5)
})

it('a balloon makes others give way, and gives all back', () => {
  const pages = 8000
  const simulation = run(4, [{ type: 'memory-taken', at: 2 * SECOND, length: SECOND, pages }])
  const { memory } = simulation.vm
  const used = () => {
    simulation.vm.memory.validate()
    const [balloon] = simulation.balloons
    return { has: balloon?.pages.length, cached: simulation.cache.total }
  }
  simulation.run(undefined, 1.9 * SECOND)
  const before = used()
  expect(before.has).toBe(0)
  // Both do not fit.
  const [{ DMA32: free = 0 } = {}] = sizedMachine(128 * MIB).freeAtStart
  expect(before.cached + pages).toBeGreaterThan(free)
  simulation.run(undefined, 2.9 * SECOND)
  const during = used()
  expect(during.has).toBe(pages)
  expect(during.cached + pages).toBeLessThan(free)
  simulation.run(undefined, 3.1 * SECOND)
  expect(used().has).toBe(0)
  expect(memory.zones.freePages()).toBeGreaterThan(0.8 * pages)
  expect(simulation.vm.oom.kills).toEqual([])
})

it('machines of other sizes have the zones that x86 gives them', () => {
  const small = sizedMachine(128 * MIB)
  expect(small.memory).toEqual({
    nodes: [{ DMA32: 23_188 }],
    minFreeKbytes: 1206,
    watermarkBoostFactor: 0,
  })
  expect(small.freeAtStart).toEqual([{ DMA32: 16_792 }])
  const large = sizedMachine(8192 * MIB, { sysctls: { dirtyRatio: 40, watermarkScaleFactor: 100 } })
  const [{ DMA32 = 0, Normal = 0 } = {}] = large.memory.nodes
  expect(DMA32 / (DMA32 + Normal)).toBeCloseTo(3 / 8, 5)
  expect(large.memory.watermarkScaleFactor).toBe(100)
  expect(large.bootDirtyLimit).toBeGreaterThan(2 * 10_016 * 30)
  // What the kernel itself has it takes from each zone.
  const { zones } = planned(parsePlan('dur=1\nproc name=a type=ws mib=1 n=1 pace_us=1'), large).vm
    .memory
  for (const { name, freePages } of zones.all) {
    const wanted = large.freeAtStart[0]?.[name] ?? 0
    expect(Math.abs(freePages - wanted), name).toBeLessThan(4096)
  }
})
