import { describe, expect, it } from 'vitest'
import { Machine } from '../src/machine/machine.js'
import { objectsOf, oneOf, WHOLE_NUMBERS } from '../src/objects/domain.js'

const machine = new Machine()
const holder = machine.object('stored')

describe('a domain', () => {
  it('of whole numbers takes those that fit into a row, each for itself', () => {
    for (const value of [0, 1, 2 ** 30 - 1]) {
      expect(WHOLE_NUMBERS.decode(WHOLE_NUMBERS.encode(value, holder))).toBe(value)
    }
    for (const value of [-1, 0.5, 2 ** 30, 2 ** 40, Number.NaN, '1' as never]) {
      expect(() => WHOLE_NUMBERS.encode(value, holder)).toThrow(
        /^stored cannot hold .*: it holds whole numbers from 0 to 1073741823$/,
      )
    }
  })

  it('of listed values takes these and no other', () => {
    const states = oneOf(['idle', 'busy'])
    expect(states.decode(states.encode('busy', holder))).toBe('busy')
    expect(() => states.encode('lazy', holder)).toThrow(
      "stored cannot hold 'lazy': it holds 'idle', 'busy'",
    )
    expect(() => oneOf([])).toThrow('a list of values needs at least one')
  })

  it('of objects takes those of its machine', () => {
    const objects = objectsOf(machine)
    expect(objects.decode(objects.encode(holder, holder))).toBe(holder)
    const foreign = new Machine().object('foreign')
    for (const value of [foreign, 'x' as never, null as never]) {
      expect(() => objects.encode(value, holder)).toThrow(
        /^stored cannot hold .*: it holds shared objects of this model$/,
      )
    }
  })
})
