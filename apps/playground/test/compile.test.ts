/** The text in the editor as a script: types are gone, lines are where they were, and what cannot be one says where. */
import { describe, expect, it } from 'vitest'
import { bundledCases } from '../cases.mjs'
import { compiled } from '../src/page/compile.js'

describe('a text', () => {
  it('keeps its lines', () => {
    const text =
      "import type { Kernel } from 'x'\ninterface A {\n  b: number\n}\n\nconst marked: A = { b: 1 } as A\nexport default marked satisfies A"
    const script = compiled(text, '')
    if (!('code' in script)) throw new Error(script.message)
    expect(script.code.split('\n')[5]).toMatch(/^const marked *= \{ b: 1 \} *;?$/)
    expect(script.code).not.toMatch(/interface|satisfies|Kernel/)
  })

  it.each([
    ['const a = 1\nlet b = (\n', 3],
    ['\n\nconst s = "not closed\n', 3],
    ['function* f() {\n  yield* \n}', 3],
    ['}', 1],
  ])('that cannot be parsed names the line: %j', (text, line) => {
    expect(compiled(text, '')).toMatchObject({ kind: 'fault', line })
  })

  it('of very deep nesting is a fault, not an end', () => {
    expect(compiled('('.repeat(50_000), '')).toMatchObject({ kind: 'fault' })
  })

  it.each(Object.entries(bundledCases().texts))('of %s imports one module alone', (_, text) => {
    expect([...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from)).toEqual([
      '@scopemask/kernel-sim',
    ])
    expect(compiled(text, '')).toHaveProperty('code')
  })
})
