/** Names of quantiles in a histogram: none is on another, wherever they stand. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { histogramChart } from '../../../src/report/machine/chart/histogram-chart.js'

const latency = fc.integer({ min: 20, max: 10_000_000 })

/** Where the names stand: from left to right, and the line that they are written on. */
function names(values: readonly number[]) {
  const quantiles = [...values]
    .sort((a, b) => a - b)
    .map((value, index) => ({ name: ['p50', 'p99', 'max'][index] ?? '', value }))
  const { svg } = histogramChart('x', {
    title: 'x',
    buckets: quantiles.map(({ value }) => ({ value, count: 1 })),
    quantiles,
    domain: [20, 10_000_000],
  })
  const text = /<text x="([\d.]+)" y="([\d.]+)" text-anchor="(start|end)">(?:p50|p99|max)</g
  return [...String(svg).matchAll(text)].map(([, x, y, anchor]) => {
    const from = anchor === 'end' ? Number(x) - 18 : Number(x)
    return { from, to: from + 18, y: Number(y) }
  })
}

it('names of quantiles are not on each other', () => {
  fc.assert(
    fc.property(fc.array(latency, { minLength: 3, maxLength: 3 }), (values) => {
      const placed = names(values)
      expect(placed).toHaveLength(3)
      for (const [index, one] of placed.entries()) {
        for (const other of placed.slice(index + 1)) {
          const isBeside = one.to <= other.from || other.to <= one.from
          expect(isBeside || Math.abs(one.y - other.y) >= 10).toBe(true)
        }
      }
    }),
    { examples: [[[8704, 8704, 9200]], [[9_000_000, 9_900_000, 9_990_000]]] },
  )
})
