/** Names of moments in a chart over time: none is on another. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { timeChart } from '../../../src/report/machine/chart/time-chart.js'

/** What a letter takes, as drawn. */
const LETTER = 6

it('names of moments are not on each other', () => {
  const moment = fc.record({
    at: fc.integer({ min: 0, max: 2e9 }),
    name: fc.constantFrom('OOM', 'leak', 'helper'),
  })
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 5 }), (moments) => {
      const { svg } = timeChart('x', {
        title: 'x',
        description: 'x',
        unit: 'pages',
        at: [0, 2e9],
        lines: [{ name: 'free', values: [1, 2] }],
        moments,
      })
      const text = /<g class="moment">.*?<text x="([\d.]+)" y="([\d.]+)" text-anchor="end">(\w+)</g
      const placed = [...String(svg).matchAll(text)].map(([, x, y, name = '']) => ({
        from: Number(x) - name.length * LETTER,
        to: Number(x),
        y: Number(y),
      }))
      expect(placed).toHaveLength(moments.length)
      for (const [index, one] of placed.entries()) {
        for (const other of placed.slice(index + 1)) {
          const isBeside = one.to <= other.from || other.to <= one.from
          expect(isBeside || Math.abs(one.y - other.y) >= 10).toBe(true)
        }
      }
    }),
    {
      examples: [
        [
          [
            { at: 1.4e9, name: 'leak' },
            { at: 1.4e9, name: 'helper' },
            { at: 1.3e9, name: 'OOM' },
          ],
        ],
      ],
    },
  )
})
