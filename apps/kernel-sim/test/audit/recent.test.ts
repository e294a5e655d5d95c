/** Recent: a map, but for what it forgets. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Recent } from '../../src/audit/recent.js'

const key = fc.nat(4)
const step = fc.oneof(
  fc.record({ do: fc.constant('get' as const), key }),
  fc.record({ do: fc.constant('take' as const), key }),
  fc.record({ do: fc.constant('set' as const), key, value: fc.nat() }),
  fc.record({ do: fc.constant('clear' as const) }),
)

describe('what was added last', () => {
  it('is found as in a map that forgets the oldest entry, whatever was looked for before', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (steps, limit) => {
          const recent = new Recent<number, number>(limit)
          const entries: [key: number, value: number][] = []
          let forgotten = 0
          const find = (key: number) => entries.findIndex(([other]) => other === key)
          for (const each of steps) {
            if (each.do === 'get') expect(recent.get(each.key)).toBe(entries[find(each.key)]?.[1])
            else if (each.do === 'clear') {
              recent.clear()
              entries.length = 0
            } else {
              const [before] = find(each.key) < 0 ? [] : entries.splice(find(each.key), 1)
              if (each.do === 'take') expect(recent.take(each.key)).toBe(before?.[1])
              else {
                recent.set(each.key, each.value)
                entries.push([each.key, each.value])
                if (entries.length > limit) forgotten += entries.splice(0, 1).length
              }
            }
          }
          expect([...recent.values()]).toEqual(entries.map(([, value]) => value))
          expect(recent.forgotten).toBe(forgotten)
        },
      ),
    )
  })
})
