/** What docs/scale.md says of many workers follows from the committed measurements, by the committed model. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { predict } from '../../bench/sweep/scale-model.js'

const at = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const { ours, loop, oursEmpty } = JSON.parse(at('../../bench/sweep/measured.json'))
/** What the job itself works is no cost of the sweep. */
const COSTS = {
  worker: ours.worker + Math.max(0, oursEmpty.cage - oursEmpty.own),
  redis: ours.redis,
  coordinator: ours.coordinator,
}

describe('the estimate of docs/scale.md', () => {
  const page = at('../../../../docs/scale.md')

  it('states the measured costs', () => {
    for (const [who, ms] of Object.entries(COSTS)) {
      expect(page, who).toContain(`| ${who} | ${ms.toFixed(2)} ms |`)
    }
  })

  it('is what the model comes to', () => {
    const rows = [
      ...page.matchAll(/^\| (\d+) ms \| ([\d,]+) \| ([\d,]+) \| ([\d.]+) % \| ([\d.]+) % \|$/gm),
    ]
    expect(rows.length).toBeGreaterThanOrEqual(6)
    for (const [row, ms, slots, perSecond, useful, redis] of rows) {
      const found = predict(COSTS, { slots: Number(slots?.replaceAll(',', '')), ms: Number(ms) })
      expect(
        [
          found.perSecond.toFixed(0),
          (100 * found.useful).toFixed(1),
          (100 * found.redis).toFixed(1),
        ],
        row,
      ).toEqual([perSecond?.replaceAll(',', ''), useful, redis])
    }
  })

  it('holds where it was measured: two slots, 10 ms', () => {
    // On one machine Redis and the coordinator take their time from the same two processors.
    const shared = { ...COSTS, worker: COSTS.worker + COSTS.redis + COSTS.coordinator }
    const { useful } = predict(shared, { slots: 2, ms: ours.ms })
    // The machine had other work: what a loop without a queue got of it is all that there was to get.
    expect(Math.abs(useful - ours.useful / loop.useful)).toBeLessThan(0.08)
  })
})

describe('the model', () => {
  const costs = { worker: 1, redis: 0.1, coordinator: 0.05 }

  it('is a slot that is never late for Redis while there is one', () => {
    expect(predict(costs, { slots: 1, ms: 100 }).perSecond).toBeCloseTo(1000 / 101.1, 2)
  })

  it('goes no faster than Redis or the coordinator', () => {
    expect(predict(costs, { slots: 1e6, ms: 1 }).perSecond).toBeCloseTo(10_000, -2)
    const slow = { ...costs, coordinator: 0.5 }
    expect(predict(slow, { slots: 1e6, ms: 1 }).perSecond).toBeCloseTo(2000, 5)
  })

  it('waits at Redis as an M/D/1 queue does', () => {
    const { perSecond, redis } = predict(costs, { slots: 100, ms: 10 })
    // Little: jobs under way are the rate times how long each takes.
    const wait = (redis * costs.redis) / (2 * (1 - redis))
    expect((perSecond / 1000) * (10 + 1 + costs.redis + wait)).toBeCloseTo(100, 6)
  })
})
