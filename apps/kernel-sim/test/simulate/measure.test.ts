/** What is measured of a run: latencies of allocations, delays by cause, and how memory goes over time. */
import { assert, integer, property } from 'fast-check'
import { expect, it } from 'vitest'
import { plainMachine } from '../../src/simulate/machines/plain.js'
import { AllocLatency, gfpClassOf } from '../../src/simulate/measure/alloc-latency.js'
import { measuredOf } from '../../src/simulate/measure/measured.js'
import { Series } from '../../src/simulate/measure/series.js'
import { parsePlan } from '../../src/simulate/plan/plan.js'
import { planned } from '../../src/simulate/plan/run-plan.js'
import { recorded, simulated } from './recorded.js'

it('a series has half of its room or more, at even distances, whatever is taken', () => {
  assert(
    property(integer({ min: 2, max: 20 }), integer({ min: 1, max: 3000 }), (half, takes) => {
      const series = new Series(['square'], { interval: 5, room: 2 * half })
      for (let i = 0; i < takes; i++) series.take(5 * i, () => i * i)
      const at = [...series.at]
      expect(at.length).toBeLessThanOrEqual(2 * half)
      expect(at.length).toBeGreaterThanOrEqual(Math.min(takes, half))
      for (const [row, time] of at.entries()) {
        expect(time).toBe(row * series.interval)
        expect(series.column('square')[row]).toBe((time / 5) ** 2)
      }
    }),
  )
})

it('requests are told apart by what they may do, once the scopes of their task are heard', () => {
  expect([0x2a20, 0x400, 0xc40, 0xcc0, 0x100cca].map((gfp) => gfpClassOf(0, gfp))).toEqual([
    0, 1, 2, 3, 4,
  ])
  const latency = new AllocLatency()
  for (let i = 0; i < 990; i++) latency.add(4, 0)
  for (let i = 0; i < 10; i++) latency.add(4, 1000 + i)
  const of = latency.of('GFP_HIGHUSER_MOVABLE')
  expect([of.count, of.quantile(0.99), of.max]).toEqual([1000, 0, 1009])
  expect(of.quantile(0.999) / 1008).toBeCloseTo(1, 2)
  expect(latency.of('GFP_NOFS').count).toBe(0)
})

it('pressure on memory is that of the real kernel, and its causes are told apart', () => {
  const name = 'W3-128-1-def'
  const simulation = simulated(name)
  simulation.run()
  const { pressure, delays, allocLatencies, series, watermarks } = measuredOf(simulation)
  const { some, full } = pressure.memory
  expect(full.total).toBe(some.total)
  const [measured] = recorded(name).facts.get('psi_mem_some_ms') ?? [0]
  // The real one was read last before the kill, which comes after 17 reclaims in vain.
  const hog = delays.find(({ task, cause }) => task === 'hog' && cause === 'reclaim')
  expect(hog?.times).toBe(18)
  const before = (some.total - (hog?.total ?? 0)) / 1e6
  expect(before / measured).toBeGreaterThan(0.8)
  expect(before / measured).toBeLessThan(1.35)
  const [faults] = allocLatencies.filter(({ task, requests }) => task === 'hog' && requests > 1e4)
  expect(faults?.gfpClass).toBe('GFP_HIGHUSER_MOVABLE')
  expect(faults?.p50).toBe(0)
  // The one that led to the kill.
  expect(faults?.max).toBe(hog?.total)
  expect(watermarks).toEqual([{ zone: 'DMA32', min: 301, low: 376, high: 451 }])
  expect(series.interval).toBe(100e6)
  expect(series.at).toHaveLength(series.columns.psi_memory_some.length)
  expect(series.columns.psi_memory_some.at(-1)).toBeLessThanOrEqual(some.total)
  // What was free when the run began, without what the measuring program has.
  expect(series.columns.nr_free_pages[0]).toBeGreaterThan(16_792 - 300)
})

it('how often it is looked changes nothing', () => {
  const plan = parsePlan(
    'seed=1 dur=4000 fs=ext4\nproc name=r type=read mib=120 passes=0\nproc name=b type=burst mib=40 period_us=500000 start=1000',
  )
  const [often, seldom] = [1e6, 1e9].map((interval) => {
    const simulation = planned(plan, plainMachine(128), { series: { interval, room: 64 } })
    simulation.run()
    const { series: _, ...measured } = measuredOf(simulation)
    return JSON.stringify([measured, simulation.samples.rows, simulation.events()])
  })
  expect(often).toBe(seldom)
})
