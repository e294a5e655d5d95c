/** Litmus programs as tests, and beside them programs that break a rule, which are errors. */
import { expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.js'
import { policyNamed } from '../../src/kernel/policy.js'
import { check } from '../../src/matrix/subject.js'
import type { Litmus } from '../../src/scenarios/litmus/litmus.js'

/** A program that comes to a verdict, or to an error whose text the pattern matches. */
type Program = Omit<Litmus, 'want'> & { readonly want: Litmus['want'] | RegExp }

/** What comes of a program: a verdict, or the error about it. */
function comesTo({ build, policy = 'scope' }: Pick<Litmus, 'build' | 'policy'>): string {
  const kernel = new Kernel(policyNamed(policy))
  try {
    build(kernel)
    return check({ machine: kernel.seal(), kernel }).verdict
  } catch (thrown) {
    return `${thrown}`
  }
}

/** Tests each program about an object, of which some have to get stuck and some must not. */
export function itBehaves(table: readonly Program[]): void {
  it.each(
    table.map((program) => [program.want, program.program, program.source, program] as const),
  )('%s: %s (%s)', (want, _program, _source, program) => {
    const result = comesTo(program)
    if (want instanceof RegExp) expect(result).toMatch(want)
    else expect(result).toBe(want)
  })
  it('is held against programs of both kinds', () => {
    expect(table.some(({ want }) => want === 'safe')).toBe(true)
    expect(table.some(({ want }) => want === 'deadlock' || want === 'livelock')).toBe(true)
  })
}
