import { describe, expect, it } from 'vitest'
import { combinations, settingsText, valuesOf } from '../../src/kernel/parameters.js'
import { scenario, withValues } from '../../src/kernel/scenario.js'

const writers = scenario({
  name: 'writers',
  summary: 's',
  parameters: { writers: [2, 1, 4], kind: ['mutex', 'spinlock'], fair: [false, true] },
  build(kernel, { writers, kind, fair }) {
    const number: 1 | 2 | 4 = writers
    kernel.task(`${number} ${kind} ${fair}`, function* () {})
  },
})

/** The name of the only task. */
function built({ build }: typeof writers): string {
  let name = ''
  build({ task: (given: string) => (name = given) } as never)
  return name
}

describe('parameters of a scenario', () => {
  it('are as by default until others are chosen, as values or as texts', () => {
    expect(built(writers)).toBe('2 mutex false')
    expect(writers.values).toEqual({ writers: 2, kind: 'mutex', fair: false })
    const other = withValues(writers, { writers: '4', fair: true })
    expect(built(other)).toBe('4 mutex true')
    // Chosen anew, and not on top of what was chosen before.
    expect(built(withValues(other, { kind: 'spinlock' }))).toBe('2 spinlock false')
    expect(scenario(other)).toBe(other)
    expect(settingsText(other.values ?? {})).toBe('writers=4, kind=mutex, fair=true')
  })

  it('are what the scenario says, and nothing else', () => {
    expect(() => withValues(writers, { readers: 1 })).toThrow(
      'there is no parameter readers; it has writers, kind, fair',
    )
    expect(() => withValues(writers, { writers: 3 })).toThrow(
      'writers takes 2, 1, 4; 3 is not one of them',
    )
    expect(() => withValues(writers, { toString: 'x' })).toThrow('there is no parameter toString')
    const plain = scenario({ name: 'plain', summary: 's', build() {} })
    expect(() => withValues(plain, { writers: 2 })).toThrow(
      'there is no parameter writers; it takes none',
    )
    expect(withValues(plain, {})).toBe(plain)
  })

  it.each([
    [[1, 2], 'its parameters are not a map'],
    [{ 'a b': [1] }, '"a b" is not a name of a parameter'],
    [{ a: [] }, 'parameter a takes a list of values'],
    [{ a: 1 }, 'parameter a takes a list of values'],
    [{ a: [1, '2'] }, 'the values of parameter a are of one type'],
    [{ a: [1, 1] }, 'parameter a has a value twice'],
    [{ a: [Number.NaN] }, 'the values of parameter a are numbers'],
    [{ a: ['x\u001b[2J'] }, 'on one line'],
    [{ a: [{}] }, 'the values of parameter a are numbers'],
    [Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`p${i}`, [1]])), '16 are the most'],
  ])('%j is refused', (parameters, sentence) => {
    const define = () =>
      scenario({ name: 'a', summary: '', parameters: parameters as never, build() {} })
    expect(define).toThrow(TypeError)
    expect(define).toThrow(sentence)
  })

  it('have combinations, each once, the last one changing fastest', () => {
    expect([...combinations({})]).toEqual([{}])
    const all = [...combinations({ a: [1, 2], b: ['x'], c: [true, false] })]
    expect(all.map(settingsText)).toEqual([
      'a=1, b=x, c=true',
      'a=1, b=x, c=false',
      'a=2, b=x, c=true',
      'a=2, b=x, c=false',
    ])
    expect(() => valuesOf({ a: [1] }, { a: 2 })).toThrow(RangeError)
  })
})
